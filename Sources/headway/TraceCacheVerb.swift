import Basics
import Experiments
import Reports
import Results
import Scenario
import Simulator
import Traces

extension Verb {
    /// `headway trace cache`.
    static let traceCache = Verb(
        "trace cache",
        summary: "Choose a KV block size: hits, fragmentation and metadata.",
        operands: "FILE", operandCount: 1...1,
        details: """
            One pass over the trace predicts the prefix hit rate for every block size and every
            cache size: LRU by exact stack distances, and the best of any policy (Belady). The
            cache belongs to one replica and takes one request at a time. Its capacity is what the
            configuration's model leaves free on its GPUs, or --capacity. It recommends multiples of
            16, which attention kernels run. Block size has no price in the step time. --confirm
            runs the three best sizes through the cluster.
            """,
        flags: TraceFlags.all + [
            Flag("--pages", "N,N,...", "Block sizes in tokens (default: 1 to 1024 by doubling)."),
            Flag("--capacity", "TOKENS", "Cache size in tokens (default: the model's)."),
            Flag("--metadata", "BYTES", "Host bytes of bookkeeping per block (default 128)."),
            Flag("--inputs-only", "Cache prompts only, no outputs."),
            Flag(
                "--confirm", "CONFIG.json5",
                "Also run the three best sizes with this configuration (\"default\": built in)."
            ),
            .set,
            Flag("--csv", "FILE", "File for every block size and cache size, as CSV."),
            .json,
        ]
    ) { arguments in
        let page = try CachePage(arguments)
        if let file = arguments.value("--csv") {
            let output = try WholeFile(file)
            try output.writeLine(PageStudyReport.csv(page.study))
            try output.commit()
        }
        try arguments.has("--json") ? Console.write(jsonText(page)) : Console.writePage(page.text)
        return 0
    }
}

/// The output of `trace cache`.
private struct CachePage: Encodable {
    struct Trial: Encodable {
        let pageSize: Int
        let run: RunRow
    }

    let study: PageStudy
    private var trials: [Trial] = []
    private var recommendation: Int?
    private let replicas: Int
    /// What reading the trace assumed, dropped and mended.
    private let notes: [String]

    enum CodingKeys: String, CodingKey { case study, notes, trials, recommendation }

    init(_ arguments: Arguments) throws {
        let confirm = arguments.value("--confirm")
        try PageStudy.checkKeys(arguments.values("--set"), confirms: confirm != nil)
        var configuration = try Configuration.read(
            file: confirm == "default" ? nil : confirm, changes: arguments.values("--set"))
        let resolved = try configuration.resolved()
        replicas = resolved.plan.replicas
        var setting = try PageStudy.Setting(resolved)
        if let tokens = try arguments.integer("--capacity", atLeast: 1) {
            setting.capacityTokens = tokens
        }
        if let bytes = try arguments.number("--metadata") { setting.metadataBytesPerPage = bytes }
        let (source, read) = try openTrace(
            arguments.operands[0], options: TraceFlags.options(arguments))
        let log = try ReuseLog(source, includesAnswers: !arguments.has("--inputs-only"))
        notes = OpenedTrace.remarks(of: read)
        if let pages = arguments.value("--pages") { setting.pageSizes = try Self.sizes(pages) }
        study = try PageStudy(log, setting: setting)
        guard confirm != nil else { return }
        configuration.trace.file = arguments.operands[0]
        for change in TraceFlags.changes(arguments, read) {
            try configuration.apply(change: change)
        }
        let sizes = study.ranked.prefix(3).map(\.pageTokens)
        guard !sizes.isEmpty else {
            throw InputError(
                "--confirm", "attention kernels run none of these page sizes",
                expected: "--pages with multiples of \(AttentionPages.multiple)")
        }
        let runs = try PageSizeTrial.run(configuration, pageSizes: sizes)
        trials = runs.map { Trial(pageSize: $0.pageTokens, run: RunRow($0.result)) }
        recommendation = PageSizeTrial.best(of: runs)?.pageTokens
    }

    private static func sizes(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let size = Int(word), (1...1 << 20).contains(size) else {
                throw InputError(
                    "--pages", "\"\(word)\" is not a block size", expected: "tokens, 1 to 1048576")
            }
            return size
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(PageStudyReport(study), forKey: .study)
        try container.encode(notes, forKey: .notes)
        guard !trials.isEmpty else { return }
        try container.encode(trials, forKey: .trials)
        try container.encodeIfPresent(recommendation, forKey: .recommendation)
    }

    var text: String {
        let said = notes.map { "\nNote: \($0)" }.joined()
        var parts = [PageStudyReport.text(study) + said]
        guard !trials.isEmpty else { return parts[0] }
        var table = TextTable(["page"] + RunRow.header)
        for trial in trials { table.add(["\(trial.pageSize)"] + trial.run.cells) }
        parts.append("Runs on \(Quantity.counted(replicas, "replica"))\n" + table.text)
        if let recommendation {
            parts.append(
                "Recommended: pages of \(recommendation) tokens, the least mean end-to-end latency"
                    + " of these (the study's order where they are within half a percent).")
        } else {
            parts.append("No request finished: nothing can be recommended.")
        }
        return parts.joined(separator: "\n\n")
    }
}
