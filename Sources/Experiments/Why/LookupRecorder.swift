import Simulator
import Traces

/// Most prefix hits possible with caches of the run's size, and without a limit.
package struct ClairvoyantHits: Sendable, Equatable {
    /// Prompt tokens that the run hit.
    package var hit: Int
    /// Prompt tokens hit by always evicting what is looked up farthest in the future. No
    /// replacement policy in pools of this size hits more.
    package var bestReplacement: Int
    /// Prompt tokens hit by pools that evict nothing.
    package var endlessPool: Int
}

/// Contents of a trace's prompts and answers by id, recorded as the run reads them.
///
/// A class, because the run's source and the observer share it. Both are called from one thread at
/// a time.
final class PromptContents {
    private var places: [Int64: (first: Int, end: Int, tokens: Int32)] = [:]
    private var segments: [Segment] = []
    /// Whether any prompt has content.
    private(set) var holdsContent = false
    /// Whether there are too many, or two with one id. There is no result then.
    private(set) var isOverrun = false

    /// Most pieces of content kept: 16 bytes each.
    private static let most = 1 << 23

    fileprivate func add(_ batch: Workload) {
        holdsContent = holdsContent || !batch.segmentEnds.isEmpty
        guard !batch.segmentEnds.isEmpty, !isOverrun else { return }
        for row in 0..<batch.count {
            let first = segments.count
            segments += batch.segments(of: row)
            var tokens = batch.promptTokens[row]
            // An answer's last token is never computed.
            let answer = min(batch.outputTokens[row], .max - tokens) - 1
            if !batch.outputContents.isEmpty, answer > 0, segments.count > first {
                segments.append(Segment(content: batch.outputContents[row], length: answer))
                tokens += answer
            }
            let place = (first, segments.count, tokens)
            if places.updateValue(place, forKey: batch.ids[row]) != nil { isOverrun = true }
        }
        if segments.count > Self.most { isOverrun = true }
        if isOverrun { (places, segments) = ([:], []) }
    }

    /// All that a request may compute; nil if nothing is known about it.
    func path(of id: Int64) -> (path: [Segment], tokens: Int32)? {
        guard let place = places[id], place.first < place.end else { return nil }
        return (Array(segments[place.first..<place.end]), place.tokens)
    }
}

/// A source that records the contents it passes on.
struct NotingSource: RequestSource {
    var source: any RequestSource
    let contents: PromptContents

    mutating func next() throws -> Workload? {
        let batch = try source.next()
        if let batch { contents.add(batch) }
        return batch
    }
}

/// Records each instance's lookups and the room that its pool had between them, to compute what a
/// clairvoyant replacement policy would have hit.
///
/// The order and times of lookups are those of the run. Blocks of running requests stay, as in the
/// run; only the choice of unused cached blocks to keep may differ. O(1) per plan, O(segments) per
/// lookup.
struct LookupRecorder {
    /// An admitted request.
    private struct Visitor {
        var replica: Int
        var first: Int
        var latest: Int
    }

    private var replays: [LookupReplay]
    /// By position in arrival order, from the first request without a record. Those before `head`
    /// have one.
    private var visitors: [Visitor?] = []
    private var head = 0
    private let contents: PromptContents
    private let delivery: Int64
    private var closed: Int64 = 0
    private var lookups = 0
    private var isOverrun = false

    /// Most lookups recorded.
    private static let most = 1_000_000

    /// A recorder for a plan's run; nil without prefix caching, and if blocks are kept or dropped
    /// for other reasons than room: with windows and states.
    init?(_ plan: RunPlan, _ contents: PromptContents) {
        guard plan.engine.enablePrefixCaching, plan.engine.groups == [.full] else { return nil }
        self.contents = contents
        delivery = plan.engine.host.delivery
        replays = Array(
            repeating: LookupReplay(pageTokens: plan.engine.blockSize), count: plan.replicas)
    }

    /// Records plans; an instance's come in order.
    mutating func add(_ plans: DecidedPlans) {
        guard contents.holdsContent, !isOverrun else { return }
        for number in plans.plans.indices where plans.plans[number].times > 0 {
            // Copies only one plan's needed parts out of the list.
            let plan = plans.plans[number]
            for place in plan.preempted {
                let visitor = visitors[reach(plans.preempted[place].sequence)]
                guard let visitor else { continue }
                replays[visitor.replica].release(visitor.latest, at: plan.time)
            }
            for place in plan.entries where plans.entries[place].kind != .running {
                look(plans.entries[place], at: plan.time, replica: plan.replica)
            }
            replays[plan.replica].leave(plan.freeBlocks, at: plan.time)
        }
        isOverrun = contents.isOverrun || lookups > Self.most
    }

    private mutating func look(_ entry: ScheduledEntry, at time: Int64, replica: Int) {
        guard let (path, tokens) = contents.path(of: entry.id) else { return }
        lookups += 1
        let number = replays[replica].lookUp(path, total: tokens, at: time)
        let visitor = reach(entry.sequence)
        let first = visitors[visitor]?.first ?? number
        visitors[visitor] = Visitor(replica: replica, first: first, latest: number)
    }

    /// The index of a request without a record.
    private mutating func reach(_ sequence: Int64) -> Int {
        let place = head + Int(sequence - closed)
        while visitors.count <= place { visitors.append(nil) }
        return place
    }

    /// Takes a record. Call it for every record, in order.
    mutating func add(_ record: RequestRecord) {
        closed += 1
        guard head < visitors.count else { return }
        let visitor = visitors[head]
        head += 1
        if head >= 1_024, 2 * head > visitors.count {
            visitors.removeFirst(head)
            head = 0
        }
        guard let visitor else { return }
        if record.finish >= 0 {
            replays[visitor.replica].release(visitor.latest, at: record.finish - delivery)
        }
        replays[visitor.replica].count(
            visitor.first, upTo: record.hitTokens + record.lostReuse.evicted)
    }

    /// The hits that were possible, once the run has ended; nil if there was too much to record.
    func hits(_ result: RunResult) -> ClairvoyantHits? {
        guard contents.holdsContent, !isOverrun else { return nil }
        let counters = result.counters
        return ClairvoyantHits(
            hit: counters.hitTokens,
            bestReplacement: replays.reduce(0) { $0 + $1.hitTokens() },
            endlessPool: counters.hitTokens + counters.sharedTokensLost.evicted)
    }
}
