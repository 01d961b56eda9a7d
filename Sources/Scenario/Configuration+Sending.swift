import Basics
import Simulator
import Traces

extension Configuration.TraceSection {
    /// How requests enter the cluster.
    func arrivals() throws -> ArrivalMode {
        _ = try sendingRate()
        if let stages { return try staged(stages) }
        switch (concurrency, maxConcurrency) {
        case (nil, nil): return .openLoop
        case (let users?, nil): return .closedLoop(concurrency: users)
        case (nil, let cap?): return .capped(concurrency: cap)
        case (let users?, .some):
            throw InputError(
                "trace.max_concurrency", "keeps the trace's times, which trace.concurrency ignores",
                expected: "one of them: a closed loop has at most its \(users) in flight anyway")
        }
    }

    private func staged(_ stages: [LoadStages.Stage]) throws -> ArrivalMode {
        for (key, isGiven) in [
            ("trace.concurrency", concurrency != nil),
            ("trace.max_concurrency", maxConcurrency != nil),
            ("trace.request_rate", requestRate != nil),
            ("trace.ramp_up_strategy", rampUp != nil), ("trace.rate_scale", rateScale != 1),
        ] where isGiven {
            throw InputError(
                key, "is of no use beside trace.stages, which say when requests are sent",
                expected: "one of them")
        }
        return .staged(
            LoadStages(
                stages, pause: stagePauseSeconds, law: gapLaw, burstiness: burstiness))
    }

    /// Whether clients have a timeout.
    var hasImpatientClients: Bool {
        clientTimeoutSeconds != nil || clientFirstTokenTimeoutSeconds != nil
    }

    /// How long clients wait; nil: forever.
    func patience() -> ClientPatience? {
        guard hasImpatientClients else { return nil }
        func span(_ seconds: Double?) -> Int64 {
            seconds.map { picoseconds(milliseconds: $0 * 1e3) } ?? .max
        }
        var patience = ClientPatience(
            timeout: span(clientTimeoutSeconds), retries: clientRetries)
        patience.firstTokenTimeout = span(clientFirstTokenTimeoutSeconds)
        patience.backoff = clientBackoff
        patience.pause = picoseconds(milliseconds: clientBackoffSeconds * 1e3)
        patience.longestPause = picoseconds(milliseconds: clientBackoffMostSeconds * 1e3)
        return patience
    }

    /// The rate that replaces the trace's times; nil: none. Throws `InputError` for contradictory
    /// keys.
    func sendingRate() throws -> SendingRate? {
        let ramp = try rampingRate()
        guard requestRate != nil || ramp != nil else { return nil }
        let key = ramp == nil ? "trace.request_rate" : "trace.ramp_up_strategy"
        if concurrency != nil {
            throw InputError(
                key, "is of no use beside trace.concurrency, which ignores all times",
                expected: "trace.max_concurrency, which keeps them")
        }
        if rateScale != 1 {
            throw InputError(
                key, "replaces the times that trace.rate_scale would scale",
                expected: "one of them")
        }
        if let ramp { return ramp }
        guard let requestRate else { return nil }
        guard gapLaw != .inferencePerfPoisson || requestRate <= 1e6 else {
            throw InputError(
                "trace.gap_law", "inference_perf_poisson draws each second's requests",
                expected: "trace.request_rate of at most 1000000")
        }
        var rate = SendingRate(requestRate, burstiness: burstiness)
        rate.law = gapLaw
        return rate
    }

    private func rampingRate() throws -> SendingRate? {
        let ends = [("trace.ramp_up_start_rps", rampUpStart), ("trace.ramp_up_end_rps", rampUpEnd)]
        guard let rampUp else {
            if let (key, _) = ends.first(where: { $0.1 != nil }) {
                throw InputError(
                    key, "is of no use without trace.ramp_up_strategy",
                    expected: "trace.ramp_up_strategy linear or exponential")
            }
            return nil
        }
        if let (key, _) = ends.first(where: { $0.1 == nil }) {
            throw InputError(
                key, "is missing beside trace.ramp_up_strategy", expected: "requests per second")
        }
        if requestRate != nil {
            throw InputError(
                "trace.request_rate", "is steady, and trace.ramp_up_strategy rises",
                expected: "one of them")
        }
        guard let rampUpStart, let rampUpEnd, rampUpStart <= rampUpEnd else {
            throw InputError(
                "trace.ramp_up_end_rps", "is less than trace.ramp_up_start_rps",
                expected: "at least that")
        }
        return SendingRate(from: rampUpStart, to: rampUpEnd, rampUp, burstiness: burstiness)
    }
}

extension Configuration {
    /// The benchmark's random dataset; nil if the trace is another. Throws `InputError` for keys
    /// that only apply to other traces.
    func randomDataset() throws -> OpenedTrace? {
        guard let input = trace.randomInputTokens else { return nil }
        for (key, isGiven) in [
            ("trace.file", trace.file != nil), ("trace.start_s", trace.startSeconds > 0),
            ("trace.end_s", trace.endSeconds != nil), ("trace.rate_scale", trace.rateScale != 1),
        ] where isGiven {
            throw InputError(
                key, "does not apply to trace.random_input_len, which makes the trace",
                expected: "one of them")
        }
        var dataset = RandomDataset(inputTokens: input, outputTokens: trace.randomOutputTokens)
        dataset.inputRangeRatio = trace.randomRangeRatio
        dataset.outputRangeRatio = trace.randomOutputRangeRatio ?? trace.randomRangeRatio
        dataset.prefixTokens = trace.randomPrefixTokens
        dataset.prefixes = trace.randomPrefixes
        let (count, seed) = (trace.limit ?? 1_000, drawingSeed)
        guard count <= 10_000_000 else {
            throw InputError(
                "trace.limit", "is \(count), and a random dataset is held in memory",
                expected: "at most 10000000")
        }
        return OpenedTrace(
            name: "random dataset (\(input) in, \(trace.randomOutputTokens) out, seed \(seed))",
            source: InMemorySource(try dataset.requests(count, seed: seed)), notes: nil,
            extent: TraceExtent(requests: count))
    }

    /// A trace with the configured request rate and shared prefixes, if any.
    func sent(_ trace: OpenedTrace) throws -> OpenedTrace {
        var trace = trace
        if let law = self.trace.sharedPrefix {
            trace.source = SharedPrefixSource(trace.source, law, seed: drawingSeed)
            if let adapters = trace.notes?.labels(.lora) {
                trace.source = AdapterSource(trace.source, adapters)
            }
            trace.assumed.append(law.words)
        }
        guard let rate = try self.trace.sendingRate() else { return trace }
        trace.source = DrawnArrivals(trace.source, rate, seed: drawingSeed)
        trace.extent.seconds = nil
        return trace
    }
}
