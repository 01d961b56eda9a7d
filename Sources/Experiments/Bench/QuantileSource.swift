import Basics
import Traces

/// A fast endless-looking source for benchmarks: Poisson arrivals whose rate follows the hour,
/// lengths drawn from quantile tables, no content. Cheaper than what it feeds, so that a
/// benchmark measures the simulator.
public struct QuantileSource: RequestSource {
    /// One kind of traffic.
    public struct Traffic: Sendable {
        /// Requests per second, averaged over a day.
        public var rate: Double
        /// Busiest hour over quietest hour.
        public var peakOverTrough: Double
        public var prompt: LengthTable
        public var output: LengthTable
    }

    private let traffic: [Traffic]
    private let total: Int
    private var sent = 0
    private var clocks: [Double]
    private var random: SeededRandom
    private static let batch = 8192

    /// - Parameters:
    ///   - traffic: the kinds, merged by time.
    ///   - requests: how many in all.
    public init(_ traffic: [Traffic], requests: Int, seed: UInt64) {
        self.traffic = traffic
        total = requests
        random = SeededRandom(seed: seed)
        clocks = []
        for kind in traffic {
            let gap = random.exponential() / Self.rate(kind, at: 0)
            clocks.append(gap)
        }
    }

    /// The rate at a time, seconds: a triangle between trough and peak over 24 hours.
    private static func rate(_ kind: Traffic, at time: Double) -> Double {
        guard kind.peakOverTrough > 1 else { return kind.rate }
        let hours = time / 3600
        let day = hours - 24 * (hours / 24).rounded(.down)
        let height = abs(day - 12) / 12
        let trough = 2 / (1 + kind.peakOverTrough)
        return kind.rate * (trough + (kind.peakOverTrough - 1) * trough * (1 - height))
    }

    public mutating func next() -> Workload? {
        let count = min(Self.batch, total - sent)
        guard count > 0 else { return nil }
        var batch = Workload()
        batch.ids.reserveCapacity(count)
        batch.arrivals.reserveCapacity(count)
        batch.promptTokens.reserveCapacity(count)
        batch.outputTokens.reserveCapacity(count)
        for _ in 0..<count {
            var kind = 0
            for other in clocks.indices where clocks[other] < clocks[kind] { kind = other }
            let time = clocks[kind]
            clocks[kind] += random.exponential() / Self.rate(traffic[kind], at: time)
            batch.ids.append(Int64(sent))
            batch.arrivals.append(Int64(time * 1e9))
            batch.promptTokens.append(traffic[kind].prompt.draw(&random))
            batch.outputTokens.append(traffic[kind].output.draw(&random))
            sent += 1
        }
        return batch
    }
}

/// Token counts at 4,096 equally likely points of a lognormal distribution.
public struct LengthTable: Sendable {
    private let values: [Int32]

    /// A lognormal distribution by its median and 90th percentile, clipped to `range`.
    public init(median: Double, p90: Double, in range: ClosedRange<Double>) {
        // 1.2815515655: the standard normal's 90th percentile.
        let sigma = PortableMath.log(p90 / median) / 1.281_551_565_5
        values = (0..<4096).map { index in
            let z = Self.normalQuantile((Double(index) + 0.5) / 4096)
            let length = median * PortableMath.exp(sigma * z)
            return Int32(min(max(length, range.lowerBound), range.upperBound).rounded())
        }
    }

    /// The standard normal's quantile by bisection of its distribution function: 4,096 times, so
    /// simplicity wins.
    private static func normalQuantile(_ share: Double) -> Double {
        var (low, high) = (-6.0, 6.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if cumulative(middle) < share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The standard normal's distribution function by its series, good to 1e-9 within ±6.
    private static func cumulative(_ x: Double) -> Double {
        var term = x
        var sum = x
        var n = 1.0
        while abs(term) > 1e-12, n < 400 {
            n += 2
            term *= x * x / n
            sum += term
        }
        // 0.3989422804: 1/√(2π).
        return 0.5 + 0.398_942_280_4 * PortableMath.exp(-x * x / 2) * sum
    }

    func draw(_ random: inout SeededRandom) -> Int32 { values[Int(random.next() >> 52)] }
}
