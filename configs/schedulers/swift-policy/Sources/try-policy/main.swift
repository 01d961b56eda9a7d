import Basics
import Experiments
import Foundation
import Policies
import Reports
import Scenario

// Compares policies with the configured one, vLLM's first come, first served: what they gain, and
// which requests they cost.
//
//     swift run -c release try-policy gate all
//     swift run -c release try-policy gate pass-over gate.json5 --seeds 12
//     swift run -c release try-policy compare pass-over config.json5 trace.rate_scale=0.3
//     swift run -c release try-policy diff pass-over config.json5 trace.limit=500

/// The policies to choose from. Add yours.
let policies = [
    PolicyExperiment(PassOver(), name: "pass-over"),
    PolicyExperiment(ShortRequestsFirst(), name: "short-first"),
    PolicyExperiment(AgedAttentionWork(), name: "attention-work"),
    PolicyExperiment(SkipJoinFeedback(), name: "feedback"),
    PolicyExperiment(PrefillLimit(), name: "prefill-limit"),
    PolicyExperiment(PrefillBudget(), name: "prefill-budget"),
]

let usage = """
    usage: try-policy gate NAME|all [SUITE.json5] [--seeds N] [KEY=VALUE ...]
           try-policy compare NAME|all [CONFIG.json5] [KEY=VALUE ...]
           try-policy diff NAME [CONFIG.json5] [KEY=VALUE ...]
    NAME: \(policies.map(\.name).joined(separator: ", "))
    """

/// The arguments after the verb and the name.
struct Operands {
    var file: String?
    var seeds: Int?
    /// KEY=VALUE changes for every configuration.
    var changes: [String] = []

    init(_ words: [String]) throws {
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--seeds" {
                guard let count = words.popFirst().flatMap(Int.init), (1...10_000).contains(count)
                else { throw InputError("--seeds", "has no number", expected: "1 to 10000") }
                seeds = count
            } else if word.contains("=") {
                changes.append(word)
            } else if file == nil, !word.hasPrefix("-") {
                file = word
            } else {
                throw InputError(
                    word, "is one operand too many", expected: "one file, --seeds N, KEY=VALUE")
            }
        }
    }
}

/// Compares each policy with the suite, prints the pages, and returns the worst exit status: 0
/// pass, 1 regression, 3 inconclusive.
func gate(_ chosen: [PolicyExperiment], _ operands: Operands) throws -> Int32 {
    var suite = try GateSuite.read(operands.file ?? "gate.json5", changes: operands.changes)
    if let seeds = operands.seeds { suite.seeds = Array(suite.seeds[0]..<suite.seeds[0] + seeds) }
    let results = try chosen.map { experiment in
        let result = try experiment.gate(suite)
        print("== \(experiment.name) ==\n\(result.text)\n")
        return result.exitStatus
    }
    return results.contains(1) ? 1 : results.max() ?? 0
}

/// Executes the command line. Returns the exit status.
func run(_ words: [String]) throws -> Int32 {
    guard words.count >= 2, ["gate", "compare", "diff"].contains(words[0]) else {
        FileHandle.standardError.write(Data((usage + "\n").utf8))
        return 2
    }
    let chosen = policies.filter { words[1] == "all" || $0.name == words[1] }
    guard !chosen.isEmpty, words[0] != "diff" || chosen.count == 1 else {
        throw InputError(
            words[0], "has no policy \"\(words[1])\" to work on",
            expected: policies.map(\.name).joined(separator: ", "))
    }
    let operands = try Operands(Array(words.dropFirst(2)))
    if words[0] == "gate" { return try gate(chosen, operands) }
    guard operands.seeds == nil else {
        throw InputError("--seeds", "is for gate only", expected: "seed=N")
    }
    let configuration = try Configuration.read(file: operands.file, changes: operands.changes)
    if words[0] == "compare" {
        print(ComparisonReport(try PolicyExperiment.rank(chosen, over: configuration)).text)
        return 0
    }
    let difference = try chosen[0].diff(configuration)
    print(difference.text)
    return difference.isDifferent ? 1 : 0
}

do {
    exit(try run(Array(CommandLine.arguments.dropFirst())))
} catch let error as InputError {
    FileHandle.standardError.write(Data("try-policy: \(error)\n".utf8))
    exit(2)
}
