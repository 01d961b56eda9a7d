/// A run in which requests arrived faster than the replicas admitted them.
package struct Overload: Sendable, Equatable {
    /// Requests per second that arrived, and that were admitted in the same time, until nine tenths
    /// had arrived.
    package var arrivalRate: Double
    package var admissionRate: Double
    /// Requests waiting for their first admission: on average in the first quarter of that time, at
    /// most, and at its end.
    package var queueAtFirst: Int
    package var queuePeak: Int
    package var queueAtLast: Int
}

/// How many requests wait for their first admission over time: arrivals and departures of the queue
/// in at most 1,024 equal windows that widen as the run goes on.
struct QueueTrend: ~Copyable {
    private static let mostWindows = 1024
    private var start: Int64 = 0
    /// A window is 2^shift picoseconds: about a millisecond at first.
    private var shift: Int64 = 30
    private var arrivals = HotArray<Int64>()
    private var departures = HotArray<Int64>()
    private var count: Int64 = 0
    private var lastAdmission: Int64 = 0

    /// Adds an ended request, in order of arrival. O(1) amortised.
    @inline(__always)
    mutating func add(_ record: borrowing RequestRecord) {
        guard record.outcome != .rejected else { return }
        if count == 0 { start = record.arrival }
        let left = record.admitted >= 0 ? record.admitted : max(record.finish, record.arrival)
        if window(of: left) >= arrivals.count { reach(left) }
        count += 1
        lastAdmission = max(lastAdmission, left)
        arrivals[window(of: record.arrival)] += 1
        departures[window(of: left)] += 1
    }

    /// The window of a moment.
    @inline(__always)
    private func window(of time: Int64) -> Int { Int((time &- start) &>> shift) }

    /// Adds windows up to a time, joining pairs if there would be too many.
    @inline(never)
    private mutating func reach(_ time: Int64) {
        while window(of: time) >= Self.mostWindows {
            for place in 0..<(arrivals.count + 1) / 2 {
                let isPair = 2 * place + 1 < arrivals.count
                arrivals[place] = arrivals[2 * place] + (isPair ? arrivals[2 * place + 1] : 0)
                departures[place] = departures[2 * place] + (isPair ? departures[2 * place + 1] : 0)
            }
            arrivals.removeLast(arrivals.count / 2)
            departures.removeLast(departures.count / 2)
            shift += 1
        }
        let more = window(of: time) + 1 - arrivals.count
        arrivals.append(0, times: max(0, more))
        departures.append(0, times: max(0, more))
    }

    /// Whether arrivals outran the replicas, whose steps took `meanStep` picoseconds on average.
    ///
    /// They did if, once nine tenths had arrived (the last ones may be turns that wait for their
    /// predecessors), all of these hold. More requests waited than chance explains: a twentieth of
    /// all, and 2.5 times the square root of their number (random arrivals at exactly the service
    /// rate leave about one such root). Many had waited since the middle of that time, so that a
    /// late burst does not count. Admitting the rest took at least ten steps. O(windows).
    func overload(meanStep: Double) -> Overload? {
        var (windows, arrived): (Int, Int64) = (0, 0)
        while windows < arrivals.count, 10 * (arrived + arrivals[windows]) <= 9 * count {
            arrived += arrivals[windows]
            windows += 1
        }
        let span = Int64(windows) << shift
        guard windows >= 4, Double(lastAdmission - start - span) >= 10 * meanStep else {
            return nil
        }
        var (waiting, peak, admitted): (Int64, Int64, Int64) = (0, 0, 0)
        var quarters = [0.0, 0.0, 0.0, 0.0]
        for window in 0..<windows {
            waiting += arrivals[window] - departures[window]
            admitted += departures[window]
            peak = max(peak, waiting)
            quarters[4 * window / windows] += Double(waiting) * 4 / Double(windows)
        }
        let least = max(0.05 * Double(arrived), 2.5 * Double(arrived).squareRoot())
        guard Double(waiting) >= least, quarters[2] >= quarters[3] / 4 else { return nil }
        let seconds = Double(span) * 1e-12
        return Overload(
            arrivalRate: Double(arrived) / seconds, admissionRate: Double(admitted) / seconds,
            queueAtFirst: Int(quarters[0].rounded()), queuePeak: Int(peak),
            queueAtLast: Int(waiting))
    }
}
