import Experiments
import Foundation
import Scenario
import Simulator
import Synchronization
import TestSupport
import Testing

/// The commands of the README and of the articles, run as they stand, and their outputs.
///
/// After a change of the output, `HEADWAY_RENEW=1 swift test --filter DocumentTests` writes what
/// the program prints into the pages. Read the difference before you commit it.
@Suite("The README and the articles")
struct DocumentTests {
    static let commands = Document.all.flatMap(\.commands)
    static let examples = Document.all.flatMap(\.examples)

    @Test("show commands, and every verb")
    func coverage() throws {
        for document in Document.all { #expect(!document.text.isEmpty, "\(document.path)") }
        #expect(Self.commands.count >= 8 && Self.examples.count >= 8)
        for command in Self.commands { #expect(command.hasPrefix("headway "), "\(command)") }
        let overview = try Executable.run([]).output
        let verbs = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.dropFirst(2).split(separator: "  ").first }
        #expect(verbs.contains("run"))
        // The old name of calibrate, which says so.
        for verb in verbs where verb != "fit-steptime" {
            let isShown = (Self.commands + Self.examples.map(\.command))
                .contains { ($0 + " ").hasPrefix("headway \(verb) ") }
            #expect(isShown, "\(verb) is not shown")
        }
    }

    @Test("the README fits 130 lines and leads to every article")
    func frontDoor() throws {
        let text = Document("README.md").text
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 131)
        let sources = packageRoot.appendingPathComponent("Sources")
        let walk = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        while let url = walk?.nextObject() as? URL {
            guard url.pathExtension == "md", url.path.contains(".docc/") else { continue }
            let path = url.path.dropFirst(packageRoot.path.count + 1)
            // A stage's root page lists its articles and is none itself.
            let stage = path.split(separator: "/")[1]
            if path.hasSuffix("\(stage).docc/\(stage).md") { continue }
            #expect(text.contains("](\(path)"), "the README does not link \(path)")
        }
    }

    @Test("give a Swift example that works")
    func swiftExample() throws {
        var configuration = Configuration()
        configuration.engine.blockSize = 32
        configuration.trace.limit = 200
        let run = try configuration.resolved()
        let result = try simulate(run.plan, source: configuration.openTrace().source)
        #expect(result.counters.finished == 200)
        #expect(result.timeToFirstToken.percentile(99) > 0 && !result.digest.isEmpty)
        let cookbook = Document("Sources/Reports/Reports.docc/Cookbook.md").text
        for line in ["configuration.resolved()", "openTrace().source)", "percentile(99)"] {
            #expect(cookbook.contains(line))
        }
    }

    /// A folder where the package's files and traces of the named formats lie.
    private static func workplace() throws -> ScratchFolder {
        let scratch = try ScratchFolder()
        let manager = FileManager.default
        for name in ["configs", "traces", "Tests"] {
            let target = packageRoot.appendingPathComponent(name).path
            if manager.fileExists(atPath: target) {
                try manager.createSymbolicLink(
                    atPath: scratch.path + "/" + name, withDestinationPath: target)
            }
        }
        let upgrades = Document("Sources/Experiments/Experiments.docc/Upgrades.md")
        _ = try scratch.write("upgrade.json5", Array((upgrades.files.first ?? "").utf8))
        let azure =
            "TIMESTAMP,ContextTokens,GeneratedTokens\n"
            + (10..<40).map { "2023-11-16 18:15:\($0).5000000,\($0 * 9),\($0)\n" }.joined()
        _ = try scratch.write("AzureLLMInferenceTrace_conv.csv", Array(azure.utf8))
        let mooncake = (0..<30).map { row in
            "{\"timestamp\": \(row * 100), \"input_length\": 600, \"output_length\": 20, "
                + "\"hash_ids\": [0, \(row + 1)]}\n"
        }
        _ = try scratch.write("conversation_trace.jsonl", Array(mooncake.joined().utf8))
        // What a user measured: one server's figure, and steps of 8 ms and a bit per token.
        let measured = """
            id,engine,model,gpu,tp,ep,weight_dtype,kv_cache_dtype,input_tokens,output_tokens,\
            length_jitter,load_kind,load,num_requests,max_num_batched_tokens,max_num_seqs,metric,\
            value,unit,source
            one,vllm,llama-3.1-8b,h100-sxm,1,1,bf16,bf16,256,32,0,concurrency,4,8,8192,64,\
            tpot_mean,7,ms,mine

            """
        _ = try scratch.write("measured.csv", Array(measured.utf8))
        let steps = [1, 8, 64, 256, 1024].map { "\($0),\($0),\($0 * 512),\(8000 + 3 * $0)\n" }
        _ = try scratch.write(
            "steps.csv",
            Array(("tokens,decodes,context,microseconds\n" + steps.joined()).utf8))
        return scratch
    }

