/// Finds the stretch of a run in which the queue is steady, from the number of requests that each
/// request found in the cluster at its arrival.
///
/// The warm-up follows MSER-5: of the means over five consecutive arrivals, it leaves out as many
/// at the start as minimise the standard error of the mean of the rest (K. P. White Jr., M. J.
/// Cobb, S. C. Spratt, "A comparison of five steady-state truncation heuristics for simulation",
/// Winter Simulation Conference 2000). If that is more than half of them, nothing is steady. The
/// cool-down is found in the same way from the end backwards. It includes at least the requests in
/// the cluster at the last arrival, because they see it empty.
struct SteadyStretch {
    /// Requests per mean.
    private static let together = 5
    /// Fewest means for a judgement.
    private static let fewest = 10

    /// For every request; an end before the arrival if it was never in the cluster.
    private var arrivals: [Int64] = []
    private var ends: [Int64] = []

    /// Adds an ended request, in order of arrival. O(1) amortised.
    mutating func add(_ record: RequestRecord) {
        // With a cap, a queue forms at the client; sessions may leave it in another order.
        let begin = max(record.begin, arrivals.last ?? record.begin)
        arrivals.append(begin)
        ends.append(record.outcome == .rejected ? begin - 1 : record.finish)
    }

    /// How many requests each request found: those that came before it and had not ended.
    private var found: [Int] {
        let sorted = ends.sorted()
        var left = 0
        return arrivals.indices.map { place in
            while left < sorted.count, sorted[left] <= arrivals[place] { left += 1 }
            // A rejected request's own end may be among them.
            return max(0, place - left)
        }
    }

    /// How many requests to leave out at the start and at the end; nil if no stretch is steady or
    /// too few requests arrived. O(requests · log requests).
    func margins() -> (start: Int, end: Int)? {
        let found = found
        let means = stride(from: 0, to: found.count / Self.together * Self.together, by: 5).map {
            first in
            Double(found[first..<(first + Self.together)].reduce(0, +))
        }
        guard means.count >= Self.fewest, let start = Self.truncation(means),
            let end = Self.truncation(means.reversed())
        else { return nil }
        // The last request itself, and those it found.
        let left = found[found.count - 1] + 1
        let margins = (Self.together * start, max(Self.together * end, left))
        return margins.0 + margins.1 < found.count ? margins : nil
    }

    /// How many values to leave out at the start by the rule; nil if more than half.
    private static func truncation(_ values: [Double]) -> Int? {
        var (sum, squares) = (0.0, 0.0)
        var best = (error: Double.infinity, place: 0)
        for place in values.indices.reversed() {
            sum += values[place]
            squares += values[place] * values[place]
            let count = Double(values.count - place)
            // A few values at the end vary little by chance.
            guard values.count - place >= fewest / 2 else { continue }
            let error = max(0, squares - sum * sum / count) / (count * count)
            if error <= best.error { best = (error, place) }
        }
        return 2 * best.place <= values.count ? best.place : nil
    }
}
