import Foundation
import TestSupport
import Testing

@Suite("headway table")
struct TableTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        let trace = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,5\n1,100,1\n2,90,4\n"
        _ = try scratch.write("t.csv", Array(trace.utf8))
        for (name, changes) in [
            ("a,b", "--set engine.max_num_seqs=4"),
            ("second", "--set engine.max_num_seqs=8 --set output.warmup=1"),
        ] {
            let made = try shell(
                "\"$HEADWAY\" run --trace t.csv --quiet --out '\(name)' \(changes)")
            #expect(made.status == 0, "\(made.errors)")
        }
    }

    private func shell(_ line: String) throws -> Executable.Outcome {
        try Executable.shell(line, in: scratch.path, seconds: 120)
    }

    @Test("gives a row a run, with what differs and every figure")
    func rows() throws {
        let outcome = try shell("\"$HEADWAY\" table 'a,b' second")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 3 && lines[1].hasPrefix("\"a,b\",4,"))
        let columns = lines[0].split(separator: ",").map(String.init)
        // The pool follows from the sequences.
        #expect(
            columns.prefix(4) == [
                "run", "engine.max_num_seqs", "engine.num_gpu_blocks", "output.warmup",
            ])
        #expect(Set(columns).count == columns.count && columns.count > 100)
        for absent in ["time_series", "files_xxh64", "ttft_distribution"] {
            #expect(!columns.contains { $0.hasPrefix(absent) })
        }
        // Only a run with margins has a measured stretch.
        #expect(columns.contains("measured_stretch.num_prompts"))
        #expect(outcome.errors.contains("a,b: ") && outcome.errors.contains("are empty"))
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        let summary = try #require(
            try JSONSerialization.jsonObject(with: Data(scratch.text("second/summary.json").utf8))
                as? [String: Any])
        let keys = ["mean_ttft_ms", "prompt_tokens", "digest", "p99_e2el_ms"]
        let some = try shell("\"$HEADWAY\" table second --columns \(keys.joined(separator: ","))")
        let second = some.output.split(separator: "\n")[1].split(separator: ",")
        for (place, key) in keys.enumerated() {
            if let text = summary[key] as? String {
                #expect(second[place] == text)
            } else {
                #expect(Double(second[place]) == (summary[key] as? NSNumber)?.doubleValue, "\(key)")
            }
        }
    }

    @Test("gives Markdown and JSON, and the columns asked for")
    func forms() throws {
        let columns = "--columns run,completed,engine.max_num_seqs"
        let markdown = try shell("\"$HEADWAY\" table second 'a,b' --format markdown \(columns)")
        #expect(
            markdown.output == """
                | run | completed | engine.max_num_seqs |
                | --- | --- | --- |
                | second | 3 | 8 |
                | a,b | 3 | 4 |

                """)
        #expect(markdown.errors.isEmpty)
        let json = try shell("\"$HEADWAY\" table second --json")
        let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
        let runs = try #require(value as? [[String: Any]])
        #expect(runs.count == 1 && runs[0]["run"] as? String == "second")
        #expect(runs[0]["completed"] as? Int == 3 && runs[0]["engine.max_num_seqs"] == nil)
        // By itself a run differs from none.
        let one = try shell("\"$HEADWAY\" table second --columns run,completed")
        #expect(one.output == "run,completed\nsecond,3\n")
    }

    @Test("refuses what is no run in one line")
    func refused() throws {
        let made = try shell(
            """
            mkdir none odd old changed
            echo '{' > odd/summary.json
            echo '{"digest": "x", "completed": 3}' > old/summary.json
            cp second/* changed; sed -i 's/"completed" : 3/"completed" : 4/' changed/summary.json
            mkdir config; cp second/* config; echo '{}' > config/config.resolved.json
            """)
        #expect(made.status == 0, "\(made.errors)")
        for (arguments, words) in [
            ("none", "none/summary.json: cannot be read"), ("missing", "missing: does not exist"),
            ("t.csv", "t.csv: is no folder"), ("odd", "odd/summary.json: is not the summary"),
            ("old", "as in older versions"), ("second changed", "its digest differs"),
            ("config", "config.resolved.json: is not as the run wrote it"),
            ("second --columns run,complete", "--columns"),
            ("second --columns run,run", "twice"), ("second --columns ''", "--columns"),
            ("second --format xml", "--format"), ("second --format csv --json", "one of them"),
            ("", "table"),
        ] {
            let outcome = try shell("\"$HEADWAY\" table \(arguments)")
            #expect(outcome.status == 2, "\(arguments): \(outcome)")
            #expect(outcome.output.isEmpty, "\(arguments)")
            #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
    }
}
