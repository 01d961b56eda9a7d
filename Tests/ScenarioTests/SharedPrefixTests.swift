import Scenario
import Testing
import Traces

@testable import Simulator

@Suite("What prompts share, and where it is lost")
struct SharedPrefixTests {
    /// Prompts of one to four segments, cut in different places, some of them of answers.
    private func requests(_ count: Int, gap: Int64) -> Workload {
        var workload = Workload()
        var state: UInt64 = 7
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for row in 0..<count {
            var segments: [Segment] = []
            let system = Int64(below(3))
            let length = 40 + below(4) * 50
            // The same tokens, in one segment or in two.
            if below(2) == 0 {
                segments.append(Segment(content: system, length: Int32(length)))
            } else {
                segments.append(Segment(content: system, length: 30))
                segments.append(Segment(content: system, offset: 30, length: Int32(length - 30)))
            }
            segments.append(Segment(content: Int64(10 + below(6)), length: Int32(1 + below(90))))
            if row > 4, below(2) == 0 {
                segments.append(
                    Segment(content: Int64(1000 + row - 1 - below(4)), length: Int32(1 + below(20)))
                )
            }
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * gap)
            workload.promptTokens.append(segments.reduce(0) { $0 + $1.length })
            workload.outputTokens.append(Int32(1 + below(30)))
            workload.outputContents.append(Int64(1000 + row))
            workload.segments += segments
            workload.segmentEnds.append(workload.segments.count)
        }
        return workload
    }

    /// Every token by its content and place: a prompt's, and an answer's but the last.
    private func tokens(_ workload: Workload, _ row: Int, answer: Bool) -> [[Int64]] {
        var tokens: [[Int64]] = []
        for segment in workload.segments(of: row) {
            for place in 0..<segment.length {
                tokens.append([segment.content, Int64(segment.offset + place)])
            }
        }
        guard answer else { return tokens }
        for place in 0..<max(0, workload.outputTokens[row] - 1) {
            tokens.append([workload.outputContents[row], Int64(place)])
        }
        return tokens
    }

    /// The naive model: against every earlier request, token by token.
    private func shared(
        _ workload: Workload, _ row: Int, among earlier: (Int) -> Bool
    ) -> Int {
        let mine = tokens(workload, row, answer: false)
        return (0..<row).filter(earlier).map { other in
            zip(mine, tokens(workload, other, answer: true)).prefix { $0 == $1 }.count
        }.max() ?? 0
    }

    private func run(_ workload: Workload, _ changes: [String]) throws -> RunResult {
        let plan = try Configuration.read(file: nil, changes: changes).resolved().plan
        return try simulate(plan, source: InMemorySource(workload))
    }

    @Test(
        "shared tokens and each loss are those of a naive model",
        arguments: [
            (["cluster.replicas=1"], 16), (["cluster.replicas=3"], 16),
            (["cluster.replicas=2", "cluster.router=round_robin"], 16),
            (["cluster.replicas=4", "cluster.router=random", "engine.block_size=64"], 64),
            (["cluster.replicas=1", "engine.num_gpu_blocks=30", "engine.max_model_len=400"], 16),
            (["cluster.replicas=1", "engine.block_size=1"], 1),
            (["cluster.replicas=2", "trace.concurrency=6"], 16),
        ], [1_000_000, 400_000_000] as [Int64])
    func naive(changes: (keys: [String], block: Int), gap: Int64) throws {
        let workload = requests(60, gap: gap)
        let result = try run(workload, changes.keys)
        var lost = LostReuse()
        var (all, notHeld) = (0, 0)
        let replicas = result.records.map(\.replica)
        for (row, record) in result.records.enumerated() {
            #expect(record.id == row && record.admitted >= 0)
            let prompt = Int(record.promptTokens)
            let hit = Int(record.hitTokens)
            let anywhere = shared(workload, row) { _ in true }
            let here = shared(workload, row) { replicas[$0] == record.replica }
            func whole(_ tokens: Int) -> Int {
                max(0, min(tokens, prompt - 1)) / changes.block * changes.block
            }
            #expect(hit <= whole(here))
            all += anywhere
            lost.lastToken += anywhere == prompt ? 1 : 0
            lost.blockSize += min(anywhere, prompt - 1) - whole(anywhere)
            lost.otherReplica += whole(anywhere) - whole(here)
            notHeld += whole(here) - hit
        }
        #expect(result.counters.sharedTokens == all && all > 1000)
        let found = result.counters.sharedTokensLost
        #expect(found.evicted + found.notComputed + found.window == notHeld)
        (lost.evicted, lost.notComputed) = (found.evicted, found.notComputed)
        lost.window = found.window
        #expect(found == lost)
        #expect(result.counters.hitTokens + lost.total == all)
        #expect(result.tellsSharing)
    }

    @Test("nothing is told without content, and without a cache")
    func silence() throws {
        let off = try run(requests(20, gap: 1_000_000), ["engine.enable_prefix_caching=false"])
        #expect(!off.tellsSharing && off.counters.sharedTokens == 0)
        var lengths = requests(20, gap: 1_000_000)
        lengths.segments = []
        lengths.segmentEnds = []
        lengths.outputContents = []
        let none = try run(lengths, [])
        #expect(!none.tellsSharing && none.counters.sharedTokens == 0)
    }

    /// What is forgotten counts as new; what stays in use is not forgotten.
    @Test("memory is bounded: the latest pieces are known")
    func forgetting() {
        var bound = ReuseBound(isOn: true, most: 100)
        func share(_ content: Int64) -> Int32 {
            let request = ArrivingRequest(
                id: 0, sequence: 0, arrival: 0, promptTokens: 50, outputTokens: 1, maxTokens: 1,
                priority: 0, abort: .max, outputContent: -1, isQuotable: false,
                content: [Segment(content: content, length: 50)])
            return bound.see(
                request.content, request.promptTokens, answer: request.quotableAnswer
            ).known
        }
        #expect(share(1) == 0 && share(2) == 0 && share(2) == 50)
        for content in 10..<400 as Range<Int64> {
            #expect(share(content) == 0)
            if content % 50 == 0 { #expect(share(1) == 50) }
        }
        #expect(share(2) == 0 && share(1) == 50 && share(399) == 50)
    }
}
