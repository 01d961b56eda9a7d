import Basics
import Traces

/// Decides when a staged load may send its next request, from what was sent and has ended so far.
struct StageClock {
    private let plan: LoadStages
    /// When stages at a rate send, in picoseconds after their start.
    private let times: [[Int64]]
    private let lengths: [Int64?]
    private let pause: Int64?
    /// The stage of the latest request.
    private(set) var number = 0
    private var begin: Int64 = 0
    private var sent = 0
    private var lastSent: Int64 = 0
    /// Requests, or sessions, that were sent and have not ended.
    private var underWay = 0
    private var lastEnd: Int64 = 0
    /// When each stage that has begun did so, and how many requests it sent.
    private(set) var begun: [(time: Int64, sent: Int)] = [(0, 0)]

    init(_ plan: LoadStages, seed: UInt64) {
        self.plan = plan
        func moment(_ seconds: Double) -> Int64 {
            Int64(min(seconds * 1e12, Double(lastMoment)).rounded())
        }
        times = plan.stages.indices.map { plan.times(of: $0, seed: seed).map(moment) }
        lengths = plan.stages.map { $0.seconds.map(moment) }
        pause = plan.pause.map(moment)
    }

    /// When the next request is sent, in picoseconds; `Int64.max` if that needs another one to end
    /// first, or if no more are sent. O(stages left).
    var next: Int64 { found.time }

    /// The next request's time, its stage, and when that stage begins.
    private var found: (time: Int64, stage: Int, begin: Int64) {
        var (stage, begin, sent) = (number, self.begin, self.sent)
        while stage < plan.stages.count {
            if let time = time(in: stage, begin, sent) { return (time, stage, begin) }
            guard let start = start(after: stage, begin, sent) else { break }
            (stage, begin, sent) = (stage + 1, start, 0)
        }
        return (.max, stage, begin)
    }

    /// When a stage sends its next request; nil if it sends no more as far as is known.
    private func time(in stage: Int, _ begin: Int64, _ sent: Int) -> Int64? {
        switch plan.stages[stage].load {
        case .rate: return sent < times[stage].count ? Self.sum(begin, times[stage][sent]) : nil
        case .concurrency(let most):
            let free = max(begin, lastEnd)
            let end = lengths[stage].map { Self.sum(begin, $0) } ?? .max
            let isDone = plan.stages[stage].requests.map { sent >= $0 } ?? false
            return underWay < most && !isDone && free < end ? free : nil
        }
    }

    /// When the stage after `stage` begins; nil if that is not known yet.
    private func start(after stage: Int, _ begin: Int64, _ sent: Int) -> Int64? {
        var over = lengths[stage].map { Self.sum(begin, $0) } ?? lastSent
        if let last = times[stage].last { over = max(over, Self.sum(begin, last)) }
        if lengths[stage] == nil, sent < plan.stages[stage].requests ?? 0 { return nil }
        guard let pause else { return over }
        return underWay == 0 ? Self.sum(max(over, lastEnd), pause) : nil
    }

    /// The stage at a moment not before the latest request. A stage that has begun by the clock
    /// counts even if it has sent nothing yet. O(stages left).
    func stage(at time: Int64) -> Int {
        var (stage, begin, sent) = (number, self.begin, self.sent)
        while stage + 1 < plan.stages.count, self.time(in: stage, begin, sent) == nil,
            let start = start(after: stage, begin, sent), start <= time
        {
            (stage, begin, sent) = (stage + 1, start, 0)
        }
        return stage
    }

    /// Counts a request sent at `next`. Returns its stage. O(stages passed).
    mutating func send(at time: Int64) -> Int16 {
        let (_, stage, begin) = found
        while number < stage {
            // Stages in which no place was free begin and end without sending anything.
            let start = start(after: number, self.begin, sent) ?? begin
            (number, self.begin, sent) = (number + 1, start, 0)
            begun.append((start, 0))
        }
        sent += 1
        begun[number].sent += 1
        underWay += 1
        lastSent = time
        return Int16(clamping: number)
    }

    /// Counts requests that come on top of one under way.
    mutating func add(_ count: Int) { underWay += count }

    /// Counts the end of a request; its followers take its place.
    mutating func end(followers: Int, at time: Int64) {
        underWay += followers - 1
        lastEnd = max(lastEnd, time)
    }

    private static func sum(_ time: Int64, _ span: Int64) -> Int64 {
        let (sum, isLate) = time.addingReportingOverflow(span)
        return isLate ? lastMoment : min(sum, lastMoment)
    }
}

extension Arrivals {
    /// The stage in which a follower or another attempt is sent, from 0; -1 without stages.
    func stage(at time: Int64) -> Int16 {
        stages.map { Int16(clamping: $0.stage(at: time)) } ?? -1
    }

    /// Whether the stages ended before the trace did.
    var leavesTrace: Bool { stages != nil && hasRow }

    /// What each stage of the load did, including those that never began.
    func stageRuns(_ plan: RunPlan) -> [StageRun] {
        guard case .staged(let load) = plan.arrivals, let stages else { return [] }
        return load.stages.enumerated().map { number, stage in
            let begun = number < stages.begun.count ? stages.begun[number] : nil
            return StageRun(stage: stage, begin: begun?.time, sent: begun?.sent ?? 0)
        }
    }
}
