import Simulator

/// The request figures of each window of a run, by replica: the part of a series that comes from
/// records. O(1) per record; memory grows with the windows.
package struct SeriesRequests: Sendable {
    /// The request figures of one window.
    package struct Window: Sendable, Equatable {
        package var arrivals = 0
        package var finished = 0
        package var rejected = 0
        package var aborted = 0
        /// Time that requests waited for their first admission in it, and were admitted, in
        /// picoseconds.
        package var queueTime: Int128 = 0
        package var runningTime: Int128 = 0

        /// Zero everywhere.
        package init() {}

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

    /// Requests that enter and leave a state in which they fill whole windows.
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

        /// Charges a record to the windows, which must reach that far.
        @inline(__always)
        mutating func charge(_ record: RequestRecord, _ frame: Frame, delivery: Int64) {
            let arrived = frame.window(record.arrival)
            windows[arrived].arrivals += 1
            guard record.outcome != .rejected else {
                windows[arrived].rejected += 1
                return
            }
            guard record.finish >= 0 else { return }
            let last = frame.window(record.finish)
            if record.outcome == .finished { windows[last].finished += 1 }
            if record.outcome == .aborted { windows[last].aborted += 1 }
            // In the engine's times: the way to and from the client is neither.
            let end = record.finish - delivery
            let begin = record.arrival + record.frontEnd
            let admitted = record.admitted >= 0 ? record.admitted : max(begin, end)
            let (first, middle) = (frame.window(begin), frame.window(admitted))
            stay(from: begin, to: admitted, first, middle, frame, queues: true)
            stay(from: admitted, to: end, middle, frame.window(end), frame, queues: false)
        }

        /// Charges a stay to the windows that it touches: partly to the first and last, and to
        /// those between as a number of requests. `begin` and `end` are the windows of its two
        /// moments.
        @inline(__always)
        private mutating func stay(
            from first: Int64, to last: Int64, _ begin: Int, _ end: Int, _ frame: Frame,
            queues: Bool
        ) {
            guard last > first else { return }
            guard begin < end else {
                windows[begin].charge(last - first, queues: queues)
                return
            }
            windows[begin].charge(frame.edge(begin + 1) - first, queues: queues)
            windows[end].charge(last - frame.edge(end), queues: queues)
            crowds[begin + 1].change(by: 1, queues: queues)
            crowds[end].change(by: -1, queues: queues)
        }
    }

    /// The position of the windows.
    private struct Frame {
        var start: Int64 = 0
        var interval: Int64
        /// The last window, if everything later counts in it.
        let last: Int

        /// The window of a moment.
        @inline(__always)
        func window(_ time: Int64) -> Int { min(Int(max(0, time - start) / interval), last) }

        @inline(__always)
        func edge(_ window: Int) -> Int64 { start + Int64(window) * interval }
    }

    private var lanes: [Lane]
    private let sampling: Sampling
    private let delivery: Int64
    private var frame: Frame
    private var count = 0
    private var isEmpty = true

    /// No requests yet, for a plan's run with the windows of `sampling`.
    package init(_ plan: RunPlan, _ sampling: Sampling) {
        self.sampling = sampling
        frame = Frame(
            interval: sampling.interval, last: sampling.widens ? .max : sampling.most)
        delivery = plan.engine.host.delivery
        lanes = Array(repeating: Lane(), count: plan.replicas)
    }

    /// Adds an ended request, in order of arrival. O(1) amortised.
    package mutating func add(_ record: RequestRecord) {
        if isEmpty { frame.start = record.arrival }
        isEmpty = false
        let lane = max(0, Int(record.replica))
        guard lane < lanes.count else { return }
        reach(max(record.arrival, record.finish), lane)
        lanes[lane].charge(record, frame, delivery: delivery)
    }

    /// Adds windows up to a moment.
    private mutating func reach(_ time: Int64, _ lane: Int) {
        while sampling.widens, frame.window(time) >= sampling.most { widen() }
        let window = frame.window(time)
        count = max(count, window + 1)
        let missing = window + 1 - lanes[lane].windows.count
        guard missing > 0 else { return }
        lanes[lane].windows += Array(repeating: Window(), count: missing)
        lanes[lane].crowds += Array(repeating: Crowd(), count: missing)
    }

    /// Joins windows in pairs.
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
        frame.interval *= 2
        count = (count + 1) / 2
    }

    /// A lane's windows with the requests that fill them.
    private func settled(_ lane: Int) -> [Window] {
        var crowd = Crowd()
        return lanes[lane].windows.enumerated().map { place, window in
            crowd.queue += lanes[lane].crowds[place].queue
            crowd.running += lanes[lane].crowds[place].running
            var window = window
            window.queueTime += Int128(crowd.queue) * Int128(frame.interval)
            window.runningTime += Int128(crowd.running) * Int128(frame.interval)
            return window
        }
    }

    /// Whether there are more windows than allowed.
    var areTooMany: Bool { !sampling.widens && count > sampling.most }

    /// The windows by replica, each `interval` picoseconds long, at least `number` of them.
    /// Doubling the present length must lead to `interval`. O(windows).
    package mutating func windows(_ interval: Int64, atLeast number: Int) -> [[Window]] {
        while frame.interval < interval { widen() }
        let all = max(number, count)
        return lanes.indices.map { lane in
            let own = settled(lane)
            return own + Array(repeating: Window(), count: all - own.count)
        }
    }

    /// The present length of a window, in picoseconds. It may exceed that of the instances if
    /// requests arrived after their last step.
    var length: Int64 { frame.interval }
}
