import Foundation
import TestSupport
import Testing

@Suite("The words of the program")
struct WordTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    static let verbs = [
        "run", "explain", "validate", "calibrate", "fit-steptime", "report", "compare", "table",
        "why", "diff", "capacity", "tune", "sweep", "merge", "gate", "conform", "bench",
        "config", "trace info", "trace cache", "trace synth", "trace convert", "trace sample",
        "trace scale", "trace merge", "trace sort", "completions",
    ]

    @Test("writes no file called -")
    func dashIsNoFile() throws {
        let outcome = try Executable.run(["trace", "synth", "--limit", "2", "--out", "-"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("headway: --out: - is no file"))
    }

    @Test(
        "takes - for no output",
        arguments: [
            "run --limit 2 --out -", "trace cache t --csv -", "gate configs/gate.json5 --junit -",
        ])
    func dashIsNoOutput(call: String) throws {
        let trace = try scratch.write(
            "t", Data("arrived_at,num_prefill_tokens,num_decode_tokens\n0,9,3\n".utf8))
        let words = call.split(separator: " ").map { $0 == "t" ? trace : String($0) }
        let outcome = try Executable.run(words, in: packageRoot.path)
        #expect(outcome.status == 2 && outcome.errors.contains("- is no f"), "\(outcome.errors)")
    }

    @Test("its version is one line", arguments: ["--version", "version"])
    func version(word: String) throws {
        let outcome = try Executable.run([word])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.hasPrefix("headway "))
        #expect(outcome.output.split(separator: "\n").count == 1)
    }

    @Test("every verb has a help, and says what is wrong in one line", arguments: verbs)
    func help(verb: String) throws {
        let words = verb.split(separator: " ").map(String.init)
        for call in [words + ["--help"], ["help"] + words] {
            let outcome = try Executable.run(call)
            #expect(outcome.status == 0 && outcome.output.contains("Usage: headway \(verb)"))
        }
        let calls = [
            ["--nonsense"], ["--json=1"], ["--json", "--json"],
            ["a\nb\u{1b}[1m\u{202e}", "x", "y", "z"],
            [String(repeating: "w", count: 5_000)],
        ]
        for call in calls {
            let outcome = try Executable.run(words + call, in: scratch.path, seconds: 60)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(verb) \(call)")
            #expect(outcome.errors.hasPrefix("headway: ") && outcome.errors.utf8.count < 1_450)
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            let odd = outcome.errors.dropLast().unicodeScalars.contains {
                $0.value < 0x20 || $0.value == 0x202E
            }
            #expect(!odd && !outcome.errors.contains(String(repeating: "w", count: 201)))
        }
    }

    @Test("--set takes several changes, and a plain KEY=VALUE is one")
    func changes() throws {
        let calls = [
            ["--set", "trace.limit=7", "--set", "engine.block_size=32"],
            ["--set", "trace.limit=7", "engine.block_size=32"],
            ["trace.limit=7", "engine.block_size=32"],
        ]
        let outputs = try calls.map { try Executable.run(["config", "--json"] + $0) }
        #expect(Set(outputs.map(\.output)).count == 1 && outputs[0].status == 0)
        #expect(outputs[0].output.contains("\"limit\" : 7"))
    }

    @Test("names from outside stay on one line of a page")
    func pages() throws {
        let name = "a|b\u{1b}[31m\u{85}\nsecond.csv"
        let text = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,5\n1,100,5\n"
        _ = try scratch.write(name, Array(text.utf8))
        for call in [
            ["run", "--trace", name], ["trace", "info", name],
            ["trace", "convert", name, "--out", "o\u{1b}[2J\n.jsonl"],
        ] {
            let page = try Executable.run(call, in: scratch.path, seconds: 60)
            #expect(page.status == 0)
            let odd = page.output.unicodeScalars.contains {
                $0.properties.generalCategory == .control && $0 != "\n"
            }
            #expect(!odd, "\(page.output)")
            #expect(!page.output.contains("\nsecond.csv") && !page.output.contains("\n.jsonl"))
        }
    }

    @Test("pages fit a terminal of 60 columns, and progress shows there")
    func terminal() throws {
        let hasScript = try Executable.shell("command -v script && script --version")
        guard hasScript.status == 0 else { return }
        for call in ["run --limit 200", "explain --model deepseek-v3", "config"] {
            let outcome = try Executable.shell(
                "script -qec 'stty cols 60; \"$HEADWAY\" \(call)' page >/dev/null", in: scratch.path
            )
            #expect(outcome.status == 0)
            let page = try scratch.text("page").replacing("\r\n", with: "\n")
            let drawn = page.split(separator: "\n").filter { $0.contains("─") || $0.contains("│") }
            let lines = drawn.map { $0.split(separator: "\u{1b}[K").last ?? $0 }
            #expect((lines.map(\.count).max() ?? 0) <= 60, "\(call)")
        }
    }
}
