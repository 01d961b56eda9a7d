import Basics
import Foundation
import Testing
import Traces

/// Turns and what their rows must not silently mean.
@Suite struct TurnsOfSessions {
    private let twoHours: Int64 = 7_200_000_000
    private var strict: TraceOptions {
        var options = TraceOptions()
        options.isStrict = true
        return options
    }

    /// Sessions whose second turn comes two hours after the first, by format.
    private static let pauses = [
        "{\"id\":0,\"arrival_us\":0,\"prompt_tokens\":9,\"output_tokens\":5,\"after\":null}\n"
            + "{\"id\":1,\"arrival_us\":9,\"prompt_tokens\":9,\"output_tokens\":5,\"after\":0,"
            + "\"think_us\":7200000000}\n",
        "{\"session_id\":1,\"timestamp\":0,\"input_length\":9,\"output_length\":5}\n"
            + "{\"session_id\":1,\"delay\":7200000,\"input_length\":9,\"output_length\":5}\n",
        "{\"chat_id\":0,\"timestamp\":0,\"input_length\":9,\"output_length\":5}\n"
            + "{\"chat_id\":1,\"parent_chat_id\":0,\"timestamp\":7202.5,\"input_length\":9,"
            + "\"output_length\":5}\n",
        "Timestamp,Session ID,Request tokens,Response tokens\n0,a,9,5\n7205,a,9,5\n",
        "{\"requests\":[{\"t\":0,\"in\":60,\"out\":9,\"api_time\":1},"
            + "{\"t\":7205,\"in\":60,\"out\":9}]}\n",
        ["0", "7201000000000"].map { start in
            "{\"startTimeUnixNano\":\"\(start)\",\"endTimeUnixNano\":\"\(start)\",\"attributes\":"
                + "{\"gen_ai.usage.input_tokens\":9,\"gen_ai.usage.output_tokens\":5,"
                + "\"gen_ai.conversation.id\":\"c\"}}\n"
        }.joined(),
    ]

    @Test(arguments: pauses)
    func pausesThatAreCutAreCounted(_ text: String) throws {
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.thinkTimes == [0, 3_600_000_000_000])
        #expect(notes.quirks.map(\.quirk) == [.longGap])
        #expect(notes.quirks.map(\.count) == [1])
        #expect(try failure(text, strict).contains("long gap"))
        var open = strict
        open.followsSessions = false
        if !text.contains("requests") {
            #expect(try withFile(text) { try readAll($0, open).workload.count } == 2)
        }
    }

    @Test func aTurnThatFollowsItselfIsRefused() throws {
        let native =
            "{\"id\":3,\"arrival_us\":0,\"prompt_tokens\":9,\"output_tokens\":5,\"after\":3}\n"
        let bailian =
            "{\"chat_id\":3,\"parent_chat_id\":3,\"timestamp\":0,\"input_length\":9,"
            + "\"output_length\":5}\n"
        for text in [native, bailian] {
            #expect(try failure(text).contains("the request 3 follows itself"))
            #expect(try failure(text, strict).contains("follows itself"))
        }
    }

    private func session(_ turns: [(length: Int, ids: [Int]?)]) -> String {
        turns.map { length, ids in
            "{\"session_id\":\"a\",\"timestamp\":0,\"input_length\":\(length),\"output_length\":5"
                + (ids.map { ",\"hash_ids\":\($0)" } ?? "") + "}\n"
        }.joined()
    }

    @Test func turnsThatAreNoWholePromptsAreCounted() throws {
        let whole = session([(1_024, [0, 1]), (2_048, [0, 1, 2, 3]), (1_536, [0, 1, 4])])
        #expect(try withFile(whole) { try readAll($0, strict).notes.quirks }.isEmpty)
        for added in [
            session([(1_024, [0, 1]), (512, [2]), (512, [3])]),
            session([(512, [0]), (512, [1]), (1_024, [2, 3])]),
            session([(900, nil), (500, nil), (400, nil)]),
        ] {
            let notes = try withFile(added) { try readAll($0).notes }
            #expect(notes.quirks.map(\.quirk) == [.unsharedTurn])
            #expect(notes.quirks.map(\.count) == [2])
            #expect(try failure(added, strict).contains("shares no block"))
        }
    }
}

