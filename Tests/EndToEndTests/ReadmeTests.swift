import Foundation
import TestSupport
import Testing

/// The README's commands, run as they stand.
@Suite("The README")
struct ReadmeTests {
    private static let text: String = {
        let file = packageRoot.appendingPathComponent("README.md")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    /// The lines of the blocks fenced as `sh`.
    static let commands: [String] = {
        var commands: [String] = []
        var isInside = false
        for line in text.split(separator: "\n").map(String.init) {
            if line.hasPrefix("```") {
                isInside = line == "```sh"
            } else if isInside {
                commands.append(line)
            }
        }
        return commands
    }()

    @Test("shows commands, and every verb")
    func coverage() throws {
        #expect(Self.commands.count >= 8)
        for command in Self.commands { #expect(command.hasPrefix("headway "), "\(command)") }
        let overview = try Executable.run([]).output
        let verbs = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.dropFirst(2).split(separator: "  ").first }
        #expect(verbs.contains("run"))
        for verb in verbs {
            let isShown = Self.commands.contains { $0.hasPrefix("headway \(verb) ") }
            #expect(isShown, "\(verb) is not shown")
        }
    }

    /// Each command, in a folder where the package's files and traces of the named formats lie.
    /// Runs are cut to 300 requests, because tests run unoptimised.
    @Test("gives commands that work", arguments: commands)
    func command(_ command: String) throws {
        let scratch = try ScratchFolder()
        let manager = FileManager.default
        for name in ["configs", "traces", "Tests"] {
            let target = packageRoot.appendingPathComponent(name).path
            if manager.fileExists(atPath: target) {
                try manager.createSymbolicLink(
                    atPath: scratch.path + "/" + name, withDestinationPath: target)
            }
        }
        let azure =
            "TIMESTAMP,ContextTokens,GeneratedTokens\n"
            + (10..<40).map { "2023-11-16 18:15:\($0).5000000,\($0 * 9),\($0)\n" }.joined()
        _ = try scratch.write("AzureLLMInferenceTrace_conv.csv", Array(azure.utf8))
        let mooncake = (0..<30).map { row in
            "{\"timestamp\": \(row * 100), \"input_length\": 600, \"output_length\": 20, "
                + "\"hash_ids\": [0, \(row + 1)]}\n"
        }
        _ = try scratch.write("conversation_trace.jsonl", Array(mooncake.joined().utf8))
        var line = command.replacing(/^headway/, with: "\"$HEADWAY\"")
        switch command.split(separator: " ")[1] {
        case "run": line += " --limit 300"
        case "compare", "diff", "gate": line += " --set trace.limit=300"
        // Walking every capture unoptimised takes minutes; one gait shows that the command works.
        case "conform": line += " --gait stride"
        default: break
        }
        let outcome = try Executable.shell(line, in: scratch.path)
        // `diff` ends with 1 where schedules differ, as they do in its example.
        let expected: Int32 = command.hasPrefix("headway diff") ? 1 : 0
        #expect(outcome.status == expected, "\(outcome.errors)")
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(!outcome.output.isEmpty)
    }
}
