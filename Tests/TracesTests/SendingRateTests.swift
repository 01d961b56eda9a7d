import Basics
import Testing

@testable import Traces

/// Against the same laws, drawn another way: gamma variates as NumPy draws them.
@Suite("A rate as a benchmark sends it")
struct SendingRateTests {
    /// A gamma variate by Marsaglia and Tsang (2000).
    private func gamma(_ shape: Double, _ random: inout SeededRandom) -> Double {
        guard shape >= 1 else {
            let boost = PortableMath.pow(1 - random.uniform(), 1 / shape)
            return gamma(shape + 1, &random) * boost
        }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = random.normal()
            let v = 1 + c * x
            guard v > 0 else { continue }
            let cube = v * v * v
            let u = 1 - random.uniform()
            if PortableMath.log(u) < x * x / 2 + d - d * cube + d * PortableMath.log(cube) {
                return d * cube
            }
        }
    }

    private func gaps(_ times: [Double]) -> [Double] {
        zip(times, [0] + times).map { $0 - $1 }
    }

    /// The largest distance between two empirical distributions.
    private func distance(_ a: [Double], _ b: [Double]) -> Double {
        let (a, b) = (a.sorted(), b.sorted())
        var (i, j, most) = (0, 0, 0.0)
        while i < a.count, j < b.count {
            if a[i] <= b[j] { i += 1 } else { j += 1 }
            most = max(most, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
        }
        return most
    }

    @Test("has the benchmark's gaps: mean, deviation and quantiles", arguments: [0.2, 1, 2.5, 30])
    func steady(burstiness: Double) {
        let seed = UInt64.random(in: 0 ... .max)
        let count = 40_000
        let times = SendingRate(8, burstiness: burstiness).times(count, seed: seed)
        // Stretched to n / rate, to rounding.
        #expect(abs(times.last! / (Double(count) / 8) - 1) < 1e-9, "seed \(seed)")
        let drawn = gaps(times)
        let root = Double(count).squareRoot()
        let mean = drawn.reduce(0, +) / Double(count)
        let square = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        // The variance of a gamma variance: 2 + 6 / shape over n.
        let error = (2 + 6 / burstiness).squareRoot() / root
        #expect(abs(square / mean / mean * burstiness - 1) < 6 * error, "seed \(seed)")
        var random = SeededRandom(seed: seed, stream: 9)
        let others = (0..<count).map { _ in gamma(burstiness, &random) / burstiness / 8 }
        // Kolmogorov and Smirnov at one in a million: sqrt(ln(2e6) / 2) × sqrt(2 / n), and the
        // stretching's own share.
        #expect(distance(drawn, others) < 2.7 * (2.0 / Double(count)).squareRoot(), "seed \(seed)")
    }

    @Test("rises from the first request to the last, by sums or by factors")
    func ramp() {
        let linear = SendingRate(from: 2, to: 10, .linear)
        #expect((0..<5).map { linear.rate(of: $0, among: 5) } == [2, 4, 6, 8, 10])
        let factors = SendingRate(from: 1, to: 16, .exponential)
        for (index, rate) in [1.0, 2, 4, 8, 16].enumerated() {
            #expect(abs(factors.rate(of: index, among: 5) / rate - 1) < 1e-12)
        }
        #expect(linear.rate(of: 0, among: 1) == 2)
        // Nearly even gaps: each is one over the rate at its request.
        let times = SendingRate(from: 1, to: 16, .exponential, burstiness: 400).times(5, seed: 3)
        for (gap, rate) in zip(gaps(times), [1.0, 2, 4, 8, 16]) {
            #expect(abs(gap * rate - 1) < 0.4)
        }
    }

    /// Each second's number is Poisson (mean and variance the rate), and within a second the gaps
    /// are exponential ones over their sum: the k-th of n times has mean k / n.
    @Test("inference-perf's poisson draws each second by itself")
    func bySecond() {
        let seed = UInt64.random(in: 0 ... .max)
        var rate = SendingRate(12)
        rate.law = .inferencePerfPoisson
        let times = rate.times(60_000, seed: seed)
        #expect(times.count == 60_000 && times == times.sorted(), "seed \(seed)")
        let seconds = Int(times.last!)
        var counts = [Int](repeating: 0, count: seconds + 1)
        // A second's last request comes at its very end.
        for time in times { counts[Int(time.rounded(.up)) - 1] += 1 }
        counts.removeLast()
        let n = Double(counts.count)
        let mean = Double(counts.reduce(0, +)) / n
        let variance = counts.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
        #expect(abs(mean - 12) < 6 * (12 / n).squareRoot(), "seed \(seed)")
        // The variance of a Poisson sample's variance: (λ + 2 λ²) / n.
        #expect(abs(variance - 12) < 6 * ((12 + 2 * 144) / n).squareRoot(), "seed \(seed)")
        let ends = times.count { abs($0 - $0.rounded()) < 1e-9 }
        #expect(ends >= counts.count { $0 > 0 }, "seed \(seed)")
    }

    @Test("inference-perf's constant is the gamma law at burstiness 1, scaled to its stage")
    func constant() {
        var rate = SendingRate(7, burstiness: 3)
        rate.law = .inferencePerfConstant
        let times = rate.times(700, seconds: 103, seed: 4)
        #expect(abs(times.last! - 103) < 1e-9)
        let gamma = SendingRate(7).times(700, seed: 4)
        for (a, b) in zip(times, gamma) { #expect(abs(a - b * 1.03) < 1e-9) }
    }

    @Test("replaces the trace's times, keeps order, patience and who follows whom")
    func source() throws {
        var trace = Workload()
        trace.ids = [5, 6, 7, 8]
        trace.arrivals = [0, 10, 900, 5_000]
        trace.promptTokens = [1, 2, 3, 4]
        trace.outputTokens = [1, 1, 1, 1]
        trace.aborts = [70, -1, 1_000, -1]
        trace.predecessors = [-1, 5, -1, -1]
        trace.thinkTimes = [0, 3, 0, 0]
        var source = DrawnArrivals(InMemorySource(trace), SendingRate(2), seed: 1)
        let drawn = try #require(try source.next())
        #expect(try source.next() == nil)
        #expect(drawn.ids == trace.ids && drawn.predecessors == trace.predecessors)
        #expect(drawn.arrivals[1] == drawn.arrivals[0] && drawn.arrivals == drawn.arrivals.sorted())
        // Three that follow nobody at 2 requests/s.
        #expect(drawn.arrivals[3] == 1_500_000_000)
        #expect(drawn.aborts[0] - drawn.arrivals[0] == 70)
        #expect(drawn.aborts[2] - drawn.arrivals[2] == 100 && drawn.aborts[3] == -1)
    }

    @Test("an absurdly low rate and waits for the clock are refused")
    func refused() {
        var trace = Workload()
        trace.ids = [0, 1]
        trace.arrivals = [0, 0]
        trace.promptTokens = [1, 1]
        trace.outputTokens = [1, 1]
        var slow = DrawnArrivals(InMemorySource(trace), SendingRate(1e-12), seed: 1)
        #expect(throws: InputError.self) { try slow.next() }
        trace.predecessors = [-1, 0]
        trace.thinkTimes = [0, 0]
        trace.waits = [Wait(request: -1, event: .origin, delay: 5)]
        trace.waitEnds = [0, 1]
        var clock = DrawnArrivals(InMemorySource(trace), SendingRate(1), seed: 1)
        #expect(throws: InputError.self) { try clock.next() }
    }
}