    /// `diff` and `gate` end with 1 where they find something, as they do in examples.
    private static func isExpected(_ status: Int32, of command: String) -> Bool {
        let mayFind = ["headway diff", "headway gate"].contains { command.hasPrefix($0) }
        return status == 0 || status == 1 && mayFind
    }

    /// Runs are cut to 300 requests and searches to 600, because tests run unoptimised.
    @Test("give commands that work", arguments: commands)
    func command(_ command: String) throws {
        let scratch = try Self.workplace()
        var line = command.replacing(/^headway/, with: "\"$HEADWAY\"")
        switch command.split(separator: " ")[1] {
        case "run": line += " --limit 300"
        case "capacity": line += " --set trace.limit=600"
        case "bench":
            // It takes as long as all others, and `CountTests` runs it on 600 requests.
            #expect(Benchmark.all.contains { $0.name == "chat-windows" })
            line = line.replacing(" chat-windows", with: "")
        case "table", "report":
            let runs = ["quickstart", "small-steps"].map {
                "\"$HEADWAY\" run configs/\($0).json5 --limit 100 --quiet --out runs/\($0)"
            }
            line = "{ \(runs.joined(separator: "; ")); } > page; " + line
        case "compare", "diff", "why": line += " --set trace.limit=300"
        // All captures in both ways take minutes unoptimised, and `.ci/run` holds the release
        // build to them; one shows that the command works.
        case "conform": line += "/sync/u1-edges"
        case "merge":
            let space = "configs/sweeps/batch.json5 --set trace.limit=20"
            let shards = (1...2).map {
                "\"$HEADWAY\" sweep \(space) --shard \($0)/2 --out points-\($0).csv >page && "
            }
            line = shards.joined() + line
        default: break
        }
        let outcome = try Executable.shell(line, in: scratch.path)
        #expect(Self.isExpected(outcome.status, of: command), "\(outcome.errors)")
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(!outcome.output.isEmpty)
    }

    private static let writing = Mutex(())

    /// What the calls of examples print. Pages show parts of the same calls, which run once.
    private final class SharedCall: Sendable {
        private let outcome = Mutex<Executable.Outcome?>(nil)

        /// The outcome of the first call; others wait for it.
        func once(_ run: () throws -> Executable.Outcome) rethrows -> Executable.Outcome {
            try outcome.withLock { outcome in
                if let outcome { return outcome }
                let first = try run()
                outcome = first
                return first
            }
        }
    }

    private static let calls = Mutex<[String: SharedCall]>([:])

    /// Runs an example whole: the program's call, once, then what its output is piped into.
    private static func outcome(of command: String) throws -> Executable.Outcome {
        let scratch = try workplace()
        let cut = command.firstRange(of: " | ")
        let call = String(command[..<(cut?.lowerBound ?? command.endIndex)])
        let shared = calls.withLock { calls in
            let known = calls[call] ?? SharedCall()
            calls[call] = known
            return known
        }
        let whole = try shared.once {
            try Executable.shell(call.replacing(/^headway/, with: "\"$HEADWAY\""), in: scratch.path)
        }
        guard let cut, isExpected(whole.status, of: call) else { return whole }
        _ = try scratch.write("printed", Data(whole.output.utf8))
        var outcome = try Executable.shell(
            "cat printed | " + command[cut.upperBound...], in: scratch.path)
        outcome.errors = whole.errors + outcome.errors
        return outcome
    }

    /// Examples run whole, in a folder of their own, whatever their pages say around them.
    @Test("show what the program prints", arguments: examples)
    func example(_ example: Document.Example) throws {
        let outcome = try Self.outcome(of: example.command)
        #expect(Self.isExpected(outcome.status, of: example.command), "\(outcome.errors)")
        var printed = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        if printed.last == "" { printed.removeLast() }
        if ProcessInfo.processInfo.environment["HEADWAY_RENEW"] != nil {
            try Self.writing.withLock { _ in try example.write(example.renewed(from: printed)) }
        } else {
            #expect(example.agrees(with: printed), "it printed:\n\(outcome.output)")
        }
    }
}
