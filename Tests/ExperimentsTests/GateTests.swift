import Basics
import Foundation
import Reports
import Simulator
import TestSupport
import Testing
import Traces

@testable import Experiments

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Gating against a baseline")
struct GateTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func suite(
        _ metrics: String, seeds: Int = 3, _ more: String = "", changes: [String] = []
    ) throws -> GateSuite {
        let text = """
            {
                seeds: \(seeds), \(more)
                config: {
                    step_time: { kind: "linear" }, hardware: { gpus_per_node: 1 },
                    cluster: { replicas: 1 }, trace: { limit: 60, rate_scale: 0.05 },
                },
                cases: [{ name: "chat", metrics: { \(metrics) } }],
            }
            """
        return try GateSuite.read(scratch.write(text, "suite.json5"), changes: changes)
    }

    private func bless(_ suite: GateSuite) throws {
        try GateBaseline(suite: suite.name, cases: suite.measure()).write(to: suite.baseline)
    }

    private func gate(_ suite: GateSuite, exactly: Bool = false) throws -> GateResult {
        let baseline = try GateBaseline.read(suite.baseline, suite: suite.path)
        return try GateJudgement(suite, baseline).judge(suite.measure(), exactly: exactly)
    }

    private static let tpot = "mean_tpot_ms: { relative: 0.015 }"

    @Test("a seed beside the suite's is refused")
    func seed() {
        #expect(throws: InputError.self) { try suite(Self.tpot, changes: ["seed=5"]) }
    }

    @Test("the same version passes, a slower one regresses, with exit statuses to match")
    func passAndRegression() throws {
        try bless(suite(Self.tpot))
        let same = try gate(suite(Self.tpot))
        #expect(same.status == .pass && same.exitStatus == 0)
        #expect(try gate(suite(Self.tpot), exactly: true).exitStatus == 0)
        let slow = try suite(Self.tpot, changes: ["step_time.scale=1.03"])
        let result = try gate(slow)
        #expect(result.status == .regression && result.exitStatus == 1)
        let finding = try #require(result.findings.first)
        #expect(finding.isPaired && finding.isRelative)
        #expect(finding.worsening! > 0.02 && finding.low! <= finding.worsening!)
        #expect(try gate(slow, exactly: true).exitStatus == 1)
        let fast = try suite(Self.tpot, changes: ["step_time.scale=0.9"])
        #expect(try gate(fast).status == .pass)
    }

    @Test("of what does not pass it says whom that costs, and where the time goes")
    func costs() throws {
        let suite = try suite(Self.tpot)
        let measured = try suite.measure()
        let costs = try suite.costs()
        try GateBaseline(suite: suite.name, cases: measured, costs: costs).write(to: suite.baseline)
        let baseline = try GateBaseline.read(suite.baseline, suite: suite.path)
        #expect(baseline.costs == costs)
        // Three seeds of sixty requests, all finished, each in one group.
        #expect(costs[0].groups.reduce(0) { $0 + $1.requests } == 180)
        let ttft = costs[0].groups.reduce(0) { $0 + $1.ttft * Double($1.requests) } / 180
        let parts = costs[0].parts.filter { $0.key.hasPrefix("mean_ttft") }.values.reduce(0, +)
        #expect(abs(ttft - parts) < 1e-6 * ttft)

        let judgement = try GateJudgement(suite, baseline)
        let same = try judgement.explained(judgement.judge(measured))
        #expect(same.status == .pass && same.costs.isEmpty)

        let slow = try self.suite(Self.tpot, changes: ["step_time.scale=1.5"])
        let other = try GateJudgement(slow, baseline)
        let result = try other.explained(other.judge(slow.measure()))
        let change = try #require(result.costs.first)
        for (before, after) in zip(change.before.groups, change.after.groups) {
            #expect(before.requests == after.requests && before.limit == after.limit)
            #expect(after.e2el > 1.4 * before.e2el)
        }
        #expect(change.after.parts["mean_tpot_decode_ms"] ?? 0 > 0)
        for line in ["chat, by the length", "own decode", "lose most, E2E +"] {
            #expect(result.text.contains(line))
        }

        try bless(suite)
        let silent = try GateJudgement(slow, .read(suite.baseline, suite: suite.path))
        #expect(try silent.explained(silent.judge(slow.measure())).costs.isEmpty)
    }

    @Test("throughput that falls is worse, and a margin may be absolute")
    func directions() throws {
        let metrics = "output_throughput: { relative: 0.02 }, mean_tpot_ms: { absolute: 0.01 }"
        // In a closed loop slower steps mean fewer tokens a second.
        let closed = "trace.concurrency=8"
        try bless(suite(metrics, changes: [closed]))
        let result = try gate(suite(metrics, changes: [closed, "step_time.scale=1.5"]))
        #expect(result.findings.map(\.status) == [.regression, .regression])
        #expect(result.findings.map(\.metric) == ["mean_tpot_ms", "output_throughput"])
        #expect(result.findings[1].worsening! > 0.02)
    }

    @Test("a change of a share is told in points, that of a time in its unit")
    func units() throws {
        let metrics = "prefix_hit_rate: { absolute: 0.001 }, mean_tpot_ms: { absolute: 0.01 }"
        try bless(suite(metrics))
        let changes = ["step_time.scale=1.5", "engine.block_size=128"]
        let result = try gate(suite(metrics, changes: changes))
        let rows = result.text.split(separator: "\n")
        let share = try #require(rows.first { $0.contains("prefix_hit_rate") })
        #expect(share.contains(/to [-+][0-9.]+ pp .* pp/) && !share.contains("%"), "\(share)")
        let time = try #require(rows.first { $0.contains("mean_tpot_ms") })
        #expect(time.contains(" ms") && !time.contains("pp") && !time.contains("%"), "\(time)")
        #expect(result.text.contains("50 % to 52 % is +2 pp"))
    }

    @Test("prompts are grouped as output.by=prompt groups them")
    func groups() throws {
        let bounds = "output.prompt_buckets=500,1500"
        let suite = try suite(Self.tpot, seeds: 2, changes: [bounds])
        let cost = try #require(try suite.costs().first)
        #expect(cost.groups.map(\.name) == ["below 500", "500 to 1499", "1500 or more"])
        #expect(cost.groups.map(\.limit) == [499, 1499, nil])
        // The classes of a run with the same bounds hold as many requests.
        let rule = ClassRule.prompts(from: [500, 1500])
        var counts = [0, 0, 0]
        var plan = try suite.cases[0].configuration.resolved()
        plan.plan.keepsRecords = true
        var configuration = suite.cases[0].configuration
        for seed in suite.seeds {
            configuration.seed = seed
            let trace = try configuration.openTrace()
            for record in try simulate(plan.plan, source: trace.source).records {
                counts[rule.key(of: record)] += 1
            }
        }
        #expect(cost.groups.map(\.requests) == counts)
        // A baseline of an earlier version has other groups.
        var old = cost
        for place in old.groups.indices { old.groups[place].name = nil }
        #expect(GateCostChange(old, cost).groups.isEmpty)
        #expect(GateCostChange(cost, cost).groups.count == 3)
    }

    @Test("other seeds are compared unpaired, and too few of them are inconclusive")
    func otherSeeds() throws {
        try bless(suite(Self.tpot, seeds: 2))
        let result = try gate(suite(Self.tpot, seeds: 2, "first_seed: 50,"))
        let finding = try #require(result.findings.first)
        #expect(!finding.isPaired)
        #expect(finding.status == .inconclusive && result.exitStatus == 3)
        #expect(finding.note.contains("seeds would settle it"))
        let exact = try suite("digest: \"exact\"", seeds: 2, "first_seed: 50,")
        #expect(refusal { _ = try gate(exact) }.contains("knows no seed 50"))
    }

    @Test("what seeds have in common is compared in pairs, and what to bless is said")
    func overlappingSeeds() throws {
        try bless(suite(Self.tpot + ", digest: \"exact\"", seeds: 4))
        for (seeds, more) in [(5, ""), (5, "first_seed: 2,"), (3, "")] {
            let suite = try suite(Self.tpot + ", digest: \"exact\"", seeds: seeds, more)
            let result = try gate(suite)
            #expect(result.status == .pass)
            #expect(result.findings.allSatisfy { $0.isPaired })
            #expect(result.seeds == (more.isEmpty ? min(seeds, 4) : 3))
            #expect(result.notes.count == (seeds == 5 ? 1 : 0))
            #expect(result.text.contains("--bless") == (seeds == 5))
            let exact = try gate(suite, exactly: true)
            #expect(exact.status == .pass && exact.notes == result.notes)
        }
        let slow = try suite(Self.tpot, seeds: 5, changes: ["step_time.scale=1.03"])
        #expect(try gate(slow).status == .regression)
    }

    @Test("a configuration, a recipe and a baseline are told from a suite")
    func otherFiles() throws {
        try bless(suite(Self.tpot))
        let baseline = try suite(Self.tpot).baseline
        let configuration = try scratch.write("{ trace: { limit: 5 } }", "run.json5")
        let recipe = try scratch.write("{ arrivals: { rate: 1 }, classes: [] }", "recipe.json5")
        for (path, what) in [
            (configuration, "is a run configuration, not a suite"),
            (recipe, "is a trace recipe, not a suite"), (baseline, "is a baseline, not a suite"),
        ] {
            #expect(refusal { _ = try GateSuite.read(path) }.contains(what))
        }
    }

    @Test("another trace, a missing or old or damaged baseline: one clear error each")
    func refusals() throws {
        let suite = try suite(Self.tpot)
        #expect(refusal { _ = try gate(suite) }.contains("--bless first"))
        try bless(suite)
        let longer = try self.suite(Self.tpot, changes: ["trace.limit=61"])
        #expect(refusal { _ = try gate(longer) }.contains("other requests"))
        let other = try self.suite(Self.tpot + ", p99_ttft_ms: { relative: 0.1 }")
        #expect(refusal { _ = try gate(other) }.contains("knows no p99_ttft_ms"))
        let text = try String(contentsOfFile: suite.baseline, encoding: .utf8)
        for (broken, part) in [
            (text.replacing("\"format\" : 1", with: "\"format\" : 9"), "format 9"),
            (text.replacing("\"digests\"", with: "\"digest\""), "damaged"),
            (String(text.dropLast(20)), "damaged"),
        ] {
            try Data(broken.utf8).write(to: URL(fileURLWithPath: suite.baseline))
            #expect(refusal { _ = try gate(suite) }.contains(part))
        }
    }

    @Test(
        "a suite that makes no sense is refused, naming the key",
        arguments: [
            ("{ cases: [] }", "cases"), ("{ }", "cases"), ("[]", "an object"),
            ("{ cases: [{}] }", "cases[0].name"), ("{ case: [], cases: [] }", "case: unknown key"),
            ("{ cases: [{ name: \"a\", metrics: { mean_tpot_ms: 3 } }] }", "metrics.mean_tpot_ms"),
            ("{ cases: [{ name: \"a\", metrics: { steps: { relative: 0.1 } } }] }", "neither way"),
            (
                "{ cases: [{ name: \"a\", metrics: { p99_ttft_ms: { absolute: Infinity } } }] }",
                "metrics.p99_ttft_ms"
            ),
            (
                "{ seeds: 1, cases: [{ name: \"a\", metrics: { p99_ttft_ms: { absolute: 1 } } }] }",
                "one seed"
            ),
            ("{ cases: [{ name: \"a\" }, { name: \"a\" }] }", "twice"),
            ("{ cases: [{ name: \"a\", config: { engine: { block_sise: 3 } } }] }", "block_size"),
            ("{ cases: [{ name: \"a\", config: \"absent.json5\" }] }", "absent.json5"),
            ("{ cases: [{ name: \"a\", stretch: 5 }] }", "recorded traces only"),
        ])
    func badSuites(text: String, part: String) throws {
        let path = try scratch.write(text, "bad.json5")
        let message = refusal { _ = try GateSuite.read(path) }
        #expect(message.contains(part), "\(message)")
        #expect(!message.contains("\n"))
    }

    @Test("an unknown figure is refused with the nearest known one")
    func unknownFigure() throws {
        let suite = try suite("mean_tpot: \"exact\"")
        #expect(refusal { _ = try suite.measure() }.contains("mean_tpot_ms"))
    }

    @Test("each seed replays another stretch of a recorded trace")
    func stretches() throws {
        let rows = (0..<50).map {
            "{\"id\":\($0),\"arrival_us\":\($0 * 1000),\"segments\":[[\($0),\(10 + $0)]],"
                + "\"output_tokens\":5}\n"
        }
        try scratch.write(rows.joined(), "trace.jsonl")
        let text = """
            { seeds: 4, cases: [{ name: "recorded", stretch: 10, config: {
                step_time: { kind: "linear" }, hardware: { gpus_per_node: 1 },
                trace: { file: "trace.jsonl" } }, metrics: { mean_ttft_ms: { relative: 0.1 } } }] }
            """
        let suite = try GateSuite.read(scratch.write(text, "recorded.json5"))
        let measured = try suite.measure()
        #expect(Set(measured[0].workloads).count > 1)
        #expect(try suite.measure() == measured)
        let (source, _) = try openTrace(scratch.path + "/trace.jsonl")
        var stretch = TraceStretch(source, passOver: 7, keep: 3)
        let batch = try #require(try stretch.next())
        #expect(batch.ids == [7, 8, 9])
        #expect(batch.arrivals == [0, 1_000_000, 2_000_000])
        #expect(batch.segments(of: 2).map(\.content) == [9])
        #expect(try stretch.next() == nil)
        let without = text.replacing("stretch: 10,", with: "")
        let message = refusal { _ = try GateSuite.read(scratch.write(without, "w.json5")) }
        #expect(message.contains("stretch"))
    }

    @Test("findings as JUnit XML and GitHub annotations")
    func annotations() throws {
        try bless(suite(Self.tpot))
        let slow = try gate(suite(Self.tpot, changes: ["step_time.scale=1.1"]))
        let xml = try XMLNames(slow.junit)
        #expect(xml.elements == ["testsuite", "testcase", "failure"])
        #expect(xml.attributes["failures"] == "1")
        #expect(slow.githubAnnotations.hasPrefix("::error title=suite%3A chat mean_tpot_ms::"))
        #expect(!slow.githubAnnotations.contains("\n"))
        let good = try gate(suite(Self.tpot))
        #expect(try XMLNames(good.junit).elements == ["testsuite", "testcase"])
        #expect(good.githubAnnotations.hasPrefix("::notice title=suite::"))
    }

    /// Not arguments themselves: the test runner would print them.
    static let oddNames = [
        "a\u{1}b", "x\u{1b}[31m", "\n::error::forged", "a]]>b", "<&\"'>", "\u{fffe}\u{ffff}",
        "%0A::error title=x::y", "::set-output name=a::b", "x\r\n::warning::z",
        " \u{2028}::error::z", "a ##[error]b", "a, b: c", "\u{202e}abc",
    ]

    @Test("no name breaks the XML or becomes a workflow command", arguments: oddNames.indices)
    func names(index: Int) throws {
        let name = Self.oddNames[index]
        var suite = try suite(Self.tpot)
        suite.name = name
        suite.cases[0].name = name
        let baseline = GateBaseline(suite: name, cases: try suite.measure())
        suite.cases[0].configuration.stepTime.scale = 1.1
        let judgement = try GateJudgement(suite, baseline)
        let result = try judgement.judge(suite.measure())
        let parser = XMLParser(data: Data(result.junit.utf8))
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        #expect(result.githubAnnotations.hasPrefix("::error title="))
        for text in [result.text, result.githubAnnotations] {
            let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
            #expect(isPlain)
            #expect(!text.contains("##["))
        }
        #expect(!result.githubAnnotations.contains { $0.isNewline })
        for line in result.text.split(whereSeparator: \.isNewline) {
            #expect(!line.drop(while: \.isWhitespace).hasPrefix("::"))
        }
    }

    @Test("the suite's self-check: no false alarms, planted slow-downs caught")
    func selfCheck() throws {
        let suite = try suite("mean_tpot_ms: { relative: 0.02 }, digest: \"exact\"")
        let check = try GateSelfCheck(suite, trials: 3, slowdown: 0.1)
        #expect(check.unchangedOtherSeeds.regressions == 0)
        #expect(check.slowedSameSeeds.regressions == 3)
        #expect(check.text.contains("3 trials of 3 seeds"))
    }
}

/// The names in an XML text. Throws when it is not well-formed, as far as the report needs it.
private struct XMLNames {
    var elements: [String] = []
    var attributes: [String: String] = [:]

    init(_ text: String) throws {
        var open: [Substring] = []
        for match in text.matches(of: /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/) {
            if match.1 == "/" {
                try #require(open.popLast() == match.2)
                continue
            }
            elements.append(String(match.2))
            for pair in match.3.matches(of: /([a-z]+)="([^"]*)"/) where elements.count == 1 {
                attributes[String(pair.1)] = String(pair.2)
            }
            if match.4.isEmpty { open.append(match.2) }
        }
        try #require(open.isEmpty && !elements.isEmpty)
    }
}
