import Basics
import Foundation
import Reports
import Results
import Scenario
import Simulator
import TestSupport
import Testing
import Traces

@testable import Experiments

/// Whole studies, on small traces.
@Suite("Capacity: the highest rate, the fewest replicas and GPUs")
struct CapacityTests {
    /// The small configuration with a promise that short traces can judge.
    private func chat(_ changes: [String] = []) throws -> Configuration {
        var configuration = try small(["trace.limit=300", "trace.rate_scale=0.04"] + changes)
        configuration.slo = try .init(short: "ttft_p95_ms=600,tpot_mean_ms=60")
        return configuration
    }

    /// A server of one request at a time that takes 50 ms for each.
    private func single(_ changes: [String] = []) throws -> Configuration {
        try Configuration.read(
            file: nil,
            changes: [
                "step_time.kind=linear", "step_time.fixed_us=50000", "step_time.per_token_us=0",
                "step_time.per_request_us=0", "engine.host=none", "engine.max_num_seqs=1",
                "engine.async_scheduling=false", "engine.num_gpu_blocks=1000",
                "engine.max_model_len=1000", "trace.stop=length", "trace.random_input_len=100",
                "trace.random_output_len=1", "trace.request_rate=5", "trace.limit=1500",
                "hardware.gpus_per_node=1", "cluster.replicas=1",
            ] + changes)
    }

