import Basics
import Experiments
import Foundation
import Policies
import Simulator

// Gates a policy against vLLM's first come, first served: what it buys, and whom it costs.
//
//     swift run -c release try-policy pass-over ../../gate.json5

/// The policies to choose from. Add yours.
let policies: [(name: String, policy: any SchedulingPolicy)] = [
    ("pass-over", PassOver()), ("short-first", ShortRequestsFirst()),
    ("attention-work", AgedAttentionWork()), ("feedback", SkipJoinFeedback()),
    ("prefill-limit", PrefillLimit()), ("prefill-budget", PrefillBudget()),
]

/// Every case before and with the policy, and how requests fare by length of their prompts.
func gate(_ policy: any SchedulingPolicy, on path: String) throws -> String {
    var suite = try GateSuite.read(path)
    let baseline = try GateBaseline(
        suite: suite.name, cases: suite.measure(), costs: suite.costs())
    suite.policy = policy
    let judgement = try GateJudgement(suite, baseline)
    let result = try judgement.explained(judgement.judge(suite.measure()))
    return result.text
}

let arguments = CommandLine.arguments.dropFirst()
guard let name = arguments.first, arguments.count <= 2,
    let chosen = policies.first(where: { $0.name == name })
else {
    let names = policies.map(\.name).joined(separator: ", ")
    FileHandle.standardError.write(Data("usage: try-policy NAME [SUITE.json5]: \(names)\n".utf8))
    exit(2)
}
do {
    print(try gate(chosen.policy, on: arguments.dropFirst().first ?? "../../gate.json5"))
} catch let error as InputError {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
}
