import Basics
import Foundation
import Scenario
import Simulator
import TestSupport
import Testing
import Traces

@testable import Experiments

/// Hands a trace on in batches of a size.
private struct InBatches: RequestSource {
    var workload: Workload
    var size: Int
    private var row = 0

    init(_ workload: Workload, of size: Int) { (self.workload, self.size) = (workload, size) }

    mutating func next() -> Workload? {
        guard row < workload.count else { return nil }
        let rows = row..<min(workload.count, row + size)
        row = rows.upperBound
        var batch = Workload()
        batch.ids = Array(workload.ids[rows])
        batch.arrivals = Array(workload.arrivals[rows])
        batch.promptTokens = Array(workload.promptTokens[rows])
        batch.outputTokens = Array(workload.outputTokens[rows])
        batch.predecessors = Array(workload.predecessors[rows])
        batch.thinkTimes = Array(workload.thinkTimes[rows])
        return batch
    }
}

@Suite("A stretch of a trace with sessions")
struct StretchTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Turns of up to a few sessions at once, a turn in ten begins a new one.
    private func sessions(_ count: Int, _ random: inout SeededRandom) -> Workload {
        var trace = Workload()
        var last: [Int64] = []
        for row in 0..<count {
            let id = Int64(100 + row)
            trace.ids.append(id)
            trace.arrivals.append(Int64(row) * 50_000_000)
            trace.promptTokens.append(Int32(20 + random.below(200)))
            trace.outputTokens.append(Int32(1 + random.below(20)))
            let isFirst = last.isEmpty || random.below(10) == 0
            let place = isFirst ? last.count : random.below(last.count)
            trace.predecessors.append(isFirst ? -1 : last[place])
            trace.thinkTimes.append(isFirst ? 0 : Int64(random.below(2_000)) * 1_000_000)
            if isFirst { last.append(id) } else { last[place] = id }
        }
        return trace
    }

    private func all(_ source: some RequestSource) throws -> Workload {
        var source = source
        var all = Workload()
        while let batch = try source.next() { all.append(contentsOf: batch) }
        return all
    }

    @Test("is a closed loop: turns wait for turns within it, the others come at their own times")
    func closedLoop() throws {
        let seed: UInt64 = 41
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let trace = sessions(120, &random)
            let (skip, keep) = (random.below(80), 1 + random.below(40))
            let size = 1 + random.below(50)
            let hint: Comment = "seed \(seed): \(skip), \(keep), batches of \(size)"
            let part = try all(
                TraceStretch(InBatches(trace, of: size), passOver: skip, keep: keep))
            let rows = skip..<(skip + keep)
            #expect(part.ids == Array(trace.ids[rows]), hint)
            #expect(part.promptTokens == Array(trace.promptTokens[rows]), hint)
            #expect(part.outputTokens == Array(trace.outputTokens[rows]), hint)
            #expect(
                part.arrivals == trace.arrivals[rows].map { $0 - trace.arrivals[skip] }, hint)
            let known = Set(part.ids)
            #expect(
                part.predecessors
                    == trace.predecessors[rows].map { known.contains($0) ? $0 : -1 }, hint)
            let plan = try small(["cluster.replicas=1"]).resolved().plan
            let records = try simulate(plan, source: InMemorySource(part)).records
            #expect(records.count == keep, hint)
            let ends = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0.finish) })
            let begins = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0.arrival) })
            for (row, id) in part.ids.enumerated() {
                let before = part.predecessors[row]
                let expected =
                    before < 0
                    ? part.arrivals[row] * 1_000 : ends[before]! + part.thinkTimes[row] * 1_000
                #expect(begins[id] == expected, hint)
            }
        }
    }

    @Test("stretches side by side hold every request once, in batches of any size")
    func conservation() throws {
        var random = SeededRandom(seed: 42)
        let trace = sessions(90, &random)
        var whole = Workload()
        for first in [0, 31, 60] {
            let keep = [0: 31, 31: 29, 60: 99][first]!
            let parts = try [1, 7, 90].map {
                try all(TraceStretch(InBatches(trace, of: $0), passOver: first, keep: keep))
            }
            #expect(parts[0] == parts[1] && parts[1] == parts[2])
            whole.append(contentsOf: parts[0])
        }
        #expect(whole.ids == trace.ids && whole.thinkTimes == trace.thinkTimes)
        #expect(try all(TraceStretch(InBatches(trace, of: 9), passOver: 5, keep: 0)).count == 0)
    }

    @Test("that a gate replays keeps its sessions, and the page says so")
    func gate() throws {
        func row(_ id: Int, after: Int?) -> String {
            "{\"id\":\(id),\"arrival_us\":\(id * 10_000),\"segments\":[[\(id),40]],"
                + "\"output_tokens\":5,\"after\":\(after.map(String.init) ?? "null")"
                + (after == nil ? "}\n" : ",\"think_us\":3000}\n")
        }
        let loop = (0..<60).map { row($0, after: $0 < 3 ? nil : $0 - 3) }
        let open = (0..<60).map { row($0, after: nil) }
        func measured(_ rows: [String]) throws -> (GateMeasurement, [String]) {
            try scratch.write(rows.joined(), "trace.jsonl")
            let file = try scratch.write(
                """
                { seeds: 3, cases: [{ name: "recorded", stretch: 12, config: {
                    step_time: { kind: "linear" }, hardware: { gpus_per_node: 1 },
                    trace: { file: "trace.jsonl" } },
                    metrics: { mean_ttft_ms: { relative: 0.1 } } }] }
                """, "s.json5")
            let suite = try GateSuite.read(file)
            let found = try suite.measure()
            let judgement = try GateJudgement(
                suite, GateBaseline(suite: suite.name, cases: found))
            let result = try judgement.judge(found)
            #expect(result.clocks.map(\.caseName) == ["recorded"])
            #expect(result.clocks.allSatisfy { $0.clock.hasPrefix("linear") })
            return (found[0], result.notes)
        }
        let (closed, notes) = try measured(loop)
        #expect(notes.count == 1 && notes[0].contains("its stretches keep sessions"))
        let (free, none) = try measured(open)
        #expect(none.isEmpty)
        // Other requests: a baseline of the one is no measure for the other.
        #expect(Set(closed.workloads).isDisjoint(with: free.workloads))
        #expect(closed.figures != free.figures)
    }
}
