import Basics
import Traces

/// A fast source of any length for benchmarks: Poisson arrivals whose rate follows the hour,
/// lengths drawn from quantile tables, no content. Cheaper than the simulator, so that a benchmark
/// measures the latter.
package struct QuantileSource: RequestSource {
    /// One kind of traffic.
    package struct Traffic: Sendable {
        /// Requests per second, averaged over a day.
        package var rate: Double
        /// Rate of the busiest hour over the quietest.
        package var peakOverTrough: Double
        package var prompt: LengthTable
        package var output: LengthTable
    }

    private let traffic: [Traffic]
    private let total: Int
    private var sent = 0
    private var clocks: [Double]
    private var random: SeededRandom
    private static let batch = 8192

    /// - Parameters:
    ///   - traffic: the kinds, merged by time.
    ///   - requests: the total number.
    package init(_ traffic: [Traffic], requests: Int, seed: UInt64) {
        self.traffic = traffic
        total = requests
        random = SeededRandom(seed: seed)
        clocks = []
        for kind in traffic.indices { clocks.append(random.exponential() / rate(kind, at: 0)) }
    }

    /// The rate at `time` seconds: a triangle between trough and peak over 24 hours.
    private func rate(_ kind: Int, at time: Double) -> Double {
        let mean = traffic[kind].rate
        let swing = traffic[kind].peakOverTrough
        guard swing > 1 else { return mean }
        let days = time * (1 / 86_400)
        let hours = 24 * (days - days.rounded(.down))
        let height = abs(hours - 12) / 12
        let trough = 2 / (1 + swing)
        return mean * (trough + (swing - 1) * trough * (1 - height))
    }

    package mutating func next() -> Workload? {
        let count = min(Self.batch, total - sent)
        guard count > 0 else { return nil }
        var batch = Workload()
        batch.ids = (sent..<sent + count).map { Int64($0) }
        batch.outputTokens = Array(repeating: 0, count: count)
        batch.promptTokens = batch.outputTokens
        batch.arrivals = Array(unsafeUninitializedCapacity: count) { arrivals, filled in
            for row in 0..<count {
                var kind = 0
                for other in clocks.indices where clocks[other] < clocks[kind] { kind = other }
                let time = clocks[kind]
                clocks[kind] += random.exponential() / rate(kind, at: time)
                arrivals.initializeElement(at: row, to: Int64(time * 1e9))
                batch.promptTokens[row] = traffic[kind].prompt.draw(&random)
                batch.outputTokens[row] = traffic[kind].output.draw(&random)
            }
            filled = count
        }
        sent += count
        return batch
    }
}

/// Token counts at 4,096 equally likely points of a lognormal distribution.
package struct LengthTable: Sendable {
    private let values: [Int32]

    /// A lognormal distribution by its median and 90th percentile, clipped to `range`.
    package init(median: Double, p90: Double, in range: ClosedRange<Double>) {
        // 1.2815515655: the standard normal's 90th percentile.
        let sigma = PortableMath.log(p90 / median) / 1.281_551_565_5
        values = Self.deviates.map { z in
            let length = median * PortableMath.exp(sigma * z)
            return Int32(min(max(length, range.lowerBound), range.upperBound).rounded())
        }
    }

    /// The standard normal's quantiles at the midpoints of 4,096 equal shares, to 1e-9. Each
    /// follows from the previous one by Newton steps; those above the median by symmetry.
    static let deviates: [Double] = {
        // The lowest is -3.668. The distribution function is convex below 0: from above a step
        // never overshoots, and from below it overshoots once and returns from above.
        var z = -3.7
        let lower = (0..<2048).map { index in
            let share = (Double(index) + 0.5) / 4096
            var step = 1.0
            while abs(step) > 1e-9 {
                let (density, below) = standardNormal(z)
                step = (share - below) / density
                z += step
            }
            return z
        }
        return lower + lower.reversed().map { -$0 }
    }()

    /// The standard normal's density, and its distribution function by its series, accurate to 1e-9
    /// within ±6.
    private static func standardNormal(_ x: Double) -> (density: Double, below: Double) {
        var term = x
        var sum = x
        var n = 1.0
        while abs(term) > 1e-12, n < 400 {
            n += 2
            term *= x * x / n
            sum += term
        }
        // 0.3989422804: 1/√(2π).
        let density = 0.398_942_280_4 * PortableMath.exp(-x * x / 2)
        return (density, 0.5 + density * sum)
    }

    func draw(_ random: inout SeededRandom) -> Int32 { values[Int(random.next() >> 52)] }
}
