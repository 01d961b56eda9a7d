import Basics
import Foundation
import Scenario
import Simulator
import Testing

@testable import Experiments

@Suite("A sweep's table")
struct SweepTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let base = """
        base: { step_time: { kind: "linear", per_token_us: 40 }, hardware: { gpus_per_node: 1 },
            cluster: { replicas: 1 }, trace: { limit: 40, rate_scale: 0.06 },
            engine: { num_gpu_blocks: 2000, max_model_len: 20000 } }
        """

    private func space(_ rest: String, base: String = Self.base) throws -> ConfigurationSpace {
        try ConfigurationSpace(file: scratch.write("{ \(base), \(rest) }", "space.json5"))
    }

    private func path(_ name: String) -> String { scratch.path + "/" + name }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path(name)))
    }

    private static let axes = """
        keys: { "engine.max_num_batched_tokens": [64, 256], "engine.max_num_seqs": [16, 32] },
        seeds: [0, 1], slo: { ttft_ms: { p99: 500 } }
        """

    @Test("a table that was cut at any byte is gone on with, to the same bytes")
    func resumes() throws {
        let sweep = try Sweep(space(Self.axes))
        #expect(try sweep.perform(to: path("whole.csv")) == .init(found: 0, added: 8))
        let whole = try bytes("whole.csv")
        #expect(whole.count { $0 == 10 } == 9)
        var random = SeededRandom(seed: 20)
        let header = sweep.columns.header.utf8.count
        let rows = whole.indices.filter { whole[$0] == 10 }.map { $0 + 1 }
        let cuts =
            [0, 1, header - 1, header, header + 1, rows[1], rows[4] - 1]
            + [whole.count - 1, whole.count]
            + (0..<6).map { _ in Int(random.next() % UInt64(whole.count)) }
        for cut in cuts {
            try whole.prefix(cut).write(to: URL(fileURLWithPath: path("cut.csv.part")))
            let outcome = try sweep.perform(to: path("cut.csv"))
            #expect(outcome.found + outcome.added == 8, "cut at \(cut)")
            #expect(outcome.found == max(0, rows.count { $0 <= cut } - 1), "cut at \(cut)")
            #expect(try bytes("cut.csv") == whole, "cut at \(cut)")
            #expect(!FileSystem.exists(path("cut.csv.part")))
            try FileManager.default.removeItem(atPath: path("cut.csv"))
        }
        #expect(try sweep.perform(to: path("whole.csv")) == .init(found: 8, added: 0))
    }

    @Test("a row that was edited, and rows of another version, are refused")
    func refusesEdits() throws {
        let sweep = try Sweep(space(Self.axes))
        try sweep.perform(to: path("whole.csv"))
        let text = String(decoding: try bytes("whole.csv"), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let edited = lines.prefix(4).map { $0.replacing("exact", with: "exakt") }
        try scratch.write(edited.joined(separator: "\n") + "\n", "cut.csv.part")
        #expect(throws: InputError.self) { try sweep.perform(to: path("cut.csv")) }
        // Well sealed, and not what this version computes.
        let body = lines[3].replacing("exact", with: "exakt").dropLast(17)
        let other =
            lines.prefix(3).joined(separator: "\n") + "\n" + SweepColumns.sealed(String(body))
        try scratch.write(other, "cut.csv.part")
        #expect {
            try sweep.perform(to: path("cut.csv"))
        } throws: { "\($0)".contains("last row (run 2) is not what this headway computes") }
        #expect(!FileSystem.exists(path("cut.csv")))
    }

    @Test("shards are interleaved, and merge to the bytes of the whole", arguments: [1, 3, 11])
    func shards(count: Int) throws {
        let space = try space(Self.axes)
        try Sweep(space).perform(to: path("whole.csv"))
        var files: [String] = []
        for number in (1...count).reversed() {
            let sweep = try Sweep(space, shard: Shard("\(number)/\(count)"))
            files.append(path("shard\(number).csv"))
            let outcome = try sweep.perform(to: files.last!)
            #expect(outcome.added == (0..<8).count { $0 % count == number - 1 })
        }
        #expect(try SweepMerge.merge(files, to: path("merged.csv")) == 8)
        #expect(try bytes("merged.csv") == bytes("whole.csv"))
        #expect(throws: InputError.self) {
            try SweepMerge.merge(files + [files.last!], to: path("twice.csv"))
        }
        // Shard 1 is missing. A file with two runs tells how many shards there are.
        let missing = #expect(throws: InputError.self) {
            try SweepMerge.merge(files.dropLast(), to: path("less.csv"))
        }
        if count == 3 { #expect(missing?.expected.contains("in shard 1/3") == true) }
        #expect(!FileSystem.exists(path("twice.csv")) && !FileSystem.exists(path("less.csv")))
    }

    @Test(
        "a shard is I of N with I from 1 to N",
        arguments: [
            "0/4", "5/4", "1/0", "a/b", "1", "1/2/3", "-1/4", "+1/4", "1/99999999999999999999", "",
            " 1/2",
            "1/1000001", "١/٤",
        ])
    func shardText(_ text: String) throws {
        #expect(throws: InputError.self) { try Shard(text) }
        let good = try Shard("2/4")
        #expect(good.number == 2 && good.count == 4)
    }

    @Test("a space is named by what its files hold and by what it varies, and not by folders")
    func fingerprints() throws {
        let trace = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,10\n1,200,20\n"
        func name(_ folder: String, _ trace: String, _ rest: String) throws -> String {
            try scratch.write(trace, folder + "/t.csv")
            let file = try scratch.write(
                "{ \(Self.base), traces: [\"t.csv\"], \(rest) }", folder + "/space.json5")
            return try Sweep(ConfigurationSpace(file: file)).fingerprint
        }
        let first = try name("a", trace, "seeds: [0, 1]")
        #expect(try name("b", trace, "seeds: [0, 1]") == first)
        #expect(try name("c", trace + "2,5,5\n", "seeds: [0, 1]") != first)
        #expect(try name("d", trace, "seeds: [0, 2]") != first)
        #expect(try name("e", trace, "seeds: [0, 1], slo: { ttft_ms: 3 }") != first)
        #expect(try name("g", trace, "seeds: [0, 1], objective: \"cost\"") != first)
        let keys = "seeds: [0, 1], keys: { \"engine.block_size\": [16, 32] }"
        #expect(try name("f", trace, keys) != first)
    }

    @Test("a path on an axis starts at the folder of the space, as one of its base does")
    func paths() throws {
        let steps = [1, 8, 64].map { "\($0),\($0),\($0 * 512),\(8000 + 3 * $0)\n" }.joined()
        try scratch.write("tokens,decodes,context,microseconds\n" + steps, "a/steps/x.csv")
        let base = Self.base.replacing(
            "kind: \"linear\", per_token_us: 40", with: "kind: \"table\"")
        func sweep(_ rest: String) throws -> Sweep {
            try Sweep(
                ConfigurationSpace(file: scratch.write("{ \(base), \(rest) }", "a/space.json5")))
        }
        let free = try sweep("keys: { \"step_time.file\": [\"steps/x.csv\"] }")
        let linked = try sweep(
            "linked: [{ \"step_time.file\": \"steps/x.csv\", \"engine.block_size\": 16 }]")
        for (sweep, name) in [(free, "free.csv"), (linked, "linked.csv")] {
            try sweep.perform(to: path(name))
            let configuration = try sweep.space.configuration(point: 0)
            #expect(configuration.stepTime.file == scratch.path + "/a/steps/x.csv")
            #expect(try SweepTable(file: path(name)).ran == [true])
            // As it is written, so that shards from several folders are alike.
            let text = String(decoding: try bytes(name), as: UTF8.self)
            #expect(text.contains(",steps/x.csv,") && !text.contains(scratch.path))
        }
        let before = free.fingerprint
        try scratch.write("tokens,decodes,context,microseconds\n1,1,512,9\n", "a/steps/x.csv")
        #expect(
            try sweep("keys: { \"step_time.file\": [\"steps/x.csv\"] }").fingerprint != before)
    }

    @Test("a trace that is not there, or can be read once, fails before anything is written")
    func traces() throws {
        mkfifo(path("pipe"), 0o600)
        try scratch.write("junk\n", "junk.csv")
        for name in ["nosuch.csv", "pipe", "junk.csv", "."] {
            #expect(throws: InputError.self, "\(name)") {
                try Sweep(space("traces: [\"\(name)\"]"))
            }
        }
    }

    @Test("every figure that a run may have has a column, and every column is met")
    func figures() throws {
        let lengths = try scratch.write(
            "arrived_at,num_prefill_tokens,num_decode_tokens\n0,1000,10\n1,2000,3\n", "t.csv")
        let loads: [[String]] = [
            [], ["trace.max_concurrency=2"], ["trace.concurrency=4", "trace.think_s=1"],
            ["trace.client_timeout_s=0.5", "trace.client_retries=2"],
            ["output.warmup=5", "output.cooldown=5"],
            ["trace.rate_scale=9", "trace.limit=400"], ["trace.limit=900"],
            ["trace.file=\(lengths)", "trace.shared_prefix=8x512"],
            ["trace.limit=6", "trace.concurrency=4", "output.warmup=auto", "output.cooldown=auto"],
            ["trace.limit=900", "output.warmup=auto", "output.cooldown=auto"],
        ]
        var met: Set<String> = []
        for changes in loads {
            let configuration = try Configuration.read(
                file: nil,
                changes: ["cluster.replicas=1", "trace.limit=60", "trace.rate_scale=0.06"]
                    + changes)
            met.formUnion(try Trial(configuration, traces: TraceStore()).figures.keys)
        }
        met.remove("digest")
        let columns = Set(SweepColumns.figures)
        #expect(columns.count == SweepColumns.figures.count)
        #expect(met.subtracting(columns).sorted() == [])
        #expect(columns.subtracting(met).sorted() == [])
    }
}
