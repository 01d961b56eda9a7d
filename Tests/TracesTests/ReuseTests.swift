import Basics
import TestSupport
import Testing

@testable import Traces

/// Prompts that share beginnings of every length, and some that end inside others.
private func prompts(seed: UInt64, count: Int = 60) -> Workload {
    var random = SeededRandom(seed: seed)
    var trace = BatchColumns(capacity: count)
    var earlier: [[Segment]] = []
    for id in 0..<count {
        var path: [Segment] = []
        if !earlier.isEmpty, random.uniform() < 0.8 {
            var left = Int32(1 + random.below(200))
            for segment in earlier[random.below(earlier.count)] where left > 0 {
                let length = min(left, segment.length)
                path.appendPiece(
                    segment.content, offset: segment.offset, length: length, from: 0)
                left -= length
            }
        }
        for _ in 0..<random.below(3) + (path.isEmpty ? 1 : 0) {
            let content = Int64(random.below(6))
            path.appendPiece(
                content, offset: Int32(random.below(3)), length: Int32(1 + random.below(70)),
                from: 0)
        }
        earlier.append(path)
        var row = TraceRow()
        row.id = Int64(id)
        row.prompt = path.reduce(0) { $0 + Int64($1.length) }
        // Every other answer is one that later prompts may go on from.
        row.output = Int64(id % 2 == 0 ? 1 : 1 + random.below(60))
        row.outputContent = Int64(100 + id)
        if row.output > 1 {
            earlier[id].appendPiece(
                row.outputContent, offset: 0, length: Int32(row.output - 1), from: 0)
        }
        trace.segments += path
        trace.append(row, arrival: Int64(id * id) * 1_000)
    }
    return trace.take()
}

/// A token as its content and position.
private struct Token: Hashable {
    let content: Int64
    let position: Int32
}

private func tokens(_ trace: Workload, _ row: Int) -> [Token] {
    trace.segments(of: row).flatMap { segment in
        (0..<segment.length).map {
            Token(content: segment.content, position: segment.offset + $0)
        }
    }
}

@Suite struct Reuse {
    /// Against blocks kept one by one in a list by last use.
    @Test(arguments: UInt64(1)...12)
    func blocksCountedBySegmentsAreThoseCountedOneByOne(_ seed: UInt64) {
        let trace = prompts(seed: seed)
        var reuse = PrefixReuse()
        reuse.add(trace)
        let result = reuse.finish()
        var recent: [[Token]] = []
        var lastUse: [[Token]: Int64] = [:]
        var (hits, total, unique, withHit) = (0, 0, 0, 0)
        var (distances, gaps): ([Int], [Int64]) = ([], [])
        var reused: Set<[Token]> = []
        for row in 0..<trace.count {
            let all = tokens(trace, row)
            let before = hits
            for end in stride(from: 16, through: all.count, by: 16) {
                let block = Array(all[..<end])
                total += 1
                if let place = recent.lastIndex(of: block) {
                    hits += 1
                    distances.append(recent.count - 1 - place)
                    gaps.append(trace.arrivals[row] - lastUse[block]!)
                    reused.insert(block)
                    recent.remove(at: place)
                } else {
                    unique += 1
                }
                recent.append(block)
                lastUse[block] = trace.arrivals[row]
            }
            let answer = (0..<trace.outputTokens[row] - 1).map {
                Token(content: trace.outputContents[row], position: $0)
            }
            let stored = all + answer
            for end in stride(from: 16, through: stored.count, by: 16) where end > all.count {
                let block = Array(stored[..<end])
                if let place = recent.lastIndex(of: block) {
                    recent.remove(at: place)
                } else {
                    unique += 1
                }
                recent.append(block)
                lastUse[block] = trace.arrivals[row]
            }
            if hits > before { withHit += 1 }
        }
        #expect(result.totalBlocks == total && result.uniqueBlocks == unique, "seed \(seed)")
        #expect(result.hitBlocks == hits && result.hitTokens == 16 * hits, "seed \(seed)")
        #expect(result.requestsWithHit == withHit, "seed \(seed)")
        #expect(result.reusedBlocks == reused.count, "seed \(seed)")
        for capacity in [1, 2, 5, 20, 100] {
            let held = Double(distances.filter { $0 < capacity }.count) / Double(total)
            #expect(result.lruHitRatio(capacity: capacity) == held, "seed \(seed)")
        }
        var counted = CountedValues()
        for gap in gaps { counted.add(gap) }
        counted.sort()
        let expected = counted.quantiles([0.5, 0.9, 0.99]).map { $0 * 1e-9 }
        #expect(result.gapSeconds == expected, "seed \(seed)")
    }

    /// A session's answers are hit by its next prompt: one bound, whoever tells it.
    @Test(arguments: ["chat.jsonl.gz", "coding-agents.jsonl.gz", "retrieval.jsonl.gz"])
    func anEndlessCacheHitsWhatThePageStudySays(_ name: String) throws {
        let path = packageRoot.appendingPathComponent("traces/\(name)").path
        let (source, notes) = try openTrace(path)
        let reuse = try #require(try TraceInfo(source, notes: notes).reuse)
        let log = try ReuseLog(try openTrace(path).0)
        let hits = PageCurve(log, pageTokens: 16).hitRatio(pages: .max)
        #expect(reuse.hitTokens > 0)
        #expect(abs(Double(reuse.hitTokens) / Double(reuse.baseTokens) - hits) < 1e-12)
    }

