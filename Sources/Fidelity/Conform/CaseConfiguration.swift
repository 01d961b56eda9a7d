import Basics
import Foundation
import Models
import Scenario
import Simulator
import StepTime

/// A conformance case's `config.json`.
struct CaseConfiguration: Decodable {
    struct Group: Decodable {
        var type: String
        var window: Int?
    }

    struct Clock: Decodable {
        var fixed: Int64
        var perToken: Int64
        var perRequest: Int64
        var per1KContextTokens: Int64?
    }

    var blockSize: Int
    var numGpuBlocks: Int
    var maxNumSeqs: Int
    var maxNumActiveSeqs: Int?
    var maxNumBatchedTokens: Int
    var maxNumScheduledTokens: Int?
    var maxModelLen: Int
    var policy: String
    var enablePrefixCaching: Bool
    var enableChunkedPrefill: Bool
    var longPrefillTokenThreshold: Int
    var longPrefillTokenThresholdAdaptive: Bool
    var schedulerReserveFullIsl: Bool
    var watermark: Double
    var prefillScheduleInterval: Int
    var groups: [Group]
    var prefixCacheRetentionInterval: Int?
    var detail: String?
    var stepTimeUs: Clock
    var asyncScheduling: Bool?
    var batchQueueSize: Int?
    var emptyYieldUs: Int64?
    var emptyBatchUs: Int64?
    /// For whole-trace cases: the trace file, its time scale, and how requests stop.
    var source: String?
    /// The release the case was captured from; nil: the newest.
    var vllmVersion: String?
    var format: String?
    var arrivalMul: Int64?
    var arrivalDiv: Int64?
    var stop: String?
    /// Those counts of the engine's driver that a run also has.
    var totals: [(name: String, count: Int)] = []

    private enum CodingKeys: String, CodingKey {
        case blockSize, numGpuBlocks, maxNumSeqs, maxNumActiveSeqs, maxNumBatchedTokens
        case maxNumScheduledTokens, maxModelLen, policy, enablePrefixCaching
        case enableChunkedPrefill, longPrefillTokenThreshold, longPrefillTokenThresholdAdaptive
        case schedulerReserveFullIsl, watermark, prefillScheduleInterval, groups
        case prefixCacheRetentionInterval, detail, stepTimeUs, asyncScheduling, batchQueueSize
        case emptyYieldUs, emptyBatchUs, source, vllmVersion, format, arrivalMul, arrivalDiv, stop
    }

