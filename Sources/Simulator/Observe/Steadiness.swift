import Basics

/// Whether the number of requests in the cluster is steady, by a straight line through its means
/// over twenty spans of time.
package struct Steadiness: Sendable, Equatable {
    /// What the line shows.
    package enum Verdict: String, Sendable {
        /// It changes by at most a tenth of its mean, or by no more than chance explains.
        case steady
        /// Requests stay behind: the number rises by more than the rate of arrivals explains.
        case growing
        case rising
        case falling
        /// It varies too much to tell.
        case unclear
    }

    /// One of the spans.
    struct Span: Sendable {
        let seconds: Double
        var arrivals = 0.0
        /// Ends of finished requests.
        var finishes = 0.0
        /// Mean number of requests in the cluster.
        var level = 0.0

        /// Arrivals per second.
        var rate: Double { arrivals / seconds }
    }

    package private(set) var verdict: Verdict
    /// Requests in the cluster or held back at their clients: the mean over the time observed.
    package let meanInCluster: Double
    /// How much that number rises along the line over the time observed.
    package let change: Double
    /// Half the 95 % interval of the change. Spans that resemble their neighbours count as fewer.
    package let halfWidth: Double
    /// Start of the time observed, from the first arrival, and its length, in seconds.
    package let from: Double
    package let seconds: Double
    /// Finished requests per second in that time.
    package let throughput: MeanInterval?
    /// What is known of growth beyond that of the rate.
    package let growth: LoadGrowth

    /// Chance, to either side, that a load without a trend is not called steady where its interval
    /// is narrow.
    private static let tail = 0.005

    init(_ spans: [Span], from: Double) {
        seconds = spans[0].seconds * Double(spans.count)
        self.from = from
        throughput = MeanInterval(spans.map { $0.finishes / $0.seconds })
        let levels = spans.map(\.level)
        let mean = levels.reduce(0, +) / Double(levels.count)
        let line = FittedLine(levels)
        meanInCluster = mean
        // For a constant level, rounding errors are no change.
        change = abs(line.rise) <= mean * 1e-9 ? 0 : line.rise
        halfWidth = line.halfWidth(tail: 0.025)
        growth = LoadGrowth(spans)
        let isCertain = halfWidth <= mean / 2
        let bar = isCertain ? max(mean / 10, line.halfWidth(tail: Self.tail)) : halfWidth
        verdict =
            abs(line.rise) <= bar
            ? (isCertain ? .steady : .unclear)
            : line.rise > 0 ? .rising : .falling
    }

    /// The same where requests are found to stay behind.
    package var growing: Steadiness {
        var copy = self
        copy.verdict = .growing
        return copy
    }
}

extension Steadiness {
    /// Share of arrivals by which a cluster may fall behind: half the resolution of a capacity
    /// search.
    package static let slack = 0.01
    /// Fewest arrivals to judge by: with fewer, a tenth could stay behind by chance.
    package static let fewestArrivals = 100.0
    /// Share of arrivals that a late backlog has at least, as an overload's queue.
    private static let lateShare = 0.05

    /// Departures and the rise of the number in the cluster.
    package var arrivals: Double { (throughput?.mean ?? 0) * seconds + change }

    /// The rise that is allowed. Random arrivals at exactly the service rate leave about half the
    /// root of their number behind.
    package var allowedRise: Double { max(Self.slack * arrivals, 0.5 * arrivals.squareRoot()) }

    /// Whether requests stay behind, beyond what the rate of arrivals and chance explain: either
    /// their number rises along the line, or many are there at the end that take longer than a span
    /// to serve. Call it for the time after the cluster has filled.
    package var staysBehind: Bool {
        guard growth.arrivals >= Self.fewestArrivals else { return false }
        let isRising =
            change > max(allowedRise, growth.chance)
            && growth.excess > max(allowedRise, change / 2)
        let least = max(
            Self.lateShare * growth.arrivals, 2.5 * growth.arrivals.squareRoot())
        return isRising || (growth.backlog > least && growth.clearsInSpans > 1)
    }
}

/// How much a load grows beyond its rate. By Little's law the number in the cluster is the rate of
/// arrivals times the time that they stay (J. D. C. Little, "A proof for the queuing formula:
/// L = λW", Operations Research 9, 1961): a rate that rises lifts it where nothing stays behind.
package struct LoadGrowth: Sendable, Equatable {
    /// Chance that a load without growth rises by more than `chance`: low, since a page says it of
    /// every run.
    private static let tail = 0.000_5

    package let arrivals: Double
    /// The rise along a line of the number in the cluster, without its rate times the mean time
    /// that requests stay.
    package let excess: Double
    /// What chance explains of the rise of the number itself.
    package let chance: Double
    /// Requests in the cluster in the last span, beyond its rate times the median span's time.
    package let backlog: Double
    /// How many spans finishing them takes at the last one's pace.
    package let clearsInSpans: Double

    init(_ spans: [Steadiness.Span]) {
        arrivals = spans.reduce(0) { $0 + $1.arrivals }
        let presence = spans.reduce(0) { $0 + $1.level * $1.seconds }
        let mean = arrivals > 0 ? presence / arrivals : 0
        excess = FittedLine(spans.map { $0.level - $0.rate * mean }).rise
        chance = FittedLine(spans.map(\.level)).halfWidth(tail: Self.tail)
        let times = spans.filter { $0.arrivals > 0 }.map { $0.level / $0.rate }.sorted()
        let last = spans[spans.count - 1]
        backlog = last.level - last.rate * (times.isEmpty ? 0 : times[times.count / 2])
        clearsInSpans = last.finishes > 0 ? backlog / last.finishes : .infinity
    }
}

/// A straight line through values at equal distances, by least squares.
struct FittedLine {
    /// How much the line rises over all of the time.
    let rise: Double
    private let deviation: Double
    private let freedom: Double

    init(_ values: [Double]) {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        // Times as shares of the whole, around its middle.
        let times = values.indices.map { (Double($0) + 0.5) / count - 0.5 }
        let spread = times.reduce(0) { $0 + $1 * $1 }
        let slope = zip(times, values).reduce(0) { $0 + $1.0 * $1.1 } / spread
        let rest = zip(times, values).map { $0.1 - mean - slope * $0.0 }
        let squares = rest.reduce(0) { $0 + $1 * $1 }
        let effective = MeanInterval.independent(rest)
        rise = slope
        // The line takes two degrees of freedom; the error counts `effective` values.
        let variance = squares / (count - 2) * count / effective
        deviation = (variance / spread).squareRoot()
        freedom = max(MeanInterval.leastFreedom, effective - 2)
    }

    /// Half the interval of the rise that chance leaves with probability `tail` to either side.
    func halfWidth(tail: Double) -> Double {
        deviation * StudentT.critical(tail: tail, freedom: freedom)
    }
}
