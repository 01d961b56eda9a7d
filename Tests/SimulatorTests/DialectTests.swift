import Basics
import Foundation
import StepTime
import TestSupport
import Testing
import Traces

@testable import Simulator

/// A trace's format must not decide where its requests go.
@Suite("Routing does not depend on the trace's format")
struct DialectTests {
    /// The replica of every request of a trace's text.
    private func assignments(
        _ text: String, _ policy: RouterConfiguration.Policy
    ) throws -> [Int32] {
        try withTrace(text) { path in
            var plan = RunPlan(
                stepTime: StepTime(
                    LinearStepTime(
                        fixedMicroseconds: 2000, perTokenMicroseconds: 20,
                        perRequestMicroseconds: 2)))
            plan.engine.numGPUBlocks = 20_000
            plan.replicas = 8
            plan.router.policy = policy
            plan.router.affinitySlack = 2
            let result = try simulate(plan, source: openTrace(path).source)
            #expect(result.counters.finished == result.counters.requests)
            return result.records.map(\.replica)
        }
    }

    /// The same trace as native lines.
    private func native(_ text: String) throws -> String {
        try withTrace(text) { path in
            var source = try openTrace(path).source
            var writer = try TraceWriter(.native)
            var lines: [UInt8] = []
            while let batch = try source.next() { lines += try writer.write(batch) }
            return String(decoding: lines, as: UTF8.self)
        }
    }

    private func withTrace<Result>(
        _ text: String, _ body: (String) throws -> Result
    ) throws -> Result {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-" + UUID().uuidString)
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    private func check(_ text: String, named: String) throws {
        let converted = try native(text)
        for policy in RouterConfiguration.Policy.allCases {
            let (one, other) = (
                try assignments(text, policy), try assignments(converted, policy)
            )
            #expect(one == other, "\(named), \(policy.rawValue)")
        }
    }

    /// Rows of conversations and documents: block ids that begin with a common opening and go on
    /// with earlier turns.
    private func chains(_ random: inout SeededRandom, _ row: (Int, [Int]) -> String) -> String {
        var next = 100
        var known: [[Int]] = (0..<3).map { [30 * $0, 30 * $0 + 1] }
        return (0..<80).map { number in
            let shared = known[random.below(known.count)]
            var ids = Array(shared.prefix(1 + random.below(shared.count)))
            for _ in 0..<(1 + random.below(5)) {
                ids.append(next)
                next += 1
            }
            known.append(ids)
            return row(number, ids) + "\n"
        }.joined()
    }

    @Test("Mooncake rows and their native lines go the same ways", arguments: UInt64(1)...4)
    func mooncake(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let text = chains(&random) { number, ids in
            "{\"timestamp\": \(200 * number), \"input_length\": \(512 * ids.count), "
                + "\"output_length\": 20, \"hash_ids\": \(ids)}"
        }
        try check(text, named: "Mooncake, seed \(seed)")
    }

    @Test("Bailian rows and their native lines go the same ways", arguments: UInt64(1)...4)
    func bailian(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let text = chains(&random) { number, ids in
            "{\"chat_id\": \(number), \"parent_chat_id\": -1, \"timestamp\": \(number).25, "
                + "\"input_length\": \(16 * ids.count), \"output_length\": 20, "
                + "\"type\": \"text\", \"turn\": 1, \"hash_ids\": \(ids)}"
        }
        try check(text, named: "Bailian, seed \(seed)")
    }

    @Test("prompts without a common token are spread, whatever names a format gives them")
    func unshared() throws {
        let mooncake = (0..<16).map {
            "{\"timestamp\": \(8000 * $0), \"input_length\": 1024, \"output_length\": 8, "
                + "\"hash_ids\": [\(2 * $0), \(2 * $0 + 1)]}\n"
        }.joined()
        let lines = (0..<16).map {
            "{\"id\": \($0), \"arrival_us\": \(8_000_000 * $0), "
                + "\"segments\": [[\(1000 + $0), 1024]], \"output_tokens\": 8}\n"
        }.joined()
        let choices = try assignments(mooncake, .prefixAffinity)
        for replica in Int32(0)..<8 { #expect(choices.count { $0 == replica } == 2) }
        #expect(try assignments(lines, .prefixAffinity) == choices)
        try check(mooncake, named: "unshared")
    }

    @Test("requests that share an opening go together in both formats")
    func groups() throws {
        var (mooncake, lines) = ("", "")
        for number in 0..<12 {
            let (group, tail) = (number % 4, 4 + 2 * number)
            mooncake +=
                "{\"timestamp\": \(500 * number), \"input_length\": 1536, "
                + "\"output_length\": 40, \"hash_ids\": [\(group), \(tail), \(tail + 1)]}\n"
            lines +=
                "{\"id\": \(number), \"arrival_us\": \(500_000 * number), \"segments\": "
                + "[[\(100 + group), 512], [\(200 + number), 1024]], \"output_tokens\": 40}\n"
        }
        let choices = try assignments(mooncake, .prefixAffinity)
        #expect(try assignments(lines, .prefixAffinity) == choices)
        for number in 4..<12 { #expect(choices[number] == choices[number - 4]) }
        #expect(Set(choices).count == 4)
    }
}
