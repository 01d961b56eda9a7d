import Basics
import Experiments
import Foundation
import Policies
import Simulator

// Gates policies against vLLM's first come, first served: what they buy, and whom they cost.
//
//     swift run -c release try-policy pass-over
//     swift run -c release try-policy all ../../gate.json5 trace.rate_scale=0.3

/// The policies to choose from. Add yours.
let policies: [(name: String, policy: any SchedulingPolicy)] = [
    ("pass-over", PassOver()), ("short-first", ShortRequestsFirst()),
    ("attention-work", AgedAttentionWork()), ("feedback", SkipJoinFeedback()),
    ("prefill-limit", PrefillLimit()), ("prefill-budget", PrefillBudget()),
]

/// How the requests of a case fare, by the length of their prompts: milliseconds before and now.
func change(from before: GateCost, to now: GateCost) -> String {
    var lines: [String] = []
    for (old, new) in zip(before.groups, now.groups) {
        let prompts = new.limit.map { "up to \($0)" } ?? "longer"
        let cells = [old.ttft, new.ttft, old.e2el, new.e2el].map { String(format: "%.1f", $0) }
        lines.append(
            "\(now.name), prompts \(prompts): \(new.requests) requests, "
                + "TTFT \(cells[0]) -> \(cells[1]) ms, E2E \(cells[2]) -> \(cells[3]) ms")
    }
    return lines.joined(separator: "\n")
}

/// Prints every case before and with each policy, and how requests fare.
func gate(_ chosen: [String], on path: String, _ changes: [String]) throws {
    var suite = try GateSuite.read(path, changes: changes)
    let costs = try suite.costs()
    let baseline = try GateBaseline(suite: suite.name, cases: suite.measure())
    for (name, policy) in policies where chosen.contains(name) {
        suite.policy = policy
        print("== \(name) ==")
        print(try GateJudgement(suite, baseline).judge(suite.measure()).text + "\n")
        let now = try suite.costs()
        print(zip(costs, now).map { change(from: $0, to: $1) }.joined(separator: "\n") + "\n")
    }
}

let arguments = CommandLine.arguments.dropFirst()
let names = policies.map(\.name)
guard let name = arguments.first, name == "all" || names.contains(name) else {
    let usage = "usage: try-policy NAME [SUITE.json5 [KEY=VALUE ...]]; NAME is all, "
    let list = names.joined(separator: ", ")
    FileHandle.standardError.write(Data("\(usage)\(list)\n".utf8))
    exit(2)
}
let suite = arguments.dropFirst().first ?? "../../gate.json5"
do {
    try gate(name == "all" ? names : [name], on: suite, Array(arguments.dropFirst(2)))
} catch let error as InputError {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
}
