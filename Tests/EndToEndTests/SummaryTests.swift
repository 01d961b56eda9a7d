import Basics
import Experiments
import Foundation
import Results
import Scenario
import TestSupport
import Testing

/// A study's run of a configuration is `headway run`'s, to the last byte of its summary.
@Suite("One summary for a run and for a trial")
struct SummaryTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private static let base = """
        step_time: { kind: "linear", per_token_us: 40 }, hardware: { gpus_per_node: 1 },
        cluster: { replicas: 1 }
        """

    @Test(
        "whatever the configuration says",
        arguments: [
            "trace: { limit: 150, rate_scale: 0.06 }",
            "trace: { limit: 150, rate_scale: 0.06 }, engine: { max_model_len: 1500 }",
            """
            trace: { limit: 120, stages: [{ concurrency: 4, requests: 50 },
                { rate: 2, requests: 60 }, { concurrency: 2, requests: 90 }] }
            """,
            """
            trace: { limit: 150, rate_scale: 0.06 },
            output: { by: "prompt", prompt_buckets: "500" },
            slo: { ttft_ms: { each: 300, p99: 400 }, goodput: 0.5,
                classes: { "500 or more": { ttft_ms: { p90: 100 } } } }
            """,
            "trace: { limit: 150, rate_scale: 0.06 }, output: { warmup: 20, cooldown: 10 }",
            "trace: { limit: 150, rate_scale: 2 }, output: { warmup: \"auto\" }",
            "trace: { limit: 90, concurrency: 5, think_s: 0.5 }",
            "trace: { limit: 90, rate_scale: 0.1, client_timeout_s: 0.8, client_retries: 2 }",
            "trace: { file: \"measured.jsonl\", shared_prefix: \"8\" }",
        ])
    func alike(_ rest: String) throws {
        let measured = (0..<9).map { row in
            "{\"input_toks\":\(90 + row),\"output_toks\":5,\"arrival_time\":\(10.5 + Double(row)),"
                + "\"first_token_ts\":\(10.75 + Double(row)),\"last_token_ts\":\(11 + row)}\n"
        }
        _ = try scratch.write("measured.jsonl", Array(measured.joined().utf8))
        let file = try scratch.write("c.json5", Array("{ \(Self.base), \(rest) }".utf8))
        let out = scratch.path + "/run"
        let outcome = try Executable.run(["run", file, "--out", out, "--quiet"], seconds: 100)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let written = try scratch.text("run/summary.json")
        let object = try JSONSerialization.jsonObject(with: Data(written.utf8))
        let digests = try #require((object as? [String: Any])?["files_xxh64"] as? [String: String])
        let trial = try Trial(Configuration.read(file: file), traces: TraceStore())
        #expect(try trial.summary.text(digests: digests) == written)
        try row(file, trial, written)
    }

    /// A sweep's row has the same figures in its cells.
    private func row(_ file: String, _ trial: Trial, _ written: String) throws {
        let space = try scratch.write("space.json5", Array("{ base: \"c.json5\" }".utf8))
        try Sweep(ConfigurationSpace(file: space)).perform(to: scratch.path + "/points.csv")
        let records = try CSVRecords(scratch.path + "/points.csv", isInput: false)
        let lines = try (0..<2).map { _ in
            CSVRecords.fields(try #require(try records.next())).map(CSVRecords.text)
        }
        let cells = Dictionary(uniqueKeysWithValues: zip(lines[0], lines[1]))
        #expect(cells["digest"] == trial.summary.digest && cells["problem"] == "")
        // Foundation's own reader rounds the last digit of some numbers.
        let object = try ConfigurationValue.parse(Data(written.utf8), place: "summary.json")
        guard case .object(let summary) = object else {
            Issue.record("no object")
            return
        }
        var compared = 0
        for (key, value) in summary {
            guard let cell = cells[key] else { continue }
            switch value {
            case .integer(let number): #expect(Double(cell) == Double(number), "\(key)")
            case .number(let number): #expect(Double(cell) == number, "\(key)")
            case .boolean(let truth): #expect(cell == "\(truth)", "\(key)")
            case .text(let text): #expect(cell == text, "\(key)")
            case .object, .list, .null: continue
            }
            compared += 1
        }
        #expect(compared > 60, "\(compared)")
        #expect(cells["warnings"] == trial.summary.warnings.joined(separator: " | "))
    }

    @Test("the commands that pages print next go on with the same trace and the same run")
    func nextCommands() throws {
        let rows = "arrival,in,out\n0,100,10\n12,100,10\n33,100,10\n47,120,9\n"
        _ = try scratch.write("t.csv", Array(rows.utf8))
        func next(_ line: String) throws -> String {
            let page = try Executable.shell(line, in: scratch.path)
            #expect(page.status == 0, "\(page.errors)")
            let lines = page.output.split(separator: "\n")
            let last = lines.last { $0.hasPrefix("Next  ") }
            return try #require(last).dropFirst(4).trimmingCharacters(in: .whitespaces)
        }
        let flags = "--columns arrival,in,out --time-unit ms --limit 3"
        let replay = try next("\"$HEADWAY\" trace info t.csv \(flags)")
        #expect(
            replay == "headway run --trace t.csv --set trace.time_unit=ms "
                + "trace.columns=arrival,in,out trace.limit=3")
        let again = replay.replacing("headway", with: "\"$HEADWAY\"")
        let run = try Executable.shell(
            "\(again) cluster.replicas=1 slo.ttft_ms=0.001", in: scratch.path)
        #expect(run.status == 0 && run.output.contains("3 finished"), "\(run.errors)")
        let why = try next("\(again) cluster.replicas=1 slo.ttft_ms=0.001")
        #expect(why.hasPrefix("headway why --set "))
        let reasons = try Executable.shell(
            why.replacing("headway", with: "\"$HEADWAY\" ", maxReplacements: 1) + " --quiet",
            in: scratch.path)
        #expect(reasons.status == 0 && reasons.output.contains("3 requests"), "\(reasons.errors)")
    }
}