    @Test func aBlockBehindAnotherOneThanBeforeIsNoHit() throws {
        let rows = [[20, 21, 22], [20, 23, 24], [21, 24, 26]].enumerated().map {
            "{\"timestamp\":\($0),\"input_length\":1536,\"output_length\":5,\"hash_ids\":\($1)}\n"
        }
        try withFile(rows.joined()) { path in
            let (source, notes) = try openTrace(path)
            let reuse = try #require(try TraceInfo(source, notes: notes).reuse)
            #expect(reuse.hitBlocks == 1 && reuse.totalBlocks == 9 && reuse.uniqueBlocks == 8)
        }
    }

    @Test func theLongestPromptsAreCountedAtOnce() throws {
        let rows = (0..<40).map {
            "{\"id\":\($0),\"arrival_us\":\($0),\"segments\":[[\($0 / 2),100000000]],"
                + "\"output_tokens\":5}\n"
        }
        try withFile(rows.joined()) { path in
            let (source, notes) = try openTrace(path)
            let reuse = try #require(try TraceInfo(source, notes: notes).reuse)
            #expect(reuse.totalBlocks == 250_000_000 && reuse.hitBlocks == 125_000_000)
            #expect(reuse.distances == [6_249_999, 6_249_999, 6_249_999])
        }
    }
}

@Suite struct Exports {
    @Test(arguments: UInt64(1)...12)
    func numbersOfBlocksAreThoseGivenOneByOne(_ seed: UInt64) {
        let trace = prompts(seed: seed)
        var numbers = BlockNumbers(blockTokens: 16)
        var known: [[Token]: Int64] = [:]
        for row in 0..<trace.count {
            var written: [Int64] = []
            numbers.forEachBlock(of: trace, row) { written.append($0) }
            let all = tokens(trace, row)
            var expected: [Int64] = []
            for end in stride(from: 16, through: all.count + 15, by: 16) {
                let block = Array(all[..<min(end, all.count)])
                let number = known[block] ?? Int64(known.count)
                known[block] = number
                expected.append(number)
            }
            #expect(written == expected, "seed \(seed), row \(row)")
        }
    }

    private func losses(_ rows: [String], _ format: TraceFormat) throws -> [String] {
        try withFile(rows.joined(separator: "\n")) { path in
            var writer = try TraceWriter(format)
            _ = try writer.write(readAll(path).workload)
            return writer.losses
        }
    }

    private func row(_ id: Int, _ micros: Int, _ segments: String) -> String {
        "{\"id\":\(id),\"arrival_us\":\(micros),\"segments\":[\(segments)],\"output_tokens\":5}"
    }

    @Test func sharingBelowABlockIsALoss() throws {
        let parts = [row(0, 0, "[7,300],[1,100]"), row(1, 0, "[7,300],[2,100]")]
        #expect(
            try losses(parts, .mooncake)
                == ["sharing of less than a block of 512 tokens (300 of 300 shared prompt tokens)"])
        #expect(
            try losses(parts, .bailian)
                == ["sharing of less than a block of 16 tokens (12 of 300 shared prompt tokens)"])
        let whole = [row(0, 0, "[7,1000]"), row(1, 0, "[7,1000]"), row(2, 0, "[7,512],[8,9]")]
        #expect(try losses(whole, .mooncake).isEmpty)
    }

    @Test(arguments: [TraceFormat.azure, .burstgpt, .lengths])
    func theOriginOfTimeIsALossWhereTimesCountFromTheFirst(_ format: TraceFormat) throws {
        let late = try losses([row(0, 1_500_000, "[7,9]")], format)
        #expect(late.contains("origin of time (the first request, at 1.5 s, becomes 0 s)"))
        #expect(try losses([row(0, 0, "[7,9]")], format) == ["content identity"])
    }

    @Test func readersSayWhereTheFilesClockBegan() throws {
        let text = "arrived_at,num_prefill_tokens,num_decode_tokens\n5,100,5\n6,100,5\n"
        let notes = try withFile(text) { try readAll($0).notes }
        #expect(notes.origin == 5_000_000_000)
    }

    @Test func promptsOfTooManyBlocksAreRefused() throws {
        let long = [row(0, 0, "[7,100000000]")]
        #expect(throws: InputError.self) { try losses(long, .bailian) }
        #expect(try losses(long, .mooncake).isEmpty)
    }

    @Test func onlyBranchesOfSessionsAreLostToMooncake() throws {
        func turn(_ id: Int, after: Int) -> String {
            "{\"id\":\(id),\"arrival_us\":0,\"prompt_tokens\":5,\"output_tokens\":5,"
                + "\"after\":\(after)}"
        }
        let first = #"{"id":0,"arrival_us":0,"prompt_tokens":5,"output_tokens":5,"after":null}"#
        let chain = [first, turn(1, after: 0), turn(2, after: 1)]
        #expect(try losses(chain, .mooncake).isEmpty)
        let branch = [first, turn(1, after: 0), turn(2, after: 0)]
        #expect(try losses(branch, .mooncake) == ["branches of sessions"])
    }
}
