import Basics
import Experiments
import Reports
import Results
import Scenario
import Traces

extension Verb {
    /// `headway report RUN... --out report.html`
    static let report = Verb(
        "report",
        summary: "Draw runs, a sweep or a trace as one HTML page.",
        operands: "RUN... | TRACE | points.csv", operandCount: 1...12,
        details: """
            RUN is a folder that headway run --out has written. Its page begins with the verdict
            against the SLO. Then come figures, latency distributions, load over time, a heat map
            of replicas, where the time goes, the slowest requests, and commands to go on with.

            Two runs are compared request by request. Up to eight are laid over one another. A
            trace's page shows rate, lengths, and what a prefix cache hits. A sweep's page shows
            its Pareto fronts and what each key changes. The file needs no network.
            """,
        flags: [
            Flag("--out", "FILE", short: "-o", "Write the page to this file."),
            Flag("--picture", "FILE", "Write one run's latency and load as an SVG for a README."),
        ] + TraceFlags.all
    ) { arguments in
        let page = arguments.value("--out")
        let picture = arguments.value("--picture")
        guard page != nil || picture != nil else {
            throw InputError("report", "has no file to write", expected: "--out report.html")
        }
        guard page == nil || page != picture else {
            throw InputError("--picture", "is the same file as --out", expected: "another file")
        }
        for (flag, path) in [("--out", page), ("--picture", picture)] {
            guard let path else { continue }
            guard !path.isEmpty else { throw InputError(flag, "is empty", expected: "a file") }
        }
        // Unwritable paths are reported before the work, which may take long.
        let files = try (page: page.map(WholeFile.init), picture: picture.map(WholeFile.init))
        let subject = try ReportSubject(arguments)
        for (file, path, text) in [
            (files.picture, picture, subject.picture), (files.page, page, subject.page),
        ] {
            guard let file, let path else { continue }
            let bytes = Array(try text().utf8)
            try file.write(bytes)
            try file.commit()
            guard !Console.isStandardOutput(path) else { continue }
            try Console.writePage("\(path): \(Quantity.bytes(Double(bytes.count)))")
        }
        return 0
    }
}

/// The subject of a report.
private enum ReportSubject {
    case runs([ReportedRun])
    case trace(TracePage)
    case sweep(SweepReportPage)

    init(_ arguments: Arguments) throws {
        let paths = arguments.operands
        let kinds = try paths.map { try Kind($0) }
        if kinds == [.trace] {
            self = .trace(try TracePage(paths[0], options: TraceFlags.options(arguments)))
            return
        }
        if let flag = TraceFlags.all.first(where: { arguments.has($0.name) }) {
            let what = kinds == [.sweep] ? "a sweep's table" : "a run"
            throw InputError(
                flag.name, "is for traces only", expected: "a trace instead of \(what)")
        }
        if kinds == [.sweep] {
            let table = try SweepTable(file: paths[0])
            guard table.runs > 0 else {
                throw InputError(
                    paths[0], "has a header and no run", expected: "a sweep's table with its runs")
            }
            self = .sweep(SweepReportPage(table))
            return
        }
        if let index = kinds.firstIndex(where: { $0 != .run }) {
            throw InputError(
                paths[index], "is not a run, and stands beside others",
                expected: "run folders only, or one trace or one sweep alone")
        }
        self = .runs(try paths.map { try ReportedRun($0) })
    }

    /// The kind of an operand.
    private enum Kind {
        case run, trace, sweep

        init(_ path: String) throws {
            guard FileSystem.exists(path) else {
                throw InputError(
                    path, "is not there",
                    expected: "a folder that headway run --out has written, or a trace")
            }
            guard FileSystem.isFolder(path) else {
                let own = [
                    RunFiles.summary, RunFiles.requests, RunFiles.configuration, RunFiles.report,
                ]
                guard !own.contains(path.lastPathName) else {
                    throw InputError(path, "is a file of a run", expected: "the run's folder")
                }
                self =
                    !InputFile.isReadOnce(path) && SweepReportPage.isTable(path) ? .sweep : .trace
                return
            }
            // Some traces are folders.
            let isRun = FileSystem.exists(path.appending(pathComponent: RunFiles.summary))
            self = !isRun && (try? openTrace(path, options: TraceOptions())) != nil ? .trace : .run
        }
    }

    func page() throws -> String {
        switch self {
        case .runs(let runs) where runs.count == 1: try Self.page(runs[0])
        case .runs(let runs): try ComparisonPage(runs).text
        case .trace(let page): page.text
        case .sweep(let page): page.text
        }
    }

    /// With the requests that delayed the slowest ones, if the run can be simulated again.
    private static func page(_ run: ReportedRun) throws -> String {
        do {
            return RunPage(run, why: try RunPage.culprits(of: run)).text
        } catch let error as InputError {
            Console.complain("report: the page names no culprits: \(error.description)")
            return RunPage(run).text
        }
    }

    func picture() throws -> String {
        guard case .runs(let runs) = self, runs.count == 1 else {
            throw InputError("--picture", "shows one run", expected: "one run folder")
        }
        return RunPicture(runs[0]).text
    }
}
