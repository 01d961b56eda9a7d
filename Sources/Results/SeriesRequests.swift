import Simulator

/// What requests did in each window of a run, by replica: the part of a series that their records
/// tell. O(1) a record; memory follows the windows.
public struct SeriesRequests: Sendable {
    /// What requests did in one window.
    public struct Window: Sendable, Equatable {
        public var arrivals = 0
        public var finished = 0
        public var rejected = 0
        public var aborted = 0
        /// Picoseconds that requests waited for their first admission in it, and were admitted.
        public var queueTime: Int128 = 0
        public var runningTime: Int128 = 0

        /// Nothing.
        public init() {}

        @inline(__always)
        fileprivate mutating func charge(_ time: Int64, queues: Bool) {
            if queues { queueTime += Int128(time) } else { runningTime += Int128(time) }
        }

        mutating func add(_ other: Window) {
            arrivals += other.arrivals
            finished += other.finished
            rejected += other.rejected
            aborted += other.aborted
            queueTime += other.queueTime
            runningTime += other.runningTime
        }
    }

    /// Requests that enter and leave a state of which they fill whole windows.
    private struct Crowd {
        var queue: Int64 = 0
        var running: Int64 = 0

        @inline(__always)
        mutating func change(by number: Int64, queues: Bool) {
            if queues { queue += number } else { running += number }
        }
    }

    private struct Lane {
        var windows: [Window] = []
        /// How many more requests fill each window than the one before.
        var crowds: [Crowd] = [Crowd()]
    }

    private var lanes: [Lane]
    private let sampling: Sampling
    private let delivery: Int64
    private var start: Int64 = 0
    private var interval: Int64
    private var count = 0
    private var isEmpty = true

    /// No request yet, of a plan's run whose windows are those of `sampling`.
    public init(_ plan: RunPlan, _ sampling: Sampling) {
        self.sampling = sampling
        interval = sampling.interval
        delivery = plan.engine.host.delivery
        lanes = Array(repeating: Lane(), count: plan.replicas)
    }

    /// Adds an ended request, in order of arrival. O(1) amortised.
    public mutating func add(_ record: RequestRecord) {
        if isEmpty { start = record.arrival }
        isEmpty = false
        let lane = max(0, Int(record.replica))
        guard lane < lanes.count else { return }
        reach(max(record.arrival, record.finish), lane)
        let arrived = window(record.arrival)
        lanes[lane].windows[arrived].arrivals += 1
        guard record.outcome != .rejected else {
            lanes[lane].windows[arrived].rejected += 1
            return
        }
        guard record.finish >= 0 else { return }
        let last = window(record.finish)
        if record.outcome == .finished { lanes[lane].windows[last].finished += 1 }
        if record.outcome == .aborted { lanes[lane].windows[last].aborted += 1 }
        // As the engine has it: the way from the client and back is neither.
        let end = record.finish - delivery
        let begin = record.arrival + record.frontEnd
        let admitted = record.admitted >= 0 ? record.admitted : max(begin, end)
        stay(from: begin, to: admitted, lane, queues: true)
        stay(from: admitted, to: end, lane, queues: false)
    }

    /// Charges a stay to the windows that it touches: the first and the last in part, those between
    /// as a number of requests.
    private mutating func stay(from first: Int64, to last: Int64, _ lane: Int, queues: Bool) {
        guard last > first else { return }
        let (begin, end) = (window(first), window(last))
        guard begin < end else {
            lanes[lane].windows[begin].charge(last - first, queues: queues)
            return
        }
        lanes[lane].windows[begin].charge(edge(begin + 1) - first, queues: queues)
        lanes[lane].windows[end].charge(last - edge(end), queues: queues)
        lanes[lane].crowds[begin + 1].change(by: 1, queues: queues)
        lanes[lane].crowds[end].change(by: -1, queues: queues)
    }

    /// The window of a moment; where windows are as many as may be, all that follows is one.
    private func window(_ time: Int64) -> Int {
        let window = Int(max(0, time - start) / interval)
        return sampling.widens ? window : min(window, sampling.most)
    }

    private func edge(_ window: Int) -> Int64 { start + Int64(window) * interval }

    /// Makes windows up to a moment.
    private mutating func reach(_ time: Int64, _ lane: Int) {
        while sampling.widens, window(time) >= sampling.most { widen() }
        count = max(count, window(time) + 1)
        let missing = window(time) + 1 - lanes[lane].windows.count
        guard missing > 0 else { return }
        lanes[lane].windows += Array(repeating: Window(), count: missing)
        lanes[lane].crowds += Array(repeating: Crowd(), count: missing)
    }

    /// Makes two windows one.
    private mutating func widen() {
        for lane in lanes.indices {
            let whole = settled(lane)
            lanes[lane].windows = stride(from: 0, to: whole.count, by: 2).map { first in
                var sum = whole[first]
                if first + 1 < whole.count { sum.add(whole[first + 1]) }
                return sum
            }
            lanes[lane].crowds = Array(
                repeating: Crowd(), count: lanes[lane].windows.count + 1)
        }
        interval *= 2
        count = (count + 1) / 2
    }

    /// A lane's windows with the requests that fill them.
    private func settled(_ lane: Int) -> [Window] {
        var crowd = Crowd()
        return lanes[lane].windows.enumerated().map { place, window in
            crowd.queue += lanes[lane].crowds[place].queue
            crowd.running += lanes[lane].crowds[place].running
            var window = window
            window.queueTime += Int128(crowd.queue) * Int128(interval)
            window.runningTime += Int128(crowd.running) * Int128(interval)
            return window
        }
    }

    /// Whether they are more than may be.
    var areTooMany: Bool { !sampling.widens && count > sampling.most }

    /// By replica the windows, of a length of so many picoseconds and as many as asked for at
    /// least. The length must be one that these have or come to by doubling. O(windows).
    public mutating func windows(_ interval: Int64, atLeast number: Int) -> [[Window]] {
        while self.interval < interval { widen() }
        let all = max(number, count)
        return lanes.indices.map { lane in
            let own = settled(lane)
            return own + Array(repeating: Window(), count: all - own.count)
        }
    }

    /// How long a window is by now, picoseconds: it may be more than that of the instances, where
    /// requests arrived after their last step.
    var length: Int64 { interval }
}
