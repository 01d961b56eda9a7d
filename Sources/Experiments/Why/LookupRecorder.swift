import Simulator
import Traces

/// What prefix caches of a run's size, and without a limit, would have hit at best.
package struct ClairvoyantHits: Sendable, Equatable {
    /// Prompt tokens that the run hit.
    package var hit: Int
    /// Those that it would have hit by always evicting what is looked up farthest in the future:
    /// no replacement in pools of this size hits more.
    package var bestReplacement: Int
    /// Those that pools that evict nothing would have hit.
    package var endlessPool: Int
}

/// What the prompts and answers of a trace hold, by id; noted as the run reads them.
///
/// A class, because the source that the run reads and the observer share it. Both are called from
/// one thread at a time.
final class PromptContents {
    private var places: [Int64: (first: Int, end: Int, tokens: Int32)] = [:]
    private var segments: [Segment] = []
    /// Whether any prompt has content.
    private(set) var holdsContent = false
    /// Whether there are too many, or two of one id: then there is no answer.
    private(set) var isOverrun = false

    /// Pieces of content that are kept: 16 bytes each.
    private static let most = 1 << 23

    fileprivate func add(_ batch: Workload) {
        holdsContent = holdsContent || !batch.segmentEnds.isEmpty
        guard !batch.segmentEnds.isEmpty, !isOverrun else { return }
        for row in 0..<batch.count {
            let first = segments.count
            segments += batch.segments(of: row)
            var tokens = batch.promptTokens[row]
            // The last token of an answer is computed by nobody.
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

    /// What a request computes at most; nil for one of which nothing is known.
    func path(of id: Int64) -> (path: [Segment], tokens: Int32)? {
        guard let place = places[id], place.first < place.end else { return nil }
        return (Array(segments[place.first..<place.end]), place.tokens)
    }
}

/// A source that notes what it hands on.
struct NotingSource: RequestSource {
    var source: any RequestSource
    let contents: PromptContents

    mutating func next() throws -> Workload? {
        let batch = try source.next()
        if let batch { contents.add(batch) }
        return batch
    }
}

/// Records each instance's lookups with the room that its pool had between them, to ask afterwards
/// what a clairvoyant replacement would have hit.
///
/// The order and the times of lookups are those of the run. The blocks of running requests stay,
/// as in the run; what moves is only which of the cached blocks that no request holds are kept.
/// O(1) a plan, and O(segments) a lookup.
struct LookupRecorder {
    /// A request that has been admitted.
    private struct Visitor {
        var replica: Int
        var first: Int
        var latest: Int
    }

    private var replays: [LookupReplay]
    /// By place in the order of arrival, from the first whose record is to come; what lies before
    /// `head` has had its own.
    private var visitors: [Visitor?] = []
    private var head = 0
    private let contents: PromptContents
    private let delivery: Int64
    private var closed: Int64 = 0
    private var lookups = 0
    private var isOverrun = false

    /// Lookups that are kept of a run.
    private static let most = 1_000_000

    /// Of a plan's run; nil where nothing is cached, and where blocks are kept or left for other
    /// reasons than room: with windows and states.
    init?(_ plan: RunPlan, _ contents: PromptContents) {
        guard plan.engine.enablePrefixCaching, plan.engine.groups == [.full] else { return nil }
        self.contents = contents
        delivery = plan.engine.host.delivery
        replays = Array(
            repeating: LookupReplay(pageTokens: plan.engine.blockSize), count: plan.replicas)
    }

    /// Takes note of plans; those of an instance in order.
    mutating func add(_ plans: DecidedPlans) {
        guard contents.holdsContent, !isOverrun else { return }
        for number in plans.plans.indices where plans.plans[number].times > 0 {
            // Of a plan only what is looked at is taken out of the list.
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

    /// The place of a request whose record is to come.
    private mutating func reach(_ sequence: Int64) -> Int {
        let place = head + Int(sequence - closed)
        while visitors.count <= place { visitors.append(nil) }
        return place
    }

    /// Notes a record; call it for every record, in their order.
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

    /// What there was to hit, once the run has ended; nil where too much was to be kept.
    func hits(_ result: RunResult) -> ClairvoyantHits? {
        guard contents.holdsContent, !isOverrun else { return nil }
        let counters = result.counters
        return ClairvoyantHits(
            hit: counters.hitTokens,
            bestReplacement: replays.reduce(0) { $0 + $1.hitTokens() },
            endlessPool: counters.hitTokens + counters.sharedTokensLost.evicted)
    }
}
