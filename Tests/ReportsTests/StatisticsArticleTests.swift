import Basics
import Foundation
import Reports
import Results
import Scenario
import StepTime
import TestSupport
import Testing
import Traces

@testable import Simulator

@Suite("The statistics article names every figure")
struct StatisticsArticleTests {
    private let article: String

    init() throws {
        article = try String(
            contentsOf: packageRoot.appendingPathComponent(
                "Sources/Reports/Reports.docc/Statistics.md"), encoding: .utf8)
    }

    private func requests() -> Workload {
        var workload = Workload()
        for row in 0..<400 {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 4_000_000)
            workload.promptTokens.append(Int32(40 + row * 613 % 2000))
            workload.outputTokens.append(Int32(2 + row * 37 % 60))
            workload.priorities.append(Int32(row % 2))
            workload.segments.append(Segment(content: 7, length: workload.promptTokens[row]))
            workload.segmentEnds.append(row + 1)
        }
        return workload
    }

    /// The summary of a run with everything that a configuration can ask for.
    private func summary(_ changes: [String]) throws -> RunSummary {
        let resolved = try Configuration.read(
            file: nil, changes: ["output.by=prompt"] + changes
        ).resolved()
        var observer: any RunObserver = BreakdownObserver(resolved.plan)
        let result = try simulate(
            resolved.plan, source: InMemorySource(requests()), watching: &observer)
        let figures = RequestFigures(
            resolved.plan, by: [.prompts(from: [500]), .priority], watchesGaps: false)
        var timeline = Timeline()
        var peak = ConcurrencyPeak()
        for record in result.records {
            figures.add(record)
            timeline.add(record)
            peak.add(record)
        }
        figures.finish()
        var summary = RunSummary(result, clock: "linear")
        let report = try #require(observer as? BreakdownObserver).report
        summary.parts = report.means
        summary.slowestParts = report.slowestMeans
        summary.take(figures, by: .prompt)
        summary.mostConcurrent = peak.requests
        summary.series = timeline.series
        summary.engineVersion = "0.33.0"
        return summary
    }

    /// Every key of a value, inside lists and objects, too.
    private func keys(_ value: Any) -> Set<String> {
        if let object = value as? [String: Any] {
            return object.reduce(into: Set(object.keys)) { $0.formUnion(keys($1.value)) }
        }
        return ((value as? [Any]) ?? []).reduce(into: []) { $0.formUnion(keys($1)) }
    }

    /// Whether a key stands in the article, or "and so on" behind another of its family does.
    private func isNamed(_ key: String) -> Bool {
        if article.contains("`\(key)`") { return true }
        let parts = Set(LatencyParts.Part.allCases.map(\.column))
        for family in ["client_wait", "ttft_from_due", "e2el_from_due"]
        where key.hasSuffix("_\(family)_ms") {
            return article.contains("`mean_\(family)_ms` and so on")
        }
        for (latency, shown) in [("ttft", "queue"), ("tpot", "decode")] {
            let prefix = "mean_\(latency)_"
            guard key.hasPrefix(prefix), key.hasSuffix("_ms") else { continue }
            let part = String(key.dropFirst(prefix.count).dropLast(3))
            if parts.contains(part) {
                return article.contains("`mean_\(latency)_\(shown)_ms` and so on")
            }
        }
        return false
    }

    @Test(
        "every key of summary.json stands there",
        arguments: [
            ["trace.max_concurrency=8", "cluster.replicas=2", "output.warmup=auto"],
            ["trace.concurrency=12", "trace.think_s=0.1", "output.cooldown=auto"],
            ["cluster.replicas=1", "engine.max_num_seqs=2"],
        ])
    func summaryKeys(changes: [String]) throws {
        let text = try jsonText(summary(changes))
        let found = keys(try JSONSerialization.jsonObject(with: Data(text.utf8)))
        #expect(found.count > 100)
        // Names of classes are data.
        for key in found.subtracting(["priority", "prompt"]).sorted() {
            #expect(isNamed(key), "\(key) is not in Statistics.md")
        }
    }

    @Test("every column of requests.csv stands there, and every one of classes.csv is a key")
    func columns() throws {
        let header = String(
            decoding: RequestLine.header([.due, .stage, .attempt, .reuse, .className]).dropLast(),
            as: UTF8.self)
        for column in header.split(separator: ",") {
            #expect(article.contains("`\(column)`"), "\(column)")
        }
        for column in ClassTable.header.split(separator: ",").dropFirst(2) {
            #expect(isNamed(String(column)), "\(column)")
        }
    }
}
