import Foundation
import TestSupport
import Testing

/// Pages of the verbs over inputs that make them wide, in a pipe.
@Suite("No page is wider than 80 columns")
struct PipeWidthTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private static let configs = packageRoot.appendingPathComponent("configs").path
    private static let chat = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path

    /// Holds a call's page to 80 columns and returns it. A command to paste stays whole, and so
    /// does a word that is longer than a line.
    @discardableResult
    private func page(_ words: [String], status: Set<Int32> = [0]) throws -> String {
        let outcome = try Executable.run(words, in: scratch.path, seconds: 250)
        #expect(status.contains(outcome.status), "\(words): \(outcome.errors)")
        #expect(outcome.output.count > 40, "\(words)")
        for line in outcome.output.split(separator: "\n") where line.count > 80 {
            let text = line.drop { $0 == " " }
            let isCommand = line.contains("headway ") || text.hasPrefix("vllm ")
            #expect(isCommand || !text.contains(" "), "\(words): \(line.count) columns: \(line)")
        }
        return outcome.output
    }

    @Test("a sweep of five keys, its keys and its figures each in one part")
    func sweep() throws {
        let space = """
            { base: { trace: { limit: 30 }, cluster: { replicas: 1 } }, keys: {
            "engine.block_size": [16, 32], "engine.max_num_batched_tokens": [512, 16384],
            "engine.max_num_seqs": [16, 1024], "engine.long_prefill_token_threshold": [0, 256],
            "trace.rate_scale": [0.001, 0.125] },
            slo: { ttft_ms: 400 } }
            """
        let file = try scratch.write("space.json5", Array(space.utf8))
        let text = try page(["sweep", file, "--out", "points.csv", "--quiet"])
        let table = try #require(text.components(separatedBy: "Points, best first").last)
        let parts = table.components(separatedBy: "\n\n")
        #expect(parts[0].contains("rate_") && !parts[0].contains("TTFT"), "\(parts[0])")
        for title in ["GPUs", "TTFT", "TPOT", "E2E", "tokens/s", "SLO"] {
            #expect(parts[1].contains(title), "\(title): \(parts[1])")
        }
        // No figure is lost: 20 of the 32 points in each part.
        #expect(parts.prefix(2).allSatisfy { $0.split(separator: "\n").count >= 22 })
    }

    @Test("two releases side by side, requests by group")
    func versions() throws {
        let text = try page(
            [
                "compare", "--versions", "0.19.0,0.33.0", Self.configs + "/tight-memory.json5",
                "--quiet", "--set", "trace.limit=120",
            ], status: [0, 1])
        let costs = try #require(text.components(separatedBy: "Which requests it affects").last)
        for words in ["prompt tokens\n", "  below 256 ", "  256 to 1023 ", "prefix hit\n", "TTFT"] {
            #expect(costs.contains(words), "\(words): \(costs)")
        }
        // Before, after and change of a latency stand in one part.
        let ends = costs.components(separatedBy: "\n\n").filter { $0.contains("E2E") }
        #expect(ends.contains { $0.contains("before   after   change") }, "\(costs)")
    }

    @Test("runs with long names on different numbers of GPUs, with figures per GPU")
    func comparison() throws {
        let long = "a-configuration-" + String(repeating: "with-a-long-name-", count: 5)
        let names = try [1, 2].map { replicas in
            try scratch.write(
                "\(long)\(replicas).json5",
                Array("{ cluster: { replicas: \(replicas) }, trace: { limit: 60 } }".utf8))
        }
        let text = try page(["compare", names[0], names[1], "--quiet"])
        let rows = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let gpus = try #require(rows.first { $0.first == "GPUs" })
        #expect(Array(gpus.prefix(4)) == ["GPUs", "1", "2", "+100"])
        let total = try #require(text.firstMatch(of: /output throughput +([0-9,]+)\/s +([0-9,]+)/))
        let each = try #require(text.firstMatch(of: /output per GPU +([0-9,]+)\/s +([0-9,]+)\/s/))
        func number(_ text: Substring) throws -> Double {
            try #require(Double(text.replacing(",", with: "")))
        }
        #expect(try number(each.1) == number(total.1))
        #expect(abs(try number(each.2) / number(total.2) - 0.5) < 0.01)
        #expect(text.contains(/GPU time per token +[0-9.]+ (ms|µs) +[0-9.]+ (ms|µs)/))
        let same = try page([
            "compare", names[0], names[0], "--quiet", "--set", "seed=3", "trace.rate_scale=0.5",
        ])
        #expect(!same.contains("per GPU"))
    }

    @Test("tables of explain over a wide range, with what no row changes below")
    func explain() throws {
        let text = try page(["explain", "--over", "context=2k..1M"])
        #expect(text.contains("In every row: GPUs 1, weights a GPU 16.1 GB."))
        #expect(text.contains("1,048,576") && text.contains("137.4 GB"))
        let tp = try page(["explain", "--over", "tp=1,2,4,8", "--model", "llama-3.1-70b"])
        #expect(tp.contains("weights") && tp.contains("141.1 GB"))
        #expect(tp.contains("In every row: KV a sequence 671.1 MB."))
        try page([
            "explain", "--over", "batch=1..256", "--input", "2000", "--output", "300", "--chunk",
            "512",
        ])
        try page(["explain", "--compare", "--kv fp8 --tp 2"])
        try page(["explain", "--list-models"])
    }

    @Test("a draft's cache counts where scenarios are compared")
    func draft() throws {
        let served = ["explain", "--model", "llama-3.1-70b", "--tp", "4", "--compare", "--kv fp8"]
        let draft = [
            "--spec-method", "draft_model", "--spec-model", "llama-3.1-8b", "--spec-tokens", "3",
        ]
        // 80 layers of 4,096 bytes a token, and 32 of the draft, over 2,048 tokens.
        #expect(try page(served).contains(/KV a sequence +671\.1 MB +335\.5 MB/))
        #expect(try page(served + draft).contains(/KV a sequence +939\.5 MB +469\.8 MB/))
        let alone = try page(Array(served.prefix(5)) + draft)
        #expect(alone.contains("Draft: 268.4 MB more for that sequence"), "\(alone)")
    }

    @Test("a configuration, which reads back with its comments broken")
    func config() throws {
        let text = try page(["config", "--resolved"])
        let file = try scratch.write("all.json5", Array(text.utf8))
        let again = try Executable.run(["config", file, "--json"])
        #expect(again.status == 0, "\(again.errors)")
        let server = try page(["config", "--as-vllm"])
        #expect(server.split(separator: "\n").dropLast().allSatisfy { $0.hasPrefix("# ") })
    }

    @Test("what is written, lost and scaled of a trace")
    func traces() throws {
        try page([
            "trace", "convert", Self.chat, "--limit", "50", "--to", "azure", "--out", "a.csv",
        ])
        try page(["trace", "scale", Self.chat, "--limit", "50", "--factor", "2.5", "--out", "b"])
        try page(["trace", "sample", Self.chat, "--limit", "50", "--share", "0.5", "--out", "c"])
        try page(["trace", "info", Self.chat, "--limit", "200"])
        try page(["trace", "cache", Self.chat, "--limit", "200"])
    }

    @Test("benchmarks, GPUs side by side, and a point that is recommended")
    func others() throws {
        let bench = try page(["bench", "long-16"])
        for title in ["req/CPU-s", "peak MB", "executed", "queue ops"] {
            #expect(bench.contains(title), "\(title)")
        }
        let gpus = try page([
            "run", "--quiet", "--compare-gpus", "h100,rtx-pro-6000", "--set", "trace.limit=60",
            "trace.rate_scale=20",
        ])
        #expect(!gpus.contains(/[0-9],[0-9]{3} ms/), "milliseconds beyond a second: \(gpus)")
        let space = """
            { base: { trace: { limit: 30 } }, slo: { ttft_ms: 4000 }, keys: {
            "engine.max_num_batched_tokens": [512, 16384], "cluster.replicas": [1, 2],
            "engine.long_prefill_token_threshold": [0, 256], "engine.max_num_seqs": [64, 1024] } }
            """
        let file = try scratch.write("tune.json5", Array(space.utf8))
        try page(["tune", file, "--quiet"], status: [0, 3])
    }

    @Test("the help of every verb")
    func help() throws {
        let overview = try page(["help"])
        let verbs = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .map { $0.split(separator: "  ", omittingEmptySubsequences: true)[0] }
        #expect(verbs.count > 25)
        for verb in verbs { try page(["help"] + verb.split(separator: " ").map(String.init)) }
    }
}
