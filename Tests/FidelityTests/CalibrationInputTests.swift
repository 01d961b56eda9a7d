import Basics
import Foundation
import Scenario
import TestSupport
import Testing

@testable import Fidelity

@Suite("Measurements are recognised by content, and refused with a reason")
struct CalibrationInputTests {
    private let scratch: ScratchFolder
    private let server: CalibrationServer

    init() throws {
        scratch = try ScratchFolder()
        server = try CalibrationServer(
            Configuration.read(
                file: nil,
                changes: HiddenServer.keys + ["trace.random_input_len=200", "trace.limit=200"]),
            base: nil)
    }

    private func read(_ texts: [String]) throws -> CalibrationInput {
        try CalibrationInput(
            texts.enumerated().map { number, text in
                try scratch.write("\(number).data", Array(text.utf8))
            }, server)
    }

    private func refusal(_ texts: [String]) -> String {
        do {
            _ = try read(texts)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    private static let bench = """
        {"backend": "vllm", "completed": 100, "total_input_tokens": 20000,
        "total_output_tokens": 6000, "request_rate": 4.0, "burstiness": 1.0,
        "max_concurrency": null, "mean_ttft_ms": 20.0, "mean_tpot_ms": 7.0}
        """

    @Test("a file's bytes twice, in the fit or in both")
    func twins() throws {
        let first = try scratch.write("a.json", Array(Self.bench.utf8))
        let twin = try scratch.write("b.json", Array(Self.bench.utf8))
        let other = try scratch.write("c.json", Array((Self.bench + "\n").utf8))
        let configuration = server.resolved.configuration
        func refusal(_ data: [String], _ heldOut: [String]) throws -> String {
            let error = #expect(throws: InputError.self) {
                try Calibration(configuration, data: data, heldOut: heldOut)
            }
            return error.map { "\($0)" } ?? ""
        }
        #expect(try refusal([first, first], []).contains("is given twice"))
        #expect(try refusal([first], [twin]).contains("b.json: holds the same as"))
        try CalibrationTwins.refuseFiles([first], heldOut: [other])
        let scrape = try scratch.write("m.txt", Array("vllm:num_requests_running 1\n".utf8))
        try CalibrationTwins.refuseFiles([scrape], heldOut: [scrape])
    }

    @Test("measurements on both sides: compressed, in another order, in part")
    func overlap() throws {
        let hidden = try HiddenServer(server.base.host)
        let stage = HiddenServer.Stage(requests: 40, rate: 3, prompts: [100, 300], output: 20)
        let file = try hidden.bench("fitted.json", stage, seed: 5)
        let zipped = scratch.path + "/renamed.json.gz"
        let shell = try Executable.shell("gzip -c '\(file)' > '\(zipped)'")
        #expect(shell.status == 0)
        let twin = #expect(throws: InputError.self) {
            try CalibrationTwins.refuseFiles([file], heldOut: [zipped])
        }
        #expect("\(twin!)".contains("renamed.json.gz: holds the same as"), "\(twin!)")

        func evidence(_ file: String) throws -> [any CalibrationEvidence] {
            try CalibrationInput([file], server).evidence
        }
        func rows(_ name: String, of file: String, _ keep: [Int]) throws -> String {
            let text = try Data(contentsOf: URL(fileURLWithPath: file))
            var object = try #require(
                try JSONSerialization.jsonObject(with: text) as? [String: Any])
            for (key, value) in object {
                if let list = value as? [Any], list.count == 40 {
                    object[key] = keep.map { list[$0] }
                }
            }
            object["completed"] = keep.count
            object["num_prompts"] = keep.count
            return try scratch.write(
                name, Array(JSONSerialization.data(withJSONObject: object)))
        }
        let fitted = try evidence(file)
        for (name, keep) in [
            ("turned", Array((0..<40).reversed())), ("part", Array(7..<33)),
        ] {
            let held = try evidence(rows(name, of: file, keep))
            let error = #expect(throws: InputError.self) {
                try CalibrationTwins.notes(fitted: fitted, heldOut: held)
            }
            let words = "\(name): all \(keep.count) measurements are in fitted.json of --data too"
            #expect("\(error!)".contains(words), "\(error!)")
        }
        let other = try hidden.bench("other.json", stage, seed: 6)
        #expect(try CalibrationTwins.notes(fitted: fitted, heldOut: evidence(other)) == [])
        // Three requests of the fit among others.
        let few = try rows("few", of: file, [3, 4, 5])
        var mixed = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: other))) as? [String: Any])
        let parts = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: few))) as? [String: Any])
        for (key, value) in mixed {
            if let list = value as? [Any] { mixed[key] = list + (parts[key] as? [Any] ?? []) }
        }
        mixed["completed"] = 43
        let both = try scratch.write(
            "both.json", Array(JSONSerialization.data(withJSONObject: mixed)))
        #expect(
            try CalibrationTwins.notes(fitted: fitted, heldOut: evidence(both)) == [
                "3 of the 43 measurements of both.json are in fitted.json of --data too: their "
                    + "errors are not held out"
            ])
    }

    @Test("reports of benchmarks")
    func reports() throws {
        let input = try read([Self.bench])
        let figures = try #require(input.evidence.first).figures
        #expect(figures.map(\.kind) == [.ttft, .tpot])
        #expect(figures.map { ($0.measured * 1e6).rounded() } == [20_000, 7_000])
        for (from, to, part) in [
            ("\"completed\": 100", "\"completed\": 0", "no request completed"),
            ("20.0", "-1", "mean_ttft_ms: is -1"), ("20.0", "NaN", "mean_ttft_ms: is NaN"),
            ("7.0}", "7e6}", "its unit is wrong"), ("4.0", "0", "the rate is 0.0"),
            ("4.0", "\"inf\"", "accepted"), ("20000", "0", "mean prompt is 0.0 tokens"),
            ("null", "0", "0 requests in flight"), ("7.0}", "7.0", "ends too early"),
            ("\"completed\": 100", "\"completed\": true", "completed: is"),
            ("\"burstiness\": 1.0", "\"burstiness\": 0", "burstiness is 0"),
            ("\"completed\"", "\"done\"", "no known benchmark"),
        ] {
            let text = refusal([Self.bench.replacing(from, with: to)])
            #expect(text.contains(part), "\(to): \(text)")
        }
        let stage = """
            {"load_summary": {"requested_rate": 4.0}, "successes": {"count": 60, "latency":
            {"request_latency": {"mean": 0.48}, "time_to_first_token": {"mean": 0.031}},
            "prompt_len": {"mean": 204}, "output_len": {"mean": 64}}}
            """
        let perToken = try #require(read([stage]).evidence[0].figures.last)
        #expect(perToken.kind == .tpot && abs(perToken.measured - 0.449 / 63) < 1e-9)
        #expect(refusal([stage.replacing("0.48", with: "0.01")]).contains("less than the mean"))
        let aiperf = """
            {"request_count": {"avg": 100}, "input_sequence_length": {"avg": 200},
            "output_sequence_length": {"avg": 60}, "time_to_first_token": {"unit": "ms",
            "avg": 20}, "input_config": {"loadgen": {"concurrency": 4}}}
            """
        #expect(try read([aiperf]).evidence[0].figures[0].measured == 0.02)
        #expect(refusal([aiperf.replacing("\"ms\"", with: "\"h\"")]).contains("is \"h\""))
    }

    private static func scrape(_ count: Int, le: String = "0.01", more: String = "") -> String {
        """
        # TYPE vllm:time_to_first_token_seconds histogram
        vllm:time_to_first_token_seconds_bucket{le="\(le)",model_name="m"} \(count / 4)
        vllm:time_to_first_token_seconds_bucket{le="+Inf",model_name="m"} \(count)
        vllm:time_to_first_token_seconds_sum{model_name="m"} \(Double(count) * 0.02)
        vllm:time_to_first_token_seconds_count{model_name="m"} \(count)
        vllm:e2e_request_latency_seconds_sum{model_name="m"} \(count)
        vllm:e2e_request_latency_seconds_count{model_name="m"} \(count)
        vllm:inter_token_latency_seconds_sum{model_name="m"} \(Double(count) * 0.7)
        vllm:inter_token_latency_seconds_count{model_name="m"} \(count * 100)
        vllm:cache_config_info{block_size="16",num_gpu_blocks="27000"} 1.0
        \(more)
        """
    }

    @Test("data of another model, of drafts, and keys of a trace that is not used")
    func others() throws {
        let accepted = "vllm:spec_decode_num_accepted_tokens_total{engine=\"0\"} 5.0"
        #expect(
            refusal([Self.scrape(10), Self.scrape(110, more: accepted)])
                .contains("the server drafts tokens"))
        func named(_ name: String, _ text: String) -> String {
            text.replacing("\"m\"", with: "\"\(name)\"")
                .replacing("{\"backend\"", with: "{\"model_id\": \"\(name)\", \"backend\"")
        }
        let mine = server.resolved.model.name
        let detailed = """
            {"backend": "vllm", "num_prompts": 4, "completed": 4, "start_times": [0, 1, 2, 3],
             "ttfts": [0.1, 0.1, 0.1, 0.1], "itls": [[0.01], [0.01], [0.01], [0.01]],
             "input_lens": [9, 9, 9, 9], "output_lens": [2, 2, 2, 2], "errors": ["", "", "", ""]}
            """
        for texts in [[Self.bench], [detailed], [Self.scrape(10), Self.scrape(110)]] {
            for name in [mine, "a-name-of-its-own"] {
                _ = try read(texts.map { named(name, $0) })
            }
            let other = mine.contains("70b") ? "llama-3.1-8b" : "llama-3.1-70b"
            #expect(
                refusal(texts.map { named(other, $0) })
                    .contains("is of \(other), and the configuration serves \(mine)"))
        }
        let asked = try Configuration.read(
            file: nil, changes: ["trace.limit=3", "trace.rate_scale=10"])
        #expect(
            try CalibrationServer(asked, base: nil).givenTraceKeys
                == ["trace.rate_scale", "trace.limit"])
        #expect(try !read([Self.bench]).usesTrace)
        #expect(try read([Self.scrape(10), Self.scrape(110)]).usesTrace)
    }

    @Test("two scrapes of /metrics are one load")
    func scrapes() throws {
        let input = try read([Self.scrape(10), Self.scrape(110)])
        #expect(input.cacheBlocks == 27_000)
        let figures = input.evidence[0].figures
        #expect(figures.map(\.kind) == [.ttft, .tpot, .e2e])
        #expect(figures.map { ($0.measured * 1e6).rounded() } == [20_000, 7_000, 1_000_000])
        for (texts, part) in [
            ([Self.scrape(10)], "only scrape"),
            ([Self.scrape(110), Self.scrape(10)], "goes back"),
            ([Self.scrape(10), Self.scrape(10)], "no request ended"),
            ([Self.scrape(10), Self.scrape(110, le: "x")], "bucket's bound"),
            ([Self.scrape(10), Self.scrape(110, more: "vllm:x NaN")], "NaN is not a finite"),
            (
                [Self.scrape(10), Self.scrape(110).replacing("+Inf", with: "60")],
                "no bucket le=\"+Inf\""
            ),
            ([Self.scrape(10), Self.scrape(110, more: "vllm:x -1")], "-1 is not a finite"),
            ([Self.scrape(10), Self.scrape(110, more: "vllm:x{a=\"b")], "cut off"),
            ([Self.scrape(10), Self.scrape(900)], "the trace has 200"),
            (
                [Self.scrape(10), Self.scrape(110).replacing("} 27\n", with: "} 999\n")],
                "fall from 999"
            ),
        ] {
            let text = refusal(texts)
            #expect(text.contains(part), "\(part): \(text)")
        }
    }

    private static func line(_ running: String, _ tokens: String, prompt: String = "0.0") -> String
    {
        "INFO 11-27 12:00:00 [loggers.py:123] Engine 000: Avg prompt throughput: \(prompt) "
            + "tokens/s, Avg generation throughput: \(tokens) tokens/s, Running: \(running) reqs, "
            + "Waiting: 0 reqs, GPU KV cache usage: 3.2%, Prefix cache hit rate: 0.0%\n"
    }

    @Test("lines of a server's log")
    func log() throws {
        let steady = String(repeating: Self.line("16", "2,133.3"), count: 5)
        let text =
            "GPU KV cache size: 352,400 tokens\n" + steady + Self.line("3", "9.0", prompt: "55.0")
        let input = try read([text])
        #expect(input.cacheTokens == 352_400)
        // Those between two of their like.
        #expect(input.evidence[0].figures.count == 3)
        #expect(abs(input.evidence[0].figures[0].measured - 16 / 2133.3) < 1e-9)
        for (running, tokens, part) in [
            ("16", "nan", "not a figure"), ("16", "-5.0", "not a figure"),
            ("x", "5.0", "not a figure"),
        ] {
            #expect(refusal([Self.line(running, tokens)]).contains(part), "\(running) \(tokens)")
        }
        #expect(refusal([String(steady.dropLast(120))]).contains("cut off"))
        // The lines of two ranks alternate; each one's batches are steady.
        let ranks = String(
            repeating: Self.line("16", "2,133.3")
                + Self.line("4", "600.0").replacing("Engine 000", with: "Engine 001"), count: 5)
        let two = try read([ranks]).evidence[0]
        let periods: [Double] = two.figures.map(\.measured)
        let (one, other): (Double, Double) = (16 / 2133.3, 4 / 600.0)
        #expect(periods == [one, one, one, other, other, other])
        #expect(two.notes.contains { $0.contains("2 engines log into it") })
        let restart = text + "GPU KV cache size: 150,000 tokens\n" + steady
        #expect(refusal([restart]).contains("another server starts"))
        let drafts = steady + "INFO SpecDecoding metrics: Mean acceptance length: 2.41\n"
        #expect(refusal([drafts]).contains("the server drafts tokens"))
        #expect(refusal(["hello\nworld\n"]).contains("no measurements of a known kind"))
    }

    @Test("failed requests are counted, and refused where they are half or more")
    func failed() throws {
        let hidden = try HiddenServer(server.base.host)
        let stage = HiddenServer.Stage(requests: 40, rate: 3, prompts: [100, 300], output: 20)
        let file = try hidden.bench("all.json", stage, seed: 5)
        func failing(every step: Int) throws -> String {
            var object = try #require(
                try JSONSerialization.jsonObject(
                    with: Data(contentsOf: URL(fileURLWithPath: file))) as? [String: Any])
            var errors = Array(repeating: "", count: 40)
            for row in stride(from: 0, to: 40, by: step) { errors[row] = "Traceback: 503" }
            object["errors"] = errors
            return String(
                decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        }
        let quarter = try read([failing(every: 4)]).evidence[0]
        #expect(quarter.content.contains("30 requests"))
        #expect(
            quarter.notes.contains { $0.hasPrefix("10 of 40 requests failed or were cancelled") })
        #expect(refusal([try failing(every: 2)]).contains("20 of 40 requests failed"))
        // A report without single requests.
        let part = Self.bench.replacing("{", with: "{\"num_prompts\": 125,")
        let note = try read([part]).evidence[0].notes
        #expect(note.contains { $0.hasPrefix("25 of 125 requests failed") }, "\(note)")
        let most = Self.bench.replacing("{", with: "{\"failed\": 100,")
        #expect(refusal([most]).contains("100 of 200 requests failed"))
        #expect(try read([Self.bench]).evidence[0].notes.count == 1)
    }

    @Test("a log of steps whose times cannot be is refused at its line")
    func steps() throws {
        let truth = try CalibrationServer(
            Configuration.read(file: nil, changes: HiddenServer.keys), base: nil)
        let hidden = truth.base.with(.delivery, 0.5e-3)
        let log = try HiddenSteps(truth: hidden, server: truth).logs(steps: 60, seed: 1)
        let input = try read([log.steps, log.requests])
        #expect(Set(input.evidence[0].figures.map(\.kind)).isSuperset(of: [.gpu, .delivery]))
        var lines = log.steps.split(separator: "\n").map(String.init)
        let header = lines.removeFirst()
        func changed(_ column: Int, _ value: String) -> String {
            var cells = lines[20].split(separator: ",").map(String.init)
            cells[column] = value
            var all = lines
            all[20] = cells.joined(separator: ",")
            return ([header] + all).joined(separator: "\n")
        }
        for (text, part) in [
            (header, "has 0 steps"), (changed(0, "-1"), ":22:"), (changed(0, "nan"), ":22:"),
            (changed(1, "nan"), ":22:"),
            (changed(7, "5"), "run backwards"), (changed(7, "9.3e18"), ":22:"),
            (changed(8, "x:y"), "is none"), (changed(8, "5"), "is none"),
            (changed(8, ""), "no entries"), (changed(8, "0:99999"), "a step has 99999 tokens"),
            (([header] + lines.reversed()).joined(separator: "\n"), "begins before"),
            (log.steps.replacing("gpu_begin_us", with: "other"), "columns missing"),
        ] {
            let refused = refusal([text])
            #expect(refused.contains(part), "\(part): \(refused)")
        }
        #expect(refusal([log.requests]).contains("without one of steps"))
        #expect(refusal([log.steps, log.requests + " 1"]).contains("do not fall"))
    }
}
