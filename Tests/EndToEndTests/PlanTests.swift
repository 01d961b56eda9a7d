import Foundation
import TestSupport
import Testing

/// Changes to the default configuration.
private let ways: [[String]] = [
    [], ["engine.async_scheduling=false"], ["engine.num_gpu_blocks=160"], ["engine.advance=step"],
    ["cluster.replicas=3", "cluster.router=round_robin"], ["model.name=gpt-oss-20b"],
]

/// What runs write of their decisions in short.
@Suite("Decisions that stand for many steps")
struct PlanTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Requests that come in bursts, of which some give up, in pools with room and without.
    private func trace() throws -> String {
        let rows = (0..<120).map { row in
            "{\"id\": \(row), \"arrival_us\": \(row / 3 * 60_000), \"prompt_tokens\": "
                + "\(20 + row * 37 % 900), \"output_tokens\": \(1 + row * 29 % 150), "
                + "\"max_tokens\": 200\(row % 9 == 4 ? ", \"abort_us\": \(row * 25_000)" : "")}\n"
        }
        return try scratch.write("t.jsonl", Array(rows.joined().utf8))
    }

    /// Sorted, because when replicas are looked at depends on what is watched.
    private func lines(_ file: String) throws -> [Substring] {
        try scratch.text(file).split(separator: "\n").map { line in
            line.hasPrefix(",") ? line.dropFirst() : line
        }.sorted()
    }

    private func objects(_ file: String) throws -> [[String: Any]] {
        try scratch.text(file).split(separator: "\n").map { line in
            let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(value as? [String: Any])
        }
    }

    @Test("say what the log of every step says, and the same whichever is written", arguments: ways)
    func expand(changes: [String]) throws {
        var arguments = ["run", "--trace", try trace(), "--json", "--set", "output.plans=true"]
        arguments += ["--set", "output.timeline=true"]
        for change in changes { arguments += ["--set", change] }
        let short = try Executable.run(arguments + ["--out", scratch.path + "/a"])
        let long = try Executable.run(
            arguments + ["--out", scratch.path + "/b", "--set", "output.decisions=true"])
        #expect(short.status == 0 && short.errors.isEmpty, "\(short.errors)")
        #expect(short.output == long.output)
        for file in ["plans.jsonl", "timeline.json"] {
            #expect(try lines("a/" + file) == lines("b/" + file), "\(file)")
        }

        var steps: [[Int]: [String: Any]] = [:]
        for step in try objects("b/steps.jsonl") where step["s"] != nil {
            steps[[step["replica"] as? Int ?? 0, try #require(step["s"] as? Int)]] = step
        }
        var told = 0
        var together = 0
        for plan in try objects("a/plans.jsonl") {
            let first = try #require(plan["s"] as? Int)
            let times = try #require(plan["n"] as? Int)
            let replica = plan["replica"] as? Int ?? 0
            let entries =
                (plan["members"] as? Int ?? 0) + ((plan["sched"] as? [Any])?.count ?? 0)
            for number in first..<(first + times) {
                let step = try #require(steps[[replica, number]])
                #expect((step["sched"] as? [Any])?.count == entries, "step \(number)")
            }
            let last = try #require(steps[[replica, first + times - 1]])
            for key in ["w", "r", "free"] {
                #expect(plan[key] as? Int == last[key] as? Int, "\(key) of \(plan)")
            }
            told += times
            if times > 1 { together += times }
        }
        #expect(told == steps.count && together > told / 3)
    }
}
