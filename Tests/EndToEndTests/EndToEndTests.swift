import Foundation
import TestSupport
import Testing

/// The built executable, called as its users call it.
@Suite("headway, end to end")
struct EndToEndTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Chat-like requests in the native format: a shared system prompt, a private rest.
    private func writeTrace(_ count: Int, name: String = "chat.jsonl") throws -> String {
        let rows = (0..<count).map { row in
            "{\"id\": \(row), \"arrival_us\": \(row * 7_000), \"segments\": [[1, 200], "
                + "[\(100 + row), \(50 + row * 37 % 400)]], "
                + "\"output_tokens\": \(1 + row * 13 % 60)}\n"
        }
        return try scratch.write(name, Array(rows.joined().utf8))
    }

    private func json(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    @Test("a run says the same twice, and writes what it says")
    func repeats() throws {
        let trace = try writeTrace(300)
        let arguments = [
            "run", "--trace", trace, "--set", "output.decisions=true", "--set",
            "output.latency_breakdown=true", "--set", "output.timeline=true",
        ]
        let first = try Executable.run(arguments + ["--out", scratch.path + "/a", "--json"])
        let second = try Executable.run(arguments + ["--out", scratch.path + "/b", "--json"])
        #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
        #expect(first.output == second.output)
        let files = [
            "config.resolved.json", "latency.csv", "report.json", "requests.csv", "steps.jsonl",
            "summary.json", "timeline.json",
        ]
        for file in files {
            #expect(try scratch.text("a/" + file) == scratch.text("b/" + file), "\(file)")
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/a").sorted()
                == files)
        // The file has the digests of the files beside the figures.
        var summary = try json(try scratch.text("a/summary.json"))
        let digests = try #require(summary.removeValue(forKey: "files_xxh64") as? [String: String])
        #expect(digests.keys.sorted() == files)
        func sorted(_ object: [String: Any]) throws -> Data {
            try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
        }
        #expect(try sorted(summary) == sorted(try json(first.output)))
        let rows = try scratch.text("a/requests.csv").split(separator: "\n")
        #expect(rows.count == 301)
        #expect(try scratch.text("a/latency.csv").split(separator: "\n").count == 301)
        let timeline = try JSONSerialization.jsonObject(
            with: Data(try scratch.text("a/timeline.json").utf8))
        let events = try #require(timeline as? [[String: Any]])
        let steps = try #require(try json(first.output)["steps"] as? Int)
        let slices = events.filter { $0["ph"] as? String == "X" }
        let told = slices.reduce(0) { sum, slice in
            sum + ((slice["args"] as? [String: Any])?["steps"] as? Int ?? 1)
        }
        #expect(told == steps && slices.count < steps)
        #expect(events.count { $0["ph"] as? String == "b" } == 3 * 300)
        let parts = try json(first.output).keys.filter { $0.hasPrefix("mean_ttft_") }
        #expect(parts.contains("mean_ttft_interference_ms"))
        #expect(rows[0].hasPrefix("id,arrival,admitted,first_token,finish,prompt_tokens,"))
    }

    @Test("the resolved configuration repeats the run")
    func resolvedRepeats() throws {
        let trace = try writeTrace(100)
        let first = try Executable.run([
            "run", "--trace", trace, "--set", "engine.block_size=48", "--set",
            "cluster.router=power_of_two", "--seed", "7", "--out", scratch.path + "/a", "--json",
        ])
        let again = try Executable.run(
            ["run", scratch.path + "/a/config.resolved.json", "--json"])
        #expect(first.status == 0 && first.output == again.output, "\(again.errors)")
    }

    @Test("the digest is the one it has always been, in debug and release")
    func golden() throws {
        let trace = try writeTrace(400)
        let linear = try Executable.run([
            "run", "--trace", trace, "--json", "--set", "step_time.kind=linear", "--set",
            "cluster.replicas=2", "--set", "engine.num_gpu_blocks=300",
        ])
        let measured = try Executable.run(["run", "--trace", trace, "--json"])
        // Changes only with the engine that is reproduced or the measured step times; then say
        // so in the commit that changes it.
        #expect(try json(linear.output)["digest"] as? String == "f7595189ded734d7")
        #expect(try json(measured.output)["digest"] as? String == "c3050ca09b8a3628")
    }

    @Test("line ends do not matter")
    func lineEnds() throws {
        let text =
            "TIMESTAMP,ContextTokens,GeneratedTokens\n"
            + (10..<50).map { "2023-11-16 18:15:\($0).5,\($0 * 9),\($0)\n" }.joined()
        let plain = try scratch.write("a.csv", Array(text.utf8))
        let carriage = try scratch.write(
            "b.csv", Array(text.replacing("\n", with: "\r\n").utf8))
        let first = try Executable.run(["run", "--trace", plain, "--json"])
        let second = try Executable.run(["run", "--trace", carriage, "--json"])
        #expect(first.status == 0)
        #expect(first.output == second.output)
    }

    @Test("a request that can never fit is rejected with its reason, and the rest goes on")
    func rejection() throws {
        let rows = [
            "{\"id\": 0, \"arrival_us\": 0, \"segments\": [[1, 100]], \"output_tokens\": 5}",
            "{\"id\": 1, \"arrival_us\": 1, \"segments\": [[2, 5000]], \"output_tokens\": 5}",
            "{\"id\": 2, \"arrival_us\": 2, \"segments\": [[3, 900]], \"output_tokens\": 5}",
            "{\"id\": 3, \"arrival_us\": 3, \"segments\": [[4, 100]], \"output_tokens\": 5}",
        ]
        let trace = try scratch.write("t.jsonl", Array(rows.joined(separator: "\n").utf8))
        let outcome = try Executable.run(
            [
                "run", "--trace", trace, "--set", "engine.num_gpu_blocks=40", "--set",
                "engine.max_model_len=2000", "--set", "cluster.replicas=1", "--out",
                scratch.path + "/out", "--json",
            ], seconds: 60)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let summary = try json(outcome.output)
        #expect(summary["completed"] as? Int == 2)
        #expect(summary["rejected"] as? Int == 2)
        let table = try scratch.text("out/requests.csv")
        #expect(table.contains(",rejected,prompt_too_long,0,0,"))
        #expect(table.contains(",rejected,exceeds_kv_pool,0,0,"))
    }

    @Test("a reader that leaves early is no error, and a pipe sees no progress line")
    func pipes() throws {
        let left = try Executable.shell("\"$HEADWAY\" config | head -1")
        #expect(left.status == 0 && left.errors.isEmpty, "\(left.errors)")
        #expect(left.output == "{\n")
        let run = try Executable.run(["run", "--trace", try writeTrace(50)])
        #expect(run.errors.isEmpty && run.output.contains("TTFT"))
    }

    @Test("an interrupted run says so in one line and leaves nothing")
    func interrupted() throws {
        _ = try writeTrace(60_000)
        // The interval gives any build time to start and none the time to finish: 60,000 requests
        // queue for one slot.
        let outcome = try Executable.shell(
            """
            "$HEADWAY" run --trace chat.jsonl --out out --set engine.max_num_seqs=1 \
            --set engine.advance=step &
            sleep 1; kill -INT $!; wait $!
            """, in: scratch.path, seconds: 120)
        #expect(outcome.status == 130, "\(outcome.output)")
        #expect(outcome.errors.contains("interrupted, nothing was written"), "\(outcome.errors)")
        #expect(scratch.names == ["chat.jsonl"])
    }

    @Test("output goes through links and into pipes, and leaves both what they are")
    func notRegularFiles() throws {
        let outcome = try Executable.shell(
            """
            mkfifo pipe; echo keep > file; ln -s file link; cat pipe > read &
            "$HEADWAY" trace synth --limit 5 --out pipe > said
            "$HEADWAY" trace synth --limit 5 --out link >> said
            wait; test -p pipe && test -L link && cmp read file && cat said
            """, in: scratch.path, seconds: 60)
        #expect(outcome.status == 0 && outcome.output.contains("link: 5 requests"))
        #expect(scratch.names == ["file", "link", "pipe", "read", "said"])
    }

    @Test("requests on standard output have no report among them, and sessions come through a pipe")
    func standardOutput() throws {
        let outcome = try Executable.shell(
            """
            echo '{"id":"a","block_size":64,"requests":[{"t":0,"in":64,"out":5,"hash_ids":[1]}]}' |
            "$HEADWAY" trace convert - --to lengths --out /dev/stdout | cat
            "$HEADWAY" trace synth --limit 5 --out -
            """, in: scratch.path, seconds: 60)
        #expect(outcome.output == "arrived_at,num_prefill_tokens,num_decode_tokens\n0,64,5\n")
        #expect(outcome.errors.hasPrefix("/dev/stdout: 1 request, format lengths\n"))
        #expect(outcome.errors.contains("headway: --out: - is no file"))
        #expect(scratch.names.isEmpty)
    }

    @Test("trace cache says what reading took, and keys of a trace's reader are no recipe's")
    func cacheNotes() throws {
        let outcome = try Executable.shell(
            """
            printf 'arrived_at,num_prefill_tokens,num_decode_tokens\\n0,5,6\\n1,0,6\\n' > t.csv
            "$HEADWAY" trace cache t.csv | grep ^Note: ; "$HEADWAY" trace cache t.csv --json
            for key in time_unit=ms block_size=16 columns=a,b,c; do
                "$HEADWAY" run --quiet --set trace.$key --set trace.limit=2
            done
            """, in: scratch.path, seconds: 60)
        #expect(outcome.output.contains("Note: the trace: times are taken as seconds"))
        #expect(outcome.output.contains("Note: 1 row of the trace dropped: zero prompt"))
        #expect(outcome.output.contains("\"1 row of the trace dropped: zero prompt\""))
        let refusals = outcome.errors.split(separator: "\n")
        #expect(refusals.count == 3)
        #expect(refusals.allSatisfy { $0.contains("applies to recorded traces only") })
    }

    @Test("an interrupted writer leaves nothing, and a recipe that never fits ends")
    func writers() throws {
        let outcome = try Executable.shell(
            """
            "$HEADWAY" trace synth --limit 100000000 --out long.jsonl &
            sleep 1; kill -TERM $!; wait $!
            """, in: scratch.path, seconds: 60)
        let errors = outcome.errors
        #expect(outcome.status == 130 && errors.contains("interrupted"), "\(errors)")
        let recipe =
            "{ requests: 9, arrivals: { process: \"poisson\", rate: 5 }, "
            + "classes: [{ name: \"a\", share: 1, prompt: 200000, output: 10 }] }"
        try Data(recipe.utf8).write(to: URL(fileURLWithPath: scratch.path + "/long.json5"))
        let never = try Executable.run(
            ["trace", "synth", scratch.path + "/long.json5", "--out", scratch.path + "/x"])
        #expect(never.status == 2 && never.errors.contains("max_context"), "\(never.errors)")
        #expect(scratch.names == ["long.json5"])
    }

    @Test("an interrupted run takes a scheduler that hangs with it")
    func interruptedScheduler() throws {
        let outcome = try Executable.shell(
            """
            "$HEADWAY" run --limit 5 \
            --set "engine.scheduler=exec:while :; do echo x >> alive; sleep 0.1; done" &
            sleep 2; kill -INT $!; wait $!; sleep 0.5
            test -s alive && cp alive before && sleep 1 && cmp alive before
            """, in: scratch.path, seconds: 60)
        #expect(outcome.status == 0 && outcome.errors.contains("interrupted"), "\(outcome)")
    }

    @Test("a trace or a recipe in place of a configuration is told so")
    func mistakenForAConfiguration() throws {
        let trace = try Executable.run(["run", try writeTrace(5)])
        #expect(trace.status == 2 && trace.errors.contains("is a trace"), "\(trace.errors)")
        let file = packageRoot.appendingPathComponent("traces/chat.json5").path
        let recipe = try Executable.run(["run", file])
        #expect(recipe.status == 2 && recipe.errors.contains("is a recipe"), "\(recipe.errors)")
    }

    @Test("every verb explains itself")
    func help() throws {
        let overview = try Executable.run([])
        #expect(overview.status == 0)
        let verbs = overview.output.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.dropFirst(2).split(separator: "  ").first.map(String.init) }
        #expect(verbs.contains("run") && verbs.contains("config"))
        for verb in verbs {
            let words = verb.split(separator: " ").map(String.init)
            for call in [words + ["--help"], ["help"] + words] {
                let help = try Executable.run(call)
                #expect(help.status == 0)
                #expect(help.output.contains("Usage: headway \(verb)"))
                #expect(help.output.contains("--help"))
            }
        }
    }
}
