import Basics
import Foundation
import Reports
import Results
import Scenario
import Simulator
import StepTime
import TestSupport
import Testing
import Traces

@testable import Fidelity

private let columns = ReferenceRow.columns + ReferenceRow.serverColumns + OpenLoad.columns

/// A row of a reference file; what is not named is that of a small open loop of Llama-3.1-8B.
private func row(_ id: String, _ changes: [String: String] = [:]) -> String {
    let usual = [
        "engine": "vllm 0.23.0", "model": "meta-llama/Llama-3.1-8B", "tp": "1",
        "input_tokens": "300", "output_tokens": "20", "length_jitter": "0.1",
        "load_kind": "open_loop", "num_requests": "60", "metric": "ttft_mean", "value": "20",
        "rate": "10", "max_model_len": "1024", "enable_prefix_caching": "1",
    ]
    return columns.map { $0 == "id" ? id : changes[$0] ?? usual[$0] ?? "" }.joined(separator: ",")
}

private func file(_ rows: String...) -> String {
    ([columns.joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
}

/// Validates a file, with the recorded requests of another beside it.
private func validate(_ text: String, requests: String? = nil) throws -> ReferenceValidation {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("open-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("r.csv").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    if let requests {
        try Data(requests.utf8).write(to: folder.appendingPathComponent("r_requests.csv"))
    }
    return try ReferenceValidation(file: path)
}

@Suite struct OpenLoadTests {
    @Test("a row has the host, the kernels and the graphs that a run of its server has")
    func sameServer() throws {
        for (version, gpu, sequences) in [
            ("0.12.0", "h100-sxm", 8), ("0.13.0", "h200-sxm", 128), ("0.15.1", "h100-sxm", 128),
            ("0.15.1", "h200-sxm", 100), ("0.16.0", "h200-sxm", 64), ("0.18.0", "b200-sxm", 1_024),
            ("0.19.0", "b300-sxm", 256), ("0.23.0", "h100-sxm", 100), ("0.33.0", "b200-sxm", 600),
            ("0.33.0", "h100-sxm", 100),
        ] {
            let text = file(
                row(
                    "a",
                    [
                        "engine": "vllm \(version)", "gpu": gpu, "max_num_seqs": "\(sequences)",
                        "max_num_batched_tokens": "2048",
                    ]))
            let folder = try ScratchFolder()
            let load = try ReferenceRow.read(try folder.write("r.csv", Data(text.utf8)))[0].load
            let run = try Configuration.read(
                file: nil,
                changes: [
                    "model.name=llama-3.1-8b", "engine.version=\(version)", "hardware.gpu=\(gpu)",
                    "engine.max_num_seqs=\(sequences)", "engine.max_num_batched_tokens=2048",
                    "engine.max_model_len=1024",
                ]
            ).resolved()
            let profile = try #require(load.profile(nil))
            let plan = try load.plan(profile: profile)
            let place: Comment = "\(version) on \(gpu)"
            #expect(load.hostProfile(profile).name == run.host.name, place)
            #expect(plan.engine.asyncScheduling == run.plan.engine.asyncScheduling, place)
            #expect(plan.engine.host == run.plan.engine.host, place)
            for tokens in [1, 100, 104, 200, 256, 300, 513, 1_000, 1_200, 2_048] {
                var step = StepLoad()
                (step.tokens, step.requests, step.sampled, step.chunks) = (tokens, 1, 1, 1)
                (step.context, step.chunkTokens) = (tokens, tokens)
                step.chunkPairs = tokens * (tokens + 1) / 2
                #expect(
                    plan.stepTime.picoseconds(step) == run.plan.stepTime.picoseconds(step),
                    "\(version) on \(gpu), \(tokens) tokens")
            }
        }
    }

    @Test("open loops are simulated, and what they share is found again")
    func openLoops() throws {
        let shared = ["shared_prefix_tokens": "128", "unique_prompts": "4"]
        let validation = try validate(
            file(
                row("a"), row("b", shared),
                row("c", shared.merging(["enable_prefix_caching": "0"]) { $1 }),
                row("d", ["rate": "2000", "client_max_in_flight": "2"])))
        let times = try validation.rows.map { try #require($0.predicted) }
        // Prompts that were seen take less than new ones, by more than the noise of the gaps.
        #expect(times[1] < 0.9 * times[0])
        #expect(times[1] < 0.9 * times[2])
        // Two in flight wait for nobody at the server, whatever is offered.
        #expect(times[3] < 2 * times[0])
        #expect(validation.unusedColumns.isEmpty)
        #expect(validation.requestsFile == nil)
    }

    @Test(
        "what cannot be simulated says why",
        arguments: [
            (["variant": "vllm+v0_engine"], "V0 engine"),
            (["variant": "vllm+eagle"], "speculative decoding"),
            (["arrivals": "trace"], "--requests"), (["load_kind": "trace", "rate": ""], "rate"),
            (["arrivals": "weibull"], "unknown arrivals \"weibull\""),
            (["length_jitter": ""], "lengths are not known"), (["rate": ""], "rate is blank"),
            (["max_model_len": "10"], "no request"),
        ])
    func refusals(changes: [String: String], reason: String) throws {
        let validation = try validate(file(row("a"), row("b", changes)))
        #expect(validation.rows[0].predicted != nil)
        #expect(validation.rows[1].predicted == nil)
        #expect(validation.rows[1].skipped?.contains(reason) == true)
    }

    @Test(
        "cells out of range are one clear error",
        arguments: [
            ["rate": "0"], ["rate": "-1"], ["rate": "nan"], ["rate": "inf"],
            ["num_requests": ""], ["unique_prompts": "0"], ["client_max_in_flight": "0"],
            ["shared_prefix_tokens": "9223372036854775808"], ["enable_prefix_caching": "2"],
            ["enable_chunked_prefill": "yes"], ["max_model_len": "0"], ["achieved_rate": "x"],
        ])
    func junk(changes: [String: String]) throws {
        let text = file(row("a", changes))
        let error = #expect(throws: InputError.self) { try validate(text) }
        #expect(error?.place.contains("r.csv:2") == true)
    }

    /// A requests file with the times of a run of the program itself.
    private func recording(_ count: Int, run: String) throws -> String {
        let load = try validateLoad()
        let plan = try load.plan(profile: load.profile(nil))
        let workload = load.workload([], seed: 3)
        var plain = plan
        plain.keepsRecords = true
        let result = try simulate(plain, source: InMemorySource(workload))
        var lines = ["run,sent_us,prompt_tokens,output_tokens,ttft_us,e2e_us"]
        for record in result.records.sorted(by: { $0.id < $1.id }).prefix(count) {
            let (sent, first) = (record.arrival, record.firstToken - record.arrival)
            lines.append(
                "\(run),\(Double(sent) * 1e-6),\(record.promptTokens),\(record.outputTokens),"
                    + "\(Double(first) * 1e-6),\(Double(record.finish - sent) * 1e-6)")
        }
        return lines.joined(separator: "\n")
    }

    private func validateLoad() throws -> ReferenceLoad {
        let columns = try ColumnFile(text: file(row("a")), path: "r.csv", requiring: [])
        return try ReferenceRow.read(columns, nil)[0].load
    }

    @Test("recorded requests are replayed and compared one by one")
    func recordedRequests() throws {
        let requests = try recording(60, run: "one")
        let validation = try validate(
            file(row("x-one"), row("y", ["rate": "5"])), requests: requests)
        let run = try #require(validation.requests.first)
        #expect(validation.requests.count == 1)
        #expect(run.run == "one" && run.recorded == 60 && run.sent == 60)
        // The program's own requests come back to the microsecond.
        #expect(run.timeToFirstToken.median < 1e-3)
        #expect(run.endToEnd.p90 < 1e-3)
        let page = ValidationReport.text(validation, rows: false)
        #expect(page.contains("a run's requests") && page.contains("r_requests.csv"))
        let json = try jsonText(validation)
        #expect(json.contains("\"ttft_median_percent\""))
        // Half of them, sent twice: the first of them still do.
        let half = try validate(file(row("x-one")), requests: recording(30, run: "one"))
        #expect(try #require(half.requests.first).recorded == 30)
        #expect(try #require(half.requests.first).timeToFirstToken.median < 1e-3)
    }

    @Test(
        "files of requests that say nothing are one clear error",
        arguments: [
            "", "run,sent_us,prompt_tokens,ttft_us,e2e_us\n",
            "run,sent_us,ttft_us,e2e_us\none,0,1,1\n",
            "run,sent_us,prompt_tokens,ttft_us,e2e_us\none,-1,10,1,1\n",
            "run,sent_us,prompt_tokens,ttft_us,e2e_us\none,0,0,1,1\n",
            "run,sent_us,prompt_tokens,ttft_us,e2e_us\none,0,1e300,1,1\n",
            "run,sent_us,prompt_tokens,ttft_us,e2e_us\none,0,10,0,1\n",
            "run,sent_us,prompt_tokens,ttft_us,e2e_us\none,0,10,nan,1\n",
            "run,sent_us,prompt_tokens,ttft_us,e2e_us\none,1e300,10,1,1\n",
        ])
    func junkRequests(requests: String) throws {
        let error = #expect(throws: InputError.self) {
            try validate(file(row("x-one")), requests: requests)
        }
        #expect(error?.place.contains("r_requests.csv") == true)
    }

    @Test("rows that hang on exact lengths are reported apart")
    func notDetermined() throws {
        // As many clients as sequences and prompts of half a step's budget: whoever falls out of
        // step with the others meets no queue.
        let closed = [
            "engine": "vllm 0.12.0", "load_kind": "concurrency", "load": "16", "tp": "2",
            "model": "Qwen/Qwen3-32B", "rate": "", "length_jitter": "0", "input_tokens": "1024",
            "output_tokens": "128", "num_requests": "160", "max_num_seqs": "16",
            "max_model_len": "",
        ]
        let validation = try validate(
            file(
                row("a", closed), row("b", closed.merging(["metric": "tpot_mean"]) { $1 }),
                row("c", closed.merging(["length_jitter": "0.1"]) { $1 })))
        #expect(validation.rows.map(\.isDetermined) == [false, true, true])
        #expect(validation.groups.contains { $0.figure.hasSuffix("ttft_mean, not determined") })
        #expect(ValidationReport.text(validation, rows: false).contains("\"Not determined\""))
        #expect(try jsonText(validation).contains("\"determined\" : false"))
    }
}
