import Foundation
import TestSupport
import Testing

@testable import Scenario

@Suite("The table of the server's flags")
struct ServerFlagTests {
    /// A row of the list that the server's own parser gives.
    struct Row {
        var flag: String
        var aliases: [String]
        var negated: [String]
        var type: String
        var choices: [String]
        var usual: String
        var touches: String

        var name: String { flag.hasPrefix("--") ? String(flag.dropFirst(2)) : flag }
    }

    static func rows() throws -> [Row] {
        let file = evidence!.appendingPathComponent("vllm-flags.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines[0] == "flag,aliases,negated,type,choices,default,group,what,touches")
        return lines.dropFirst().map { line in
            let cells = cells(line)
            func words(_ cell: String) -> [String] { cell.split(separator: " ").map(String.init) }
            return Row(
                flag: cells[0], aliases: words(cells[1]), negated: words(cells[2]), type: cells[3],
                choices: words(cells[4]), usual: cells[5], touches: cells[8])
        }
    }

    private static func cells(_ line: Substring) -> [String] {
        var (cells, isQuoted) = ([""], false)
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
        }
        return cells
    }

    /// Flags that touch neither schedule nor memory, and yet answers: whether there are any, their
    /// lengths ("may cap outputs") and their delivery ("tokens per streamed piece").
    private static let answers = [
        "help", "generation-config", "override-generation-config", "stream-interval",
    ]

    private static let kinds: [String: ServerFlag.Kind] = [
        "flag": .toggle, "str": .text, "int": .integer, "float": .number, "json": .json,
        "list of str": .texts, "list of int": .integers,
        "int with k K m M g G t T": .count, "int with suffix, or auto, or -1": .length,
    ]

    @Test(
        "is that of the server's parser: every flag, alias, negation, choice and default",
        .enabled(if: evidence != nil, "the list of flags is not beside the checkout"))
    func parity() throws {
        let rows = try Self.rows()
        #expect(rows.count == 322 && ServerFlag.all.count == 322)
        #expect(Set(rows.map(\.name)) == Set(ServerFlag.all.map(\.name)))
        for row in rows {
            let flag = try #require(ServerFlag.all.first { $0.name == row.name })
            #expect(flag.aliases == row.aliases, "\(row.flag)")
            #expect(flag.negations == row.negated, "\(row.flag)")
            #expect(flag.choices == row.choices, "\(row.flag)")
            #expect(flag.usual == row.usual, "\(row.flag)")
            let isBare = row.type == "flag" && row.negated.isEmpty
            #expect(try flag.kind == (isBare ? .bare : #require(Self.kinds[row.type])))
            // What touches a schedule, memory or a step is never said to have no effect.
            let isIdle = flag.verdict == .noEffect
            let touchesNothing = row.touches == "none" && !Self.answers.contains(row.name)
            #expect(isIdle == touchesNothing, "\(row.flag)")
        }
    }

    @Test("has no spelling twice, and keys that exist")
    func sound() {
        let spellings = ServerFlag.all.flatMap { ["--" + $0.name] + $0.aliases + $0.negations }
        #expect(Set(spellings).count == spellings.count)
        let keys = Set(ConfigurationKey.all.map(\.path))
        for flag in ServerFlag.all {
            guard case .used(let key) = flag.verdict, flag.name != "config" else { continue }
            #expect(keys.contains(key), "\(flag.name): \(key)")
        }
    }

    @Test("refuses keys that are the server's flags with its own words")
    func keys() throws {
        for (path, words) in [
            ("engine.moe_backend", "not modelled: steps are priced with the measured kernels"),
            ("engine.speculative_config", "did you mean engine.spec_method?"),
            ("engine.diffusion_config", "not modelled: the server's flag serves a diffusion"),
            ("engine.tool_call_parser", "of no effect here: it changes no time and no decision"),
            ("engine.enable_expert_parallel", "did you mean engine.expert_parallel_size?"),
            ("engine.no_enable_prefix_caching", "did you mean engine.enable_prefix_caching?"),
            ("engine.max_num_batched_token", "did you mean engine.max_num_batched_tokens?"),
        ] {
            for attempt in [
                { try Configuration.read(file: nil, changes: [path + "=1"]) },
                {
                    let name = path.dropFirst("engine.".count)
                    var configuration = Configuration()
                    try configuration.apply(
                        .object(["engine": .object([String(name): .object([:])])]), place: "file")
                    return configuration
                },
            ] {
                let error = #expect(throws: (any Error).self) { _ = try attempt() }
                #expect("\(error!)".contains(words), "\(path): \(error!)")
            }
        }
    }
}
