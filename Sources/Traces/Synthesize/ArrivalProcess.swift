import Basics

/// The times at which sessions start: a renewal process on a clock that runs faster when the rate
/// is higher, so that the process keeps its burstiness under rhythms and spikes.
struct ArrivalProcess {
    private let gap: Sampler?
    private let burstSize: Sampler?
    private let burstSpread: Double
    private let rate: Double
    private let hourly: [Double]
    private let startHour: Double
    private let spikes: [Recipe.Spike]
    private let edges: [Double]
    private let isBatch: Bool
    private var random: SeededRandom
    private var time: Double
    private var burst: (start: Double, size: Int, index: Int) = (0, 0, 0)

    /// `sessionRate`: mean sessions per second; `start`: seconds at which the process begins
    /// (negative for a warm-up).
    init(_ arrivals: Recipe.Arrivals, sessionRate: Double, start: Double, random: SeededRandom) {
        isBatch = arrivals.process == .batch
        switch arrivals.process {
        case .poisson:
            gap = Sampler(.exponential(mean: 1, min: 0, max: 1e15))
        case .gamma, .weibull:
            var shaped = Distribution(
                kind: arrivals.process == .gamma ? .gamma : .weibull, mean: 1)
            shaped.cv = arrivals.cv
            gap = Sampler(shaped)
        case .fixed, .batch:
            gap = nil
        }
        burstSize = arrivals.burstSize.map(Sampler.init)
        burstSpread = arrivals.burstSpreadS
        rate = sessionRate / (burstSize?.meanCount ?? 1)
        hourly = Self.factors(arrivals)
        startHour = arrivals.startHour
        spikes = arrivals.spikes
        edges = arrivals.spikes.flatMap { [$0.atS, $0.atS + $0.durationS] }.sorted()
        self.random = random
        time = start
    }

    /// One factor per hour of the week, with mean 1; a single factor without a rhythm.
    private static func factors(_ arrivals: Recipe.Arrivals) -> [Double] {
        guard arrivals.daily != nil || arrivals.weekly != nil else { return [1] }
        let daily = arrivals.daily ?? Array(repeating: 1, count: 24)
        let weekly = arrivals.weekly ?? Array(repeating: 1, count: 7)
        let all = weekly.flatMap { day in daily.map { $0 * day } }
        let mean = all.reduce(0, +) / Double(all.count)
        return all.map { $0 / mean }
    }

    /// The next start in seconds; non-decreasing unless bursts overlap.
    mutating func next() -> Double {
        if isBatch { return time }
        if burst.index >= burst.size {
            advance(by: gap?.draw(&random) ?? 1)
            let size = burstSize.map { max(1, Int($0.draw(&random))) } ?? 1
            burst = (time, size, 0)
        }
        defer { burst.index += 1 }
        return burst.start + burstSpread * Double(burst.index) / Double(burst.size)
    }

    /// Advances time until the integral of the rate has grown by `amount`.
    private mutating func advance(by amount: Double) {
        if hourly.count == 1, spikes.isEmpty {
            time += amount / rate
            return
        }
        var left = amount
        while true {
            let speed = rate(at: time)
            let boundary = nextBoundary(after: time)
            let possible = (boundary - time) * speed
            if possible >= left {
                time += left / speed
                return
            }
            // If the rate is nearly zero, the next start is beyond the end of any clock.
            guard boundary < Self.latest else {
                time = .infinity
                return
            }
            left -= possible
            time = boundary
        }
    }

    /// The latest time of any trace, in seconds.
    static let latest = Double(TraceRow.latest) * 1e-9

    /// Starts (of bursts, if there are bursts) per second at a time.
    func rate(at time: Double) -> Double { rate * factor(at: time) }

    /// The highest rate between two times. O(hours + spikes²).
    func peak(from start: Double, to end: Double) -> Double {
        pieces(from: start, to: end).map(\.rate).max() ?? rate
    }

    /// Expected starts between two times. O(hours + spikes²).
    func expected(from start: Double, to end: Double) -> Double {
        pieces(from: start, to: end).reduce(0) { $0 + $1.rate * $1.length }
    }

    /// The rate between two times, in parts of constant rate.
    private func pieces(from start: Double, to end: Double) -> [(length: Double, rate: Double)] {
        var pieces: [(Double, Double)] = []
        var time = start
        while time < end {
            let next = min(nextBoundary(after: time), end)
            pieces.append((next - time, rate(at: time)))
            time = next
        }
        return pieces
    }

    private func factor(at time: Double) -> Double {
        var result = hourly[0]
        if hourly.count > 1 {
            let hour = Int((time / 3_600 + startHour).rounded(.down)) % 168
            result = hourly[(hour + 168) % 168]
        }
        for spike in spikes where time >= spike.atS && time < spike.atS + spike.durationS {
            result *= spike.factor
        }
        return result
    }

    private func nextBoundary(after time: Double) -> Double {
        let hours = time / 3_600 + startHour
        var boundary =
            hourly.count > 1
            ? ((hours.rounded(.down) + 1) - startHour) * 3_600 : Double.greatestFiniteMagnitude
        // Rounding must not leave the boundary at the current time.
        if boundary <= time { boundary = time + 3_600 }
        for edge in edges where edge > time { return min(boundary, edge) }
        return boundary
    }
}