    /// Reads a case's configuration. Throws `InputError` naming the file and the key.
    static func read(_ path: String) throws -> CaseConfiguration {
        let data = try Data(
            InputFile.contents(
                path, atMost: 1_000_000, expected: "a conformance case's config.json"))
        let json = try JSON5.json(data, place: path)
        let value = try ConfigurationValue.parse(data, place: path)
        try CaseKeys.check(value, place: path)
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            var configuration = try decoder.decode(CaseConfiguration.self, from: json)
            if case .object(let members) = value {
                configuration.totals = try CaseKeys.totals(members["totals"], place: path)
            }
            try configuration.checkWords(place: path)
            return configuration
        } catch let error as DecodingError {
            throw InputError(path, describe(error), expected: "a conformance case's config.json")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func key(_ path: [any CodingKey]) -> String {
            path.map { snakeCase($0.stringValue) }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let missing, let context):
            return "lacks the key \(key(context.codingPath + [missing]))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "has a value of another type at \(key(context.codingPath))"
        case .dataCorrupted: return "is not valid JSON"
        @unknown default: return "cannot be decoded"
        }
    }

    private static func snakeCase(_ key: String) -> String {
        key.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }

    /// Throws for a word that no case uses.
    private func checkWords(place: String) throws {
        for (key, word, words) in [
            ("detail", detail, ["full", "digest"]), ("stop", stop, ["eos", "length"]),
        ] {
            guard let word, !words.contains(word) else { continue }
            throw InputError(
                place, "\(key) is \"\(word.echoed())\"",
                expected: words.joined(separator: " or "))
        }
    }

    /// How the run departs from the case's settings; nil if it does not.
    func note(place: String) throws -> String? {
        let used = try release(place: place).version
        guard let vllmVersion, let version = EngineVersion(vllmVersion), version != used else {
            return nil
        }
        return "vLLM \(version) has no rules of its own here: it is taken as \(used)"
    }

    /// Throws for the first size that cannot have been captured and cannot be run.
    private func checkSizes(place: String) throws {
        let hour: Int64 = 3_600_000_000
        let sizes: [(key: String, value: Int64, range: ClosedRange<Int64>)] = [
            ("block_size", Int64(blockSize), 1...65_536),
            // Stepping keeps each block individually.
            ("num_gpu_blocks", Int64(numGpuBlocks), 2...(1 << 24)),
            ("step_time_us.fixed", stepTimeUs.fixed, 0...hour),
            ("step_time_us.per_token", stepTimeUs.perToken, 0...hour),
            ("step_time_us.per_request", stepTimeUs.perRequest, 0...hour),
            ("step_time_us.per_1k_context_tokens", stepTimeUs.per1KContextTokens ?? 0, 0...hour),
            ("empty_yield_us", emptyYieldUs ?? 0, 0...hour),
        ]
        if let wrong = sizes.first(where: { !$0.range.contains($0.value) }) {
            throw InputError(
                place, "\(wrong.key) is \(wrong.value)",
                expected: "\(wrong.range.lowerBound) to \(wrong.range.upperBound)")
        }
    }

    /// The plan of the case.
    func plan(advance: EngineConfiguration.Advance, place: String) throws -> RunPlan {
        try checkSizes(place: place)
        let clock = stepTimeUs
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: clock.fixed, perTokenMicroseconds: clock.perToken,
                    perRequestMicroseconds: clock.perRequest,
                    perThousandContextMicroseconds: clock.per1KContextTokens ?? 0)))
        plan.engine = try engine(place: place)
        plan.engine.advance = advance
        return plan
    }

    private func engine(place: String) throws -> EngineConfiguration {
        func refuse(_ key: String, _ value: String, _ expected: String) -> InputError {
            InputError(place, "\(key) is \(value)", expected: expected)
        }
        guard let policy = EngineConfiguration.Policy(rawValue: policy) else {
            throw refuse("policy", policy, "fcfs or priority")
        }
        if asyncScheduling == true, let size = batchQueueSize, size != 2 {
            throw refuse("batch_queue_size", String(size), "2")
        }
        if let empty = emptyBatchUs, empty != 0 {
            throw refuse("empty_batch_us", String(empty), "0")
        }
        var engine = EngineConfiguration(release: try release(place: place))
        engine.blockSize = blockSize
        engine.numGPUBlocks = numGpuBlocks
        engine.maxNumSeqs = maxNumSeqs
        engine.maxNumActiveSeqs = maxNumActiveSeqs
        engine.maxNumBatchedTokens = maxNumBatchedTokens
        engine.maxNumScheduledTokens = maxNumScheduledTokens
        engine.maxModelLen = maxModelLen
        engine.policy = policy
        engine.enablePrefixCaching = enablePrefixCaching
        engine.enableChunkedPrefill = enableChunkedPrefill
        engine.longPrefillTokenThreshold = longPrefillTokenThreshold
        engine.longPrefillTokenThresholdAdaptive = longPrefillTokenThresholdAdaptive
        engine.schedulerReserveFullISL = schedulerReserveFullIsl
        engine.watermark = watermark
        engine.prefillScheduleInterval = prefillScheduleInterval
        engine.prefixCacheRetentionInterval = prefixCacheRetentionInterval
        engine.asyncScheduling = asyncScheduling ?? false
        engine.emptyYieldMicroseconds = emptyYieldUs ?? 0
        engine.stopsAtUnforeseenToken = stop == "eos"
        engine.groups = try groups.map { group in
            switch (group.type, group.window) {
            case ("full", _): return .full
            case ("sliding", let window?): return .sliding(window: window)
            default: throw refuse("groups.type", group.type, "full, or sliding with a window")
            }
        }
        // A capture keeps the values of options that its release lacks.
        engine.dropMissingOptions()
        return engine
    }

    /// The release that the case was captured from.
    func release(place: String) throws -> EngineRelease {
        guard let vllmVersion else { return .newest }
        guard let version = EngineVersion(vllmVersion) else {
            throw InputError(
                place, "vllm_version is \"\(vllmVersion)\"",
                expected: "\(EngineVersion.oldest) to \(EngineVersion.newest)")
        }
        return version.release
    }
}
