import Basics
import Foundation
import StepTime
import Traces

/// Measurement files of a server, recognised by their content.
struct CalibrationInput {
    private(set) var evidence: [any CalibrationEvidence] = []
    /// Tokens in the KV cache according to a log.
    private(set) var cacheTokens: Int?
    /// Blocks in the KV cache according to a scrape.
    private(set) var cacheBlocks: Int?

    /// Whether some of it is of the configuration's trace: scrapes are.
    var usesTrace: Bool { evidence.contains { $0 is ScrapeEvidence } }

    /// The kind of a file.
    enum Kind {
        case requests
        case report
        case scrape
        case log
        case steps
        case tokens
    }

    /// Reads files. Two scrapes belong to one load, before and after it. A log of requests belongs
    /// to the log of steps at the same position among its kind.
    ///
    /// - Throws: `InputError` for a file of no known kind, or with impossible content.
    init(_ files: [String], _ server: CalibrationServer) throws {
        var scrapes: [MetricsScrape] = []
        var steps: [StepLog] = []
        var tokens: [(path: String, times: [Double])] = []
        for file in files {
            let bytes = try Self.bytes(file)
            switch try Self.kind(file, bytes) {
            case .requests:
                try Self.checkModel(file, bytes, server)
                evidence.append(try RequestEvidence(file: file, server))
            case .report:
                let reports = try ReportFile.read(bytes, place: file)
                for (number, report) in reports.enumerated() {
                    let name = Self.name(file) + (reports.count > 1 ? " \(number + 1)" : "")
                    evidence.append(
                        try BenchmarkReport.evidence(report, name: name, server))
                }
            case .scrape: scrapes.append(try MetricsScrape(Self.text(bytes, file), path: file))
            case .log:
                let log = try LogEvidence(Self.text(bytes, file), path: file, server)
                cacheTokens = log.cacheTokens ?? cacheTokens
                evidence.append(log)
            case .steps: steps.append(try StepLog(file: file))
            case .tokens: tokens.append((file, try StepLog.tokenTimes(file: file)))
            }
        }
        try addScrapes(scrapes, server)
        guard tokens.count <= steps.count else {
            throw InputError(
                tokens[steps.count].path, "is a log of requests without one of steps",
                expected: "steps.csv of the same run beside it")
        }
        for (place, log) in steps.enumerated() {
            let times = place < tokens.count ? tokens[place].times : []
            evidence.append(try StepEvidence(log, tokens: times, server))
        }
    }

    private mutating func addScrapes(
        _ scrapes: [MetricsScrape], _ server: CalibrationServer
    ) throws {
        guard let first = scrapes.first else { return }
        guard scrapes.count == 2 else {
            throw InputError(
                first.path,
                scrapes.count == 1
                    ? "is the only scrape of /metrics"
                    : "is one of \(scrapes.count) scrapes of /metrics",
                expected: "two: one before the load and one after it")
        }
        cacheBlocks = scrapes[1].blocks
        evidence.append(try ScrapeEvidence(scrapes[0], scrapes[1], server))
    }

    /// Refuses requests of another model, if they are a result of vLLM's benchmark, which names it.
    private static func checkModel(
        _ file: String, _ bytes: [UInt8], _ server: CalibrationServer
    ) throws {
        guard contains(bytes, "\"model_id\"") else { return }
        for report in try ReportFile.read(bytes, place: file) {
            if let model = report.text("model_id") { try server.check(model: model, report.place) }
        }
    }

    private static func name(_ file: String) -> String {
        file.split(separator: "/").last.map(String.init) ?? file
    }

    static func bytes(_ file: String) throws -> [UInt8] {
        guard !InputFile.isReadOnce(file) else {
            throw InputError(file, "is a pipe or a device", expected: "a file")
        }
        return try InputFile.contents(
            file, atMost: ReportFile.mostBytes, expected: "a file of measurements")
    }

    private static func text(_ bytes: [UInt8], _ file: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError(file, "is not text", expected: "a text in UTF-8")
        }
        return text
    }

    private static func contains(_ bytes: [UInt8], _ words: String) -> Bool {
        Data(bytes).firstRange(of: Data(words.utf8)) != nil
    }

    static func kind(_ file: String, _ bytes: [UInt8]) throws -> Kind {
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
        let first = bytes.first { !blanks.contains($0) }
        let header = String(
            decoding: bytes.prefix(400).prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            guard let format = TraceFormat.measuring(file) else { return .report }
            let hasRequests = contains(bytes, "\"input_lens\"") || format != .vllmBench
            return hasRequests ? .requests : .report
        }
        if header.contains("gpu_end_us") { return .steps }
        if header.contains("tokens_us") { return .tokens }
        if contains(bytes, "\nvllm:") || header.hasPrefix("vllm:") { return .scrape }
        if contains(bytes, "Avg prompt throughput: ") || contains(bytes, "GPU KV cache size: ") {
            return .log
        }
        if TraceFormat.measuring(file) != nil { return .requests }
        if header.contains("begin_us") { return .steps }
        throw InputError(
            file, "holds no measurements of a known kind: \(header.echoed(atMost: 60))",
            expected: "a report of vllm bench serve, guidellm, AIPerf or inference-perf, two "
                + "scrapes of /metrics, a server's log, or steps.csv")
    }
}
