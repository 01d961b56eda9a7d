import Foundation
import TestSupport
import Testing

/// What the program must never do with bad input: crash, hang, say nothing, say a page, leave
/// files. Each case is one call of the built executable.
@Suite("Bad input ends with one line and status 2")
struct BadInputTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Expects one line on standard error that holds `parts`, nothing on standard output, no
    /// output folder.
    private func expectRefusal(
        _ arguments: [String], _ parts: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Executable.run(
            arguments + ["--out", scratch.path + "/out"], in: scratch.path, seconds: 60)
        #expect(outcome.status == 2, sourceLocation: sourceLocation)
        #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
        let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.count == 2 && lines[1].isEmpty, "\(outcome.errors)",
            sourceLocation: sourceLocation)
        for part in parts {
            #expect(
                outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
        #expect(!scratch.names.contains("out"), sourceLocation: sourceLocation)
    }

    private static let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    private static let row = "2023-11-16 18:15:46.6805900,374,44\n"

    private static func native(_ id: Int, _ arrival: Int, _ prompt: String, _ output: String)
        -> String
    {
        "{\"id\": \(id), \"arrival_us\": \(arrival), \"segments\": [[7, \(prompt)]], "
            + "\"output_tokens\": \(output)}\n"
    }

    static let traces: [(name: String, text: String, parts: [String])] = [
        ("empty.csv", "", ["empty.csv: ", "empty"]),
        ("blank.csv", "\n\r\n\n", ["blank.csv: ", "blank"]),
        ("binary.csv", "\u{0}\u{1}\u{2}\u{7f}ELF", ["binary.csv: ", "binary"]),
        ("header.csv", header, ["header.csv: ", "no request"]),
        ("columns.csv", header + row + "2023-11-16 18:15:47,3\n", ["columns.csv:3: "]),
        ("columns4.csv", header + row + "2023-11-16 18:15:47,3,4,5\n", ["columns4.csv:3: "]),
        ("truncated.csv", header + row + "2023-11-16 18:1", ["truncated.csv:3: "]),
        ("negative.csv", header + row + "2023-11-16 18:15:47,-3,4\n", ["negative.csv:3: ", "-3"]),
        ("absurd.csv", header + row + "2023-11-16 18:15:47,9000000000,4\n", ["absurd.csv:3: "]),
        (
            "wide.csv", header + row + "2023-11-16 18:15:47,99999999999999999999,4\n",
            ["wide.csv:3: ", "64 bits"]
        ),
        ("nan.csv", header + row + "2023-11-16 18:15:47,NaN,4\n", ["nan.csv:3: "]),
        ("back.csv", header + row + "2023-11-16 18:15:45,3,4\n", ["back.csv:3: ", "time"]),
        ("cut.jsonl", native(1, 0, "5", "5") + "{\"id\": 2, \"arrival", ["cut.jsonl:2: "]),
        (
            "twice.jsonl", native(1, 0, "5", "5") + native(1, 9, "5", "5"),
            ["twice.jsonl:2: ", "twice"]
        ),
        ("zero.jsonl", native(1, 0, "0", "5"), ["zero.jsonl:1: "]),
        ("minus.jsonl", native(1, 0, "-5", "5"), ["minus.jsonl:1: "]),
        ("earlier.jsonl", native(1, 5, "5", "5") + native(2, 4, "5", "5"), ["earlier.jsonl:2: "]),
        ("nan.jsonl", native(1, 0, "NaN", "5"), ["nan.jsonl:1: "]),
        ("json.jsonl", "{\"a\": 1}\n", ["json.jsonl:1: "]),
    ]

    @Test("in a trace", arguments: traces.indices)
    func trace(index: Int) throws {
        let (name, text, parts) = Self.traces[index]
        let path = try scratch.write(name, Array(text.utf8))
        try expectRefusal(["run", "--trace", path], parts)
    }

    @Test("for a trace that is no file")
    func noFile() throws {
        try expectRefusal(["run", "--trace", scratch.path + "/none.csv"], ["none.csv: "])
        let folder = scratch.path + "/folder"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try expectRefusal(["run", "--trace", folder], ["folder: "])
        try expectRefusal(["run", "--trace", "/dev/null"], ["/dev/null: "])
    }

    static let configurations: [(text: String, parts: [String])] = [
        ("", ["c.json5: the file is empty"]),
        ("\u{0}\u{1}", ["c.json5:1: "]),
        ("{ engine: { block_size: ", ["c.json5:1: "]),
        ("[1, 2]", ["c.json5: ", "an object of sections"]),
        ("{ engine: { blocksize: 16 } }", ["engine.blocksize: unknown", "engine.block_size"]),
        ("{ engine: { block_size: 'many' } }", ["engine.block_size: ", "an integer"]),
        ("{ engine: { block_size: -16 } }", ["engine.block_size: ", "1 to 65536"]),
        ("{ engine: 16 }", ["engine: is 16"]),
        ("{ slo: { ttft_ms: NaN } }", ["slo.ttft_ms: is \"NaN\""]),
        ("{ seed: 1e30 }", ["seed: is 1e+30"]),
        ("{ model: { name: 'llama-3-70b' } }", ["llama-3-70b does not fit", "GB"]),
        ("{ model: { name: 'lama' } }", ["model.name: "]),
        (
            "{ cluster: { replicas: 9 } }",
            ["cluster.replicas: 9 replicas need 9 GPUs", "at most 8"]
        ),
        ("{ engine: { tensor_parallel_size: 3 } }", ["engine.tensor_parallel_size: 3"]),
        ("{ trace: { file: 'none.csv' } }", ["none.csv: "]),
        ("{ trace: { format: 'parquet' } }", ["trace.format: is \"parquet\""]),
        ("{ step_time: { profile: 'ollama' } }", ["step_time.profile: "]),
    ]

    @Test("in a configuration", arguments: configurations.indices)
    func configuration(index: Int) throws {
        let (text, parts) = Self.configurations[index]
        let path = try scratch.write("c.json5", Array(text.utf8))
        try expectRefusal(["run", path, "--limit", "10"], parts)
    }

    static let calls: [(arguments: [String], parts: [String])] = [
        (["rum"], ["rum: unknown verb; did you mean headway run?"]),
        (["trace", "inf"], ["trace inf: unknown verb; did you mean headway trace info?"]),
        (["run", "--trace", ""], ["--trace: is empty"]),
        (["version", "x"], ["version: takes no operand"]),
        (["run", "--trce", "x"], ["run: unknown flag --trce; did you mean --trace?"]),
        (
            ["run", "--max-num-seqs", "8"],
            ["unknown flag --max-num-seqs; did you mean --set engine.max_num_seqs=VALUE?"]
        ),
        (["run", "--set", "seed=1", "trace.limt=2"], ["trace.limt: unknown key; did you mean"]),
        (["run", "trace.limit=0"], ["--set trace.limit: is 0"]),
        (["run", "--limit"], ["--limit: has no value; expected --limit N"]),
        (["run", "--out", "--quiet"], ["--out: has no value; expected --out DIR"]),
        (["run", "--limit", "0"], ["--limit: 0 is below 1"]),
        (["run", "--limit", "many"], ["--limit: \"many\""]),
        (["run", "--seed", "1", "--seed", "2"], ["--seed: given twice"]),
        (["run", "--quiet=yes"], ["--quiet: takes no value"]),
        (["run", "a", "b"], ["run: 2 operands"]),
        (["run", "--set", "engine.block_size"], ["--set: ", "KEY=VALUE"]),
        (["run", "--set", "engine.blok_size=1"], ["engine.blok_size: ", "engine.block_size"]),
        (["run", "nowhere.json5"], ["nowhere.json5: "]),
    ]

    @Test("on the command line", arguments: calls.indices)
    func call(index: Int) throws {
        let (arguments, parts) = Self.calls[index]
        // The verbs without --out would complain about that first.
        let outcome = try Executable.run(arguments, in: scratch.path, seconds: 60)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    }

    @Test("for a folder that cannot be written, before anything is simulated")
    func unwritable() throws {
        let trace = try scratch.write("t.csv", Array((Self.header + Self.row).utf8))
        let file = try scratch.write("file", [])
        for place in ["/proc/none", file, file + "/inside", "/dev/full"] {
            let outcome = try Executable.run(["run", "--trace", trace, "--out", place])
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(place)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
        #expect(scratch.names == ["file", "t.csv"])
    }

    @Test("for flags of a trace's reader beside a sweep's table")
    func flagsOfTraces() throws {
        let table = try scratch.write("points.csv", Array("space,runs,run,point\n".utf8))
        try expectRefusal(["report", table, "--limit", "3"], ["--limit: is for traces only"])
    }

    @Test("on a full disk, with nothing left behind")
    func fullDisk() throws {
        var text = Self.header
        for second in 0..<2000 {
            text += "2023-11-16 18:\(10 + second / 60):\(10 + second % 50),3,4\n"
        }
        let rows = (0..<2000).map { Self.native($0, $0 * 1000, "20", "2") }.joined()
        _ = try scratch.write("t.jsonl", Array(rows.utf8))
        // A limit of 8 blocks of 512 bytes on files, with its signal ignored, fails as a disk does.
        let outcome = try Executable.shell(
            "trap '' XFSZ; ulimit -f 8; exec \"$HEADWAY\" run --trace t.jsonl --out out",
            in: scratch.path)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("requests.csv: cannot be written"), "\(outcome.errors)")
        #expect(scratch.names == ["t.jsonl"])
        let stdout = try Executable.shell("exec \"$HEADWAY\" config > /dev/full")
        #expect(stdout.status == 2)
        #expect(stdout.errors.contains("standard output: cannot be written"))
    }
}
