import Basics
import Traces

/// Chooses a replica for each request.
struct Router: ~Copyable {
    private let configuration: RouterConfiguration
    private let replicas: Int
    private var random: SeededRandom
    private var nextInTurn = 0
    /// Unfinished requests on each replica, and (`view`) the same as the router last saw them.
    private var outstanding: [Int32]
    private var view: LeastTree
    private var viewTime: Int64 = .min
    private var affinity = PrefixDirectory()

    init(_ plan: RunPlan) {
        configuration = plan.router
        replicas = plan.replicas
        random = SeededRandom(seed: plan.seed, stream: 0x726f_7574)
        outstanding = Array(repeating: 0, count: plan.replicas)
        view = LeastTree(count: plan.replicas)
    }

    /// Whether decisions depend on the replicas' state.
    var readsState: Bool {
        replicas > 1 && configuration.policy != .roundRobin && configuration.policy != .random
    }

    /// Requests sent and not yet ended; 0 if the router does not read the replicas' state.
    var outstandingRequests: Int { outstanding.reduce(0) { $0 + Int($1) } }

    /// The replica for an arriving request. O(log replicas).
    @inline(__always)
    mutating func route(_ request: borrowing ArrivingRequest) -> Int {
        replicas > 1 ? choose(at: request.arrival, request.content) : 0
    }

    private mutating func choose(at time: Int64, _ content: ArraySlice<Segment>) -> Int {
        if readsState { refresh(at: time) }
        let choice: Int
        switch configuration.policy {
        case .roundRobin:
            choice = nextInTurn
            nextInTurn = (nextInTurn + 1) % replicas
        case .random:
            choice = random.below(replicas)
        case .leastOutstanding:
            choice = leastLoaded()
        case .powerOfTwo:
            let first = random.below(replicas)
            let second = (first + 1 + random.below(replicas - 1)) % replicas
            choice = view[second] < view[first] ? second : first
        case .prefixAffinity:
            choice = nearestPrefix(content)
        }
        // A router knows what it sent, even between two looks at the replicas.
        if readsState {
            outstanding[choice] += 1
            view[choice] += 1
        }
        return choice
    }

    /// Notes that a request has ended on a replica.
    mutating func ended(on replica: Int) {
        guard readsState else { return }
        outstanding[replica] -= 1
        if configuration.staleness == 0 { view[replica] -= 1 }
    }

    private mutating func refresh(at time: Int64) {
        guard configuration.staleness > 0 else { return }
        if viewTime != .min, time - viewTime < configuration.staleness { return }
        for replica in 0..<replicas { view[replica] = outstanding[replica] }
        viewTime = time
    }

    /// The least loaded replica. Ties go to the next in turn, so that an idle cluster does not use
    /// its first replica alone.
    private mutating func leastLoaded() -> Int {
        let best = view.firstLeast(from: nextInTurn)
        nextInTurn = best + 1 == replicas ? 0 : best + 1
        return best
    }

    private mutating func nearestPrefix(_ content: ArraySlice<Segment>) -> Int {
        let least = leastLoaded()
        let preferred = affinity.follow(content)
        var choice = least
        if let preferred, view[preferred] <= view[least] + Int32(configuration.affinitySlack) {
            choice = preferred
        }
        affinity.record(choice, content)
        return choice
    }
}