/// Ids that stand for a partial block in one row and for a full one in another.
@Suite struct PartialBlocks {
    private func text(_ rows: [(length: Int, ids: [Int])]) -> String {
        rows.map { length, ids in
            "{\"timestamp\":0,\"input_length\":\(length),\"output_length\":5,\"block_size\":16,"
                + "\"hash_ids\":\(ids)}\n"
        }.joined()
    }

    private func clashes(_ rows: [(length: Int, ids: [Int])]) throws -> Int {
        let quirks = try withFile(text(rows)) { try readAll($0).notes.quirks }
        return quirks.first { $0.quirk == .partialID }?.count ?? 0
    }

    @Test func anIdOfBothIsCountedInEitherOrder() throws {
        #expect(try clashes([(20, [0, 1]), (48, [0, 1, 2])]) == 1)
        #expect(try clashes([(48, [0, 1, 2]), (20, [0, 1])]) == 1)
        #expect(try clashes([(20, [0, 1]), (48, [0, 2, 3]), (20, [0, 1])]) == 0)
        #expect(try clashes([(20, [0, 1]), (30, [0, 1])]) == 1)
        #expect(try clashes([(20, [0, 9]), (30, [0, 9]), (20, [0, 9])]) == 1)
        #expect(try clashes([(32, [0, 1]), (48, [0, 1, 2]), (48, [0, 3, 2])]) == 0)
        var strict = TraceOptions()
        strict.isStrict = true
        let message = try failure(text([(20, [0, 1]), (48, [0, 1, 2])]), strict)
        #expect(message.hasPrefix("FILE:2: a hash id of a partial block is a longer block"))
        let bailian =
            "{\"chat_id\":0,\"timestamp\":0,\"input_length\":20,\"output_length\":5,"
            + "\"hash_ids\":[0,1]}\n{\"chat_id\":1,\"timestamp\":0,\"input_length\":32,"
            + "\"output_length\":5,\"hash_ids\":[0,1]}\n"
        #expect(try failure(bailian, strict).contains("a hash id of a partial block"))
    }

    @Test func agreesWithTwoSetsWhateverTheIds() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<60 {
            var rows: [(length: Int, ids: [Int])] = []
            var fresh = round % 3 == 1 ? 5 : 0
            var full: Set<Int> = []
            var partial: [Int: Int] = [:]
            var expected = 0
            for _ in 0..<40 {
                // Ids as they count up, with parts of rows before; now and then any at all.
                var ids = Array((rows.randomRow(&random)?.ids ?? []).prefix(random.below(90)))
                for _ in 0..<random.below(80) {
                    ids.append(fresh)
                    fresh += 1
                }
                if round % 3 == 2, random.below(4) == 0 { ids.append(random.below(1 << 40)) }
                if ids.isEmpty {
                    ids = [fresh]
                    fresh += 1
                }
                let isPartial = random.below(3) == 0
                let short = isPartial ? 1 + random.below(3) : 0
                rows.append((16 * ids.count - short, ids))
                let whole = isPartial ? ids.dropLast() : ids[...]
                full.formUnion(whole)
                var clashes = whole.contains { partial[$0] != nil }
                if isPartial {
                    let known = partial[ids.last!] ?? short
                    clashes = clashes || full.contains(ids.last!) || known != short
                    partial[ids.last!] = known
                }
                expected += clashes ? 1 : 0
            }
            #expect(try clashes(rows) == expected, "seed \(seed), round \(round)")
        }
    }
}

extension [(length: Int, ids: [Int])] {
    fileprivate func randomRow(_ random: inout SeededRandom) -> Element? {
        isEmpty ? nil : self[random.below(count)]
    }
}
