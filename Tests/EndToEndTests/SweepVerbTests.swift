import Foundation
import TestSupport
import Testing

/// `headway sweep` and `headway merge`, called as a script calls them.
@Suite("Sweeps are stopped, gone on with, shared out and merged")
struct SweepVerbTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private static let base = """
        base: { step_time: { kind: "linear", per_token_us: 40 }, hardware: { gpus_per_node: 1 },
            cluster: { replicas: 1 }, trace: { limit: 60, rate_scale: 0.06 },
            engine: { num_gpu_blocks: 2000, max_model_len: 20000 } }
        """

    private func write(_ name: String, _ text: String) throws {
        _ = try scratch.write(name, Array(text.utf8))
    }

    private func call(_ words: String...) throws -> Executable.Outcome {
        try Executable.run(words, in: scratch.path, seconds: 100)
    }

    private func writeSpace() throws {
        try write(
            "space.json5",
            """
            { \(Self.base), seeds: [0, 1], slo: { ttft_ms: { p99: 500 } },
              keys: { "engine.max_num_batched_tokens": [128, 256, 1024],
                "engine.max_num_seqs": [32, 64, 128] } }
            """)
    }

    @Test("a sweep that was killed or interrupted ends with the bytes of one that was not")
    func stops() throws {
        try writeSpace()
        let whole = try call("sweep", "space.json5", "--out", "whole.csv")
        #expect(whole.status == 0 && whole.errors.isEmpty, "\(whole.errors)")
        // At so many lines of the file, by so much of a signal.
        for (lines, signal) in [(1, "KILL"), (2, "KILL"), (5, "INT"), (9, "KILL"), (14, "TERM")] {
            // With jobs of their own groups a signal is not ignored in what runs behind.
            let stopped = try Executable.shell(
                """
                set -m
                rm -f a.csv a.csv.part
                "$HEADWAY" sweep space.json5 --out a.csv 2>errors & child=$!
                for i in $(seq 1000); do
                    [ "$(wc -l 2>/dev/null <a.csv.part || echo 0)" -ge \(lines) ] && break
                    kill -0 $child 2>/dev/null || break
                    sleep 0.01
                done
                kill -\(signal) $child 2>/dev/null
                wait $child
                echo "status $?"
                """, in: scratch.path, seconds: 60)
            if signal != "KILL", scratch.names.contains("a.csv.part") {
                #expect(stopped.output.contains("status 130"))
                #expect(
                    try scratch.text("errors")
                        == "headway: interrupted, a.csv.part keeps what is done: the same command"
                        + " goes on from it\n")
            }
            #expect(scratch.names.contains("a.csv.part") || scratch.names.contains("a.csv"))
            let again = try call("sweep", "space.json5", "--out", "a.csv")
            #expect(again.status == 0 && again.errors.isEmpty, "\(again.errors)")
            #expect(try scratch.text("a.csv") == scratch.text("whole.csv"), "\(signal) at \(lines)")
            #expect(!scratch.names.contains("a.csv.part"))
        }
        let idle = try call("sweep", "space.json5", "--out", "a.csv")
        #expect(idle.status == 0 && idle.output.hasPrefix("a.csv is whole already"))
    }

    @Test("the page and its JSON show the best points, fronts and what keys change")
    func page() throws {
        try writeSpace()
        let page = try call("sweep", "space.json5", "--out", "p.csv").output
        #expect(page.hasPrefix("9 points, 18 runs: p.csv"))
        for part in [
            "\nPoints, best first: the SLO met, then fewest GPUs",
            "\nPareto front: tokens/s per user",
            "\nPareto front: p99 TTFT", "\nWhat each key changes", "engine.max_num_seqs",
            "\nNotes of the runs",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        let outcome = try call("sweep", "space.json5", "--out", "p.csv", "--json")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(json["points"] as? Int == 9 && json["runs"] as? Int == 18)
        #expect(json["failed"] as? Int == 0)
        let effects = try #require(json["sensitivity"] as? [[String: Any]])
        #expect(
            effects.map { $0["keys"] as? [String] } == [
                ["engine.max_num_batched_tokens"], ["engine.max_num_seqs"],
            ])
        let pareto = try #require(json["pareto"] as? [String: [[String: Any]]])
        #expect(pareto.values.allSatisfy { !$0.isEmpty } && pareto.count == 2)
    }

    @Test("points that fail keep their reason, and a sweep of nothing else ends with 1")
    func failures() throws {
        try write(
            "space.json5",
            """
            { \(Self.base), keys: { "engine.max_num_batched_tokens": [64],
                "engine.max_num_seqs": [32, 128] } }
            """)
        let some = try call("sweep", "space.json5", "--out", "some.csv")
        #expect(some.status == 0 && some.output.contains("1 point failed (1 run)"))
        #expect(try scratch.text("some.csv").contains("64 tokens a step cannot serve"))
        let none = try call(
            "sweep", "space.json5", "--out", "none.csv", "--set", "model.name=nosuch")
        #expect(none.status == 1 && none.output.contains("2 points failed"), "\(none.output)")
        let merged = try call("merge", "none.csv", "--out", "merged.csv", "--json")
        #expect(merged.status == 1)
    }

    @Test("names with commas, quotation marks, line breaks and formulas are read as they are")
    func names() throws {
        let names = ["a,b.csv", "q\"t.csv", "nl\nx.csv", "=cmd.csv", "plain.csv"]
        for name in names {
            try write(name, "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,10\n1,20,3\n")
        }
        let list = try JSONSerialization.data(withJSONObject: names)
        try write(
            "space.json5", "{ \(Self.base), traces: \(String(decoding: list, as: UTF8.self)) }")
        let outcome = try call("sweep", "space.json5", "--out", "names.csv")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let script = """
            import csv, json
            rows = list(csv.DictReader(open("names.csv", newline="")))
            assert len({len(row) for row in rows}) == 1 and None not in rows[0]
            assert all(float(row["mean_ttft_ms"]) > 0 for row in rows)
            try:
                import pandas
            except Exception:
                pandas = None
            if pandas:
                frame = pandas.read_csv("names.csv")
                assert list(frame.trace) == [row["trace"] for row in rows]
                assert frame.mean_ttft_ms.dtype == float and frame.point.dtype == int
            print(json.dumps([row["trace"] for row in rows]))
            """
        try write("read.py", script)
        guard try Executable.shell("command -v python3").status == 0 else {
            print("skipped: there is no python3 to read the table with")
            return
        }
        let read = try Executable.shell("python3 read.py", in: scratch.path)
        let seen = try JSONSerialization.jsonObject(with: Data(read.output.utf8)) as? [String]
        // A spreadsheet would take the one for a formula.
        #expect(seen == names.map { $0.hasPrefix("=") ? "'" + $0 : $0 }, "\(read.errors)")
    }

    @Test("merge ranks by the objective of the space")
    func objective() throws {
        let keys = "keys: { \"engine.max_num_seqs\": [32, 64] }, objective: \"latency\""
        try write("space.json5", "{ \(Self.base), \(keys) }")
        var pages: [String] = []
        for shard in ["1/2", "2/2"] {
            let out = "s\(shard.prefix(1)).csv"
            #expect(try call("sweep", "space.json5", "--out", out, "--shard", shard).status == 0)
        }
        #expect(try call("sweep", "space.json5", "--out", "w.csv").status == 0)
        for words in [["sweep", "space.json5", "--out", "w.csv"], ["merge", "s1.csv", "s2.csv"]] {
            let out = words[0] == "merge" ? ["--out", "m.csv"] : []
            let outcome = try Executable.run(words + out + ["--json"], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            pages.append(outcome.output.replacing("w.csv", with: "m.csv"))
        }
        #expect(pages[0] == pages[1] && pages[0].contains("\"objective\" : \"latency\""))
        let page = try call("merge", "s1.csv", "s2.csv", "--out", "n.csv").output
        #expect(page.contains("least mean E2E, then fewest GPUs"), "\(page)")
    }

    @Test("places that cannot be written, tables of others and wrong shards are refused")
    func refusals() throws {
        try writeSpace()
        #expect(try call("sweep", "space.json5", "--out", "whole.csv").status == 0)
        for shard in ["1/2", "2/2"] {
            let out = "shard\(shard.prefix(1)).csv"
            #expect(
                try call("sweep", "space.json5", "--out", out, "--shard", shard).status == 0)
        }
        try write("table.csv", "a,b\n1,2\n")
        try write("empty.csv", "")
        let before = scratch.names
        let sweeps = [
            ["space.json5"], ["--out", "x.csv"], ["nosuch.json5", "--out", "x.csv"],
            ["space.json5", "--out", "no/x.csv"], ["space.json5", "--out", "."],
            ["space.json5", "--out", "/dev/null"], ["space.json5", "--out", "x.csv.gz"],
            ["space.json5", "--out", "space.json5"], ["space.json5", "--out", "table.csv"],
            ["space.json5", "--out", "empty.csv"], ["space.json5", "--out", "shard1.csv"],
            ["space.json5", "--out", "whole.csv", "--shard", "1/2"],
            ["space.json5", "--out", "whole.csv", "--set", "trace.limit=50"],
            ["space.json5", "--out", "x.csv", "--set", "engine.max_num_seqs=3"],
            ["space.json5", "--out", "x.csv", "--set", "seed=3"],
            ["space.json5", "--out", "x.csv", "--shard", "0/4"],
            ["space.json5", "--out", "x.csv", "--slo", "nosuch=3"],
        ].map { ["sweep"] + $0 }
        let merges = [
            ["--out", "x.csv"], ["shard1.csv", "shard2.csv"], ["shard1.csv", "--out", "x.csv"],
            ["shard1.csv", "shard1.csv", "--out", "x.csv"],
            ["shard1.csv", "whole.csv", "--out", "x.csv"], ["table.csv", "--out", "x.csv"],
            ["empty.csv", "--out", "x.csv"], ["nosuch.csv", "--out", "x.csv"],
            ["shard1.csv", "shard2.csv", "--out", "shard1.csv"],
        ].map { ["merge"] + $0 }
        for words in sweeps + merges {
            let outcome = try Executable.run(words, in: scratch.path, seconds: 30)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(words): \(outcome)")
            #expect(outcome.errors.filter(\.isNewline).count == 1, "\(words): \(outcome.errors)")
        }
        #expect(scratch.names == before)
        let merged = try call("merge", "shard2.csv", "shard1.csv", "--out", "merged.csv")
        #expect(merged.status == 0)
        #expect(try scratch.text("merged.csv") == scratch.text("whole.csv"))
    }

    @Test("a space of ten million points begins at once, and one sweep writes a file at a time")
    func large() throws {
        try write(
            "space.json5",
            """
            { \(Self.base), keys: { "engine.max_num_seqs": { from: 1, to: 1000 },
                "engine.max_num_batched_tokens": { from: 2000, to: 2099 },
                "engine.block_size": [16, 32], "cluster.replicas": { from: 1, to: 50 } } }
            """)
        let outcome = try Executable.shell(
            """
            set -m
            "$HEADWAY" sweep space.json5 --out a.csv 2>errors & child=$!
            for i in $(seq 1000); do
                [ "$(wc -l 2>/dev/null <a.csv.part || echo 0)" -ge 3 ] && break
                sleep 0.01
            done
            "$HEADWAY" sweep space.json5 --out a.csv; echo "second $?"
            kill -INT $child; wait $child; echo "first $?"
            wc -l <a.csv.part
            """, in: scratch.path, seconds: 60)
        #expect(outcome.output.hasPrefix("second 2\nfirst 130\n"), "\(outcome)")
        #expect(outcome.errors.contains("a.csv.part: another sweep is writing it"))
        #expect(try scratch.text("a.csv.part").contains(",10000000,0,0,"))
    }
}