    @Test("the rate lies between its ends, all hold below and none above")
    func rate() throws {
        let base = try chat()
        let study = try CapacityStudy(base, over: .rate, seeds: .count(3))
        #expect(study.ending == .found, "\(study.ending) \(study.told)")
        let (value, low) = (try #require(study.value), try #require(study.low))
        let high = try #require(study.high)
        #expect(low <= value && value <= high && low < high)
        #expect(study.axis.key == "trace.rate_scale")
        for seed in 0..<3 {
            for (x, holds) in [(study.safe, true), (study.tooHard, false)] {
                var one = base
                one.seed = seed
                one.trace.rateScale = try #require(x)
                let trial = try Trial(one, traces: TraceStore())
                let run = CapacityRun(trial, .seed(seed), isCount: false)
                #expect((run.standing == .holds) == holds, "seed \(seed) at \(x ?? 0)")
            }
        }
        #expect(study.points.first { $0.x == value }?.meets == true)
        let safe = try #require(study.safe)
        // The change in the JSON gives the value beside it.
        let level = try #require(study.level)
        #expect(study.points.first { $0.level == level }?.x == value)
        let json = try jsonText(CapacityReport(study)).replacing("\" : ", with: "\": ")
        #expect(json.contains("\"set\": \"trace.rate_scale=\(level)\""))
        #expect(json.contains("\"set_safe\": \"trace.rate_scale=\(safe)\""))
        #expect(study.axis.change(safe) == "trace.rate_scale=\(safe)")
        // Rates are those that came.
        let point = try #require(study.points.first { $0.level == safe })
        #expect(point.nominal == safe * 64 && point.x == point.offered)
        #expect(point.x == point.runs.map(\.offered).reduce(0, +) / 3)
        #expect(study.points.map(\.level) == study.points.map(\.level).sorted())
        let beyond = try #require(study.points.first { $0.level == study.tooHard })
        #expect(beyond.meets == false && beyond.runs.count == 3)
        #expect(study.points.first?.meets == true)
        #expect(study.pressures.count == 6)
    }

    @Test("a server of one request at a time carries one over its service time")
    func serviceTime() throws {
        var base = try single()
        base.slo = .none
        let study = try CapacityStudy(base, over: .rate)
        #expect(study.ending == .found, "\(study.ending) \(study.told)")
        let (low, high) = (try #require(study.low), try #require(study.high))
        #expect(low <= 20 && 20 <= high, "\(low) to \(high)")
        #expect(low > 19 && high < 21, "\(low) to \(high)")
        #expect(study.axis.key == "trace.request_rate")
        // It is the one request that runs which holds the others back.
        #expect(study.pressures.first?.resource == .sequences)
    }

    @Test("a queue that grows is no capacity, however loose the promise")
    func growth() throws {
        for (rate, standing) in [(10.0, CapacityRun.Standing.holds), (24, .growing)] {
            var base = try single()
            base.slo = try .init(short: "e2e_max_ms=1000000")
            base.trace.requestRate = rate
            let run = CapacityRun(
                try Trial(base, traces: TraceStore()), .whole, isCount: false)
            #expect(run.standing == standing, "\(rate): \(String(describing: run.behind))")
        }
        var few = try single(["trace.limit=12"])
        few.trace.requestRate = 19
        few.slo = try .init(short: "e2e_max_ms=1000000")
        let run = CapacityRun(try Trial(few, traces: TraceStore()), .whole, isCount: false)
        #expect(run.standing == .unclear)
    }

    @Test("the fewest replicas are those of trying each number")
    func replicas() throws {
        let base = try chat(["trace.rate_scale=0.25", "trace.limit=400"])
        let study = try CapacityStudy(base, over: .replicas, seeds: .these([4]))
        #expect(study.ending == .found, "\(study.ending) \(study.told)")
        let holding = try (1...8).filter { replicas in
            var one = try base.with(replicas: replicas)
            one.seed = 4
            let trial = try Trial(one, traces: TraceStore())
            return CapacityRun(trial, .seed(4), isCount: true).standing == .holds
        }
        let fewest = try #require(holding.first)
        #expect(fewest > 1, "\(holding)")
        #expect(study.value == Double(fewest))
        #expect(study.low == study.value && study.high == study.value)
        #expect(study.confidence == 0)
        let gpus = try CapacityStudy(base, over: .gpus, seeds: .these([4]))
        #expect(gpus.value == study.value)
    }

    @Test("a recorded trace is cut into stretches, which enclose its own edge")
    func recorded() throws {
        var base = try chat(["trace.limit=800"])
        base.trace.file = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path
        base.trace.rateScale = 0.5
        let study = try CapacityStudy(base, over: .rate)
        #expect(study.ending == .found, "\(study.ending) \(study.told)")
        #expect(study.replications.count == 5 && study.replications[0] == .whole)
        #expect(study.confidence == 0.875)
        let (value, low) = (try #require(study.value), try #require(study.low))
        #expect(low <= value && value <= (study.high ?? .infinity))
        #expect(study.points.allSatisfy { $0.runs.count == 1 })
        #expect(throws: InputError.self) {
            _ = try CapacityStudy(base, over: .rate, seeds: .count(3))
        }
    }

    @Test("a trace whose turns wait bounds the rate by what came")
    func waitingTurns() throws {
        // A hundred sessions a second apart, each of six turns with pauses of ten seconds.
        let turns = (0..<100).flatMap { session in (0..<6).map { (session, $0) } }
            .sorted { ($0.0 + 10 * $0.1, $0.0) < ($1.0 + 10 * $1.1, $1.0) }
        let rows = turns.map { session, turn in
            "{\"id\":\(6 * session + turn),\"arrival_us\":\((session + 10 * turn) * 1_000_000),"
                + "\"prompt_tokens\":10,\"output_tokens\":1,"
                + (turn == 0
                    ? "\"after\":null}"
                    : "\"after\":\(6 * session + turn - 1),\"think_us\":10000000}")
        }
        let scratch = try Scratch()
        let file = try scratch.write(rows.joined(separator: "\n") + "\n", "turns.jsonl")
        var base = try Configuration.read(
            file: nil,
            changes: [
                "step_time.kind=linear", "step_time.fixed_us=50000", "step_time.per_token_us=0",
                "step_time.per_request_us=0", "engine.host=none", "engine.max_num_seqs=1",
                "engine.async_scheduling=false", "engine.num_gpu_blocks=1000",
                "engine.max_model_len=1000", "trace.file=\(file)", "hardware.gpus_per_node=1",
                "cluster.replicas=1",
            ])
        base.slo = try .init(short: "e2e_max_ms=1500")
        let study = try CapacityStudy(base, over: .rate)
        #expect(study.ending == .found, "\(study.ending) \(study.told)")
        // Pauses of 50 seconds in all: at most 12 requests a second come.
        let value = try #require(study.value)
        #expect(value > 8 && value <= 12 && study.isBound && study.high == nil, "\(value)")
        #expect(study.points.filter { $0.meets == true }.map(\.x).max() == value)
        #expect(study.points.contains { $0.meets == true && $0.nominal > 2 * value })
        let page = CapacityReport(study).text
        #expect(page.contains("at least \(Quantity.significant(value)) requests/s"), "\(page)")
        #expect(page.contains("Turns wait for their answers"))
        let json = try jsonText(CapacityReport(study))
        #expect(json.contains("\"at_least\"") && !json.contains("\"high\""))
    }

    @Test("points that break no promise and are too short are not decided")
    func undecided() throws {
        var base = try single(["trace.limit=60"])
        base.slo = try .init(short: "e2e_max_ms=1000000")
        let study = try CapacityStudy(base, over: .rate, seeds: .count(2))
        guard case .undecided = study.ending else {
            Issue.record("\(study.ending) \(study.told)")
            return
        }
        let open = study.points.filter { $0.undecided == $0.runs.count }
        #expect(!open.isEmpty && open.allSatisfy { $0.meets == nil && !$0.isBeyond })
        let page = CapacityReport(study)
        #expect(!page.text.contains("missed") && page.text.contains("0-2/2"))
        let json = try jsonText(page)
        #expect(json.contains("\"meets\" : null") || json.contains("\"meets\": null"))
        #expect(json.contains("\"steady\" : null") || json.contains("\"steady\": null"))
    }

    @Test("what cannot be held at any load is found out at once")
    func nothing() throws {
        var base = try chat(["trace.limit=60"])
        base.slo = try .init(short: "ttft_max_ms=0.001")
        let study = try CapacityStudy(base, over: .rate, seeds: .count(2))
        #expect(study.ending == .nothing)
        #expect(study.value == nil && study.safe == nil)
        #expect(study.points.count == 1)
        let rejected = try chat(["engine.max_model_len=16", "trace.limit=60"])
        let none = try CapacityStudy(rejected, over: .replicas, seeds: .count(1))
        #expect(none.ending == .nothing)
    }

    @Test("the same answer, whichever core was first")
    func repeats() throws {
        let base = try chat(["trace.limit=120"])
        let studies = try (0..<2).map { _ in
            try CapacityStudy(base, over: .rate, seeds: .count(2))
        }
        #expect(studies[0].points.map(\.x) == studies[1].points.map(\.x))
        #expect(
            studies[0].points.flatMap { $0.runs.map(\.digest) }
                == studies[1].points.flatMap { $0.runs.map(\.digest) })
        #expect(studies[0].runs == studies[1].runs)
    }

    @Test("a stretch keeps turns that follow a request inside it, and frees the others")
    func turns() throws {
        var trace = Workload()
        trace.ids = [10, 11, 12, 13]
        trace.arrivals = [5, 10, 20, 30]
        trace.promptTokens = [1, 2, 3, 4]
        trace.outputTokens = [1, 1, 1, 1]
        trace.aborts = [-1, 50, -1, 60]
        trace.predecessors = [-1, 10, 11, -1]
        trace.thinkTimes = [0, 7, 8, 0]
        trace.segmentEnds = [1, 2, 4, 5]
        trace.segments = [
            Segment(content: 1, length: 1), Segment(content: 2, length: 2),
            Segment(content: 1, length: 1), Segment(content: 3, length: 2),
            Segment(content: 4, length: 4),
        ]
        trace.waitEnds = [0, 0, 1, 3]
        trace.waits = [
            Wait(request: 10, delay: 1), Wait(request: 12, delay: 2),
            Wait(request: -1, event: .origin, delay: 25),
        ]
        var stretch = TraceStretch(InMemorySource(trace), passOver: 1, keep: 8)
        let part = try #require(try stretch.next())
        try part.checkColumns()
        #expect(part.ids == [11, 12, 13])
        #expect(part.arrivals == [0, 10, 20])
        #expect(part.aborts == [40, -1, 50])
        #expect(part.predecessors == [-1, 11, -1])
        #expect(part.segmentEnds == [1, 3, 4])
        #expect(part.waitEnds == [0, 0, 2])
        #expect(part.waits.map(\.delay) == [2, 15])
        #expect(try stretch.next() == nil)
    }
}

extension CapacityStudy {
    /// Where each point stands, for a failing test's message.
    fileprivate var told: String {
        points.map { "\($0.x): \($0.runs.map(\.standing.rawValue))" }.joined(separator: ", ")
    }
}
