import Basics

/// When a benchmark sends its requests: at a rate, evenly or in bursts, steady or rising.
///
/// The laws are those of vLLM 0.33's serving benchmark (`get_request` in
/// `vllm/benchmarks/serve.py`): gamma gaps whose shape is the burstiness and whose mean is one over
/// the rate, stretched at a steady rate so that n requests take n / rate seconds.
package struct SendingRate: Sendable, Equatable {
    /// How a rate rises from the first request to the last.
    package enum RampUp: String, CaseIterable, Sendable {
        /// By the same amount from request to request.
        case linear
        /// By the same factor from request to request.
        case exponential
    }

    /// How the gaps of a steady rate are distributed.
    package enum Law: String, CaseIterable, Sendable {
        /// vLLM's: gamma distributed by the burstiness, and stretched.
        case gamma
        /// inference-perf's load type constant (`ConstantLoadTimer`): exponential gaps, scaled so
        /// that a stage's requests fill its time. Equals the first law with burstiness 1.
        case inferencePerfConstant = "inference_perf_constant"
        /// inference-perf's load type poisson (`PoissonLoadTimer`): in each second a Poisson
        /// number of requests, with exponential gaps scaled so that they fill that second.
        case inferencePerfPoisson = "inference_perf_poisson"
    }

    package var law = Law.gamma
    /// Requests per second at the first request and at the last.
    package var start: Double
    package var end: Double
    /// Nil for a steady rate.
    package var rampUp: RampUp?
    /// Shape of the gaps' gamma distribution: 1 is a Poisson process, less is burstier, more is
    /// more even. From 1/400 to 400; infinite makes all gaps equal.
    package var burstiness: Double

    /// A steady rate, requests per second.
    package init(_ rate: Double, burstiness: Double = 1) {
        (start, end, self.burstiness) = (rate, rate, burstiness)
    }

    /// A rising rate.
    package init(from start: Double, to end: Double, _ rampUp: RampUp, burstiness: Double = 1) {
        (self.start, self.end, self.rampUp, self.burstiness) = (start, end, rampUp, burstiness)
    }

    /// Requests per second at request `index` of `count`. O(1).
    func rate(of index: Int, among count: Int) -> Double {
        let progress = Double(index) / Double(max(count - 1, 1))
        switch rampUp {
        case nil: return start
        case .linear: return start + (end - start) * progress
        case .exponential:
            return start * PortableMath.exp(PortableMath.log(end / start) * progress)
        }
    }

    /// When `count` requests are sent, in seconds. A steady rate is stretched to take `seconds`, by
    /// default one over the rate for each request. O(requests).
    func times(_ count: Int, seconds: Double? = nil, seed: UInt64) -> [Double] {
        var random = SeededRandom(seed: seed, stream: 0x5E4D)
        if law == .inferencePerfPoisson { return timesBySecond(count, &random) }
        let shape = law == .gamma ? burstiness : 1
        var gap = Distribution(kind: .gamma, mean: 1)
        gap.cv = shape.isInfinite ? 1 : 1 / shape.squareRoot()
        let sampler = Sampler(gap)
        var time = 0.0
        var times: [Double] = []
        times.reserveCapacity(count)
        for index in 0..<count {
            let drawn = shape.isInfinite ? 1 : sampler.draw(&random)
            time += drawn / rate(of: index, among: count)
            times.append(time)
        }
        guard rampUp == nil, time > 0 else { return times }
        let factor = (seconds ?? Double(count) / start) / time
        return times.map { $0 * factor }
    }

    /// The last law. O(requests + seconds + rate).
    private func timesBySecond(_ count: Int, _ random: inout SeededRandom) -> [Double] {
        var times: [Double] = []
        var second = 0.0
        while times.count < count {
            // A Poisson number: as many exponential gaps as fit the rate.
            var (number, sum) = (0, random.exponential())
            while sum < start { (number, sum) = (number + 1, sum + random.exponential()) }
            var (ends, end): ([Double], Double) = ([], 0)
            for _ in 0..<number {
                end += random.exponential()
                ends.append(end)
            }
            times += ends.prefix(count - times.count).map { second + $0 / end }
            second += 1
        }
        return times
    }
}

/// A trace whose requests come at drawn times instead of their own; turns of a session still follow
/// one another. Holds the trace in memory.
package struct DrawnArrivals: RequestSource {
    private var source: any RequestSource
    private let rate: SendingRate
    private let seed: UInt64
    private var isDone = false

    /// The requests of a source in their order, at a rate.
    package init(_ source: any RequestSource, _ rate: SendingRate, seed: UInt64) {
        (self.source, self.rate, self.seed) = (source, rate, seed)
    }

    /// The whole trace. Throws `InputError` if a request waits for a moment of the trace's clock,
    /// or would come later than the latest time.
    package mutating func next() throws -> Workload? {
        guard !isDone else { return nil }
        isDone = true
        var trace = Workload()
        while let batch = try source.next() { trace.append(contentsOf: batch) }
        try trace.checkColumns()
        let times = rate.times((0..<trace.count).count { !trace.follows($0) }, seed: seed)
        guard (times.last ?? 0) < ArrivalProcess.latest else {
            throw InputError(
                "trace.request_rate", "the last request would come after \(times.last ?? 0) s",
                expected: "a higher rate")
        }
        var (next, now) = (0, Int64(0))
        for row in 0..<trace.count {
            if trace.waits(of: row).contains(where: { $0.event == .origin }) {
                throw InputError(
                    "trace.request_rate",
                    "request \(trace.ids[row]) waits for a moment of the trace's clock",
                    expected: "the trace's own times")
            }
            if !trace.follows(row) {
                now = Int64((times[next] * 1e9).rounded())
                next += 1
            }
            // Patience counts from the arrival.
            if !trace.aborts.isEmpty, trace.aborts[row] >= 0 {
                trace.aborts[row] += now - trace.arrivals[row]
            }
            trace.arrivals[row] = now
        }
        return trace.count > 0 ? trace : nil
    }
}
