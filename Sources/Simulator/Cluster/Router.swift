import Basics
import Traces

/// Chooses a replica for each request.
struct Router {
    private let configuration: RouterConfiguration
    private let replicas: Int
    private var random: SeededRandom
    private var nextInTurn = 0
    /// Requests on each replica that have not ended, and the same as the router last saw them.
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

    /// The replica for an arriving request. O(log replicas).
    mutating func route(_ request: borrowing ArrivingRequest) -> Int {
        guard replicas > 1 else { return 0 }
        if readsState { refresh(at: request.arrival) }
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
            choice = nearestPrefix(request.content)
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

    /// The least loaded replica; of equals the next in turn, so that an idle cluster is not
    /// served by its first replica alone.
    private mutating func leastLoaded() -> Int {
        let best = view.firstLeast(from: nextInTurn)
        nextInTurn = best + 1 == replicas ? 0 : best + 1
        return best
    }

    private mutating func nearestPrefix(_ content: ArraySlice<Segment>) -> Int {
        let least = leastLoaded()
        let preferred = affinity.holder(of: content)
        var choice = least
        if let preferred, view[preferred] <= view[least] + Int32(configuration.affinitySlack) {
            choice = preferred
        }
        affinity.record(choice)
        return choice
    }
}

/// What the router remembers of prefixes: for a chain of prompt segments, the replica that last
/// served it. A direct-mapped table of fixed size, so memory is bounded; what is overwritten is
/// forgotten, as a real router's index would be pruned.
struct PrefixDirectory {
    private static let size = 1 << 18
    private var keys: [UInt64] = []
    private var holders: [Int32] = []
    private var chain: [UInt64] = []

    private mutating func follow(_ content: ArraySlice<Segment>) {
        if keys.isEmpty {
            keys = Array(repeating: 0, count: Self.size)
            holders = Array(repeating: 0, count: Self.size)
        }
        chain.removeAll(keepingCapacity: true)
        var digest: UInt64 = 0
        for segment in content {
            let what = UInt64(bitPattern: segment.content) &* 0xa076_1d64_78bd_642f
            let product = (digest ^ what ^ UInt64(UInt32(bitPattern: segment.length)))
                .multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
            digest = (product.high ^ product.low) | 1
            chain.append(digest)
        }
    }

    /// The replica that served the longest known prefix.
    mutating func holder(of content: ArraySlice<Segment>) -> Int? {
        follow(content)
        for key in chain.reversed() {
            let place = Int(key >> 1) & (Self.size - 1)
            if keys[place] == key { return Int(holders[place]) }
        }
        return nil
    }

    /// Remembers where the content just asked for went.
    mutating func record(_ replica: Int) {
        for key in chain {
            let place = Int(key >> 1) & (Self.size - 1)
            keys[place] = key
            holders[place] = Int32(replica)
        }
    }
}
