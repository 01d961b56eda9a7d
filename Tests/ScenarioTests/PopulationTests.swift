import Basics
import Scenario
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("What a run's figures are of")
struct PopulationTests {
    private func run(
        _ workload: Workload, _ changes: String..., change: (inout RunPlan) -> Void = { _ in }
    ) throws -> RunResult {
        var plan = try Configuration.read(
            file: nil, changes: ["cluster.replicas=1"] + changes
        ).resolved().plan
        change(&plan)
        return try simulate(plan, source: InMemorySource(workload))
    }

    /// Requests a millisecond apart.
    private func workload(_ lengths: [(prompt: Int32, output: Int32)]) -> Workload {
        var workload = Workload()
        for (row, length) in lengths.enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 1_000_000)
            workload.promptTokens.append(length.prompt)
            workload.outputTokens.append(length.output)
        }
        return workload
    }

    /// Requests of many lengths.
    private func mixed(_ count: Int32) -> Workload {
        var lengths: [(prompt: Int32, output: Int32)] = []
        for row in 0..<count { lengths.append((100 + row * 613 % 3000, 2 + row)) }
        return workload(lengths)
    }

    /// Every eleventh client gives up after 300 ms.
    private func aborts(_ count: Int) -> [Int64] {
        (0..<count).map { row -> Int64 in row % 11 == 0 ? Int64(row + 300) * 1_000_000 : -1 }
    }

    @Test("a closed loop is the plan's, an open one is none")
    func closedLoop() throws {
        let two = workload([(100, 5), (100, 5)])
        #expect(try run(two, "trace.concurrency=3").concurrency == 3)
        #expect(try run(two).concurrency == nil)
    }

    @Test("a cap keeps the trace's times, and is refused beside a closed loop")
    func cap() throws {
        let two = workload([(100, 5), (100, 5)])
        #expect(try run(two, "trace.max_concurrency=1").client?.cap == 1)
        #expect(try run(two, "trace.max_concurrency=1").client?.held == 1)
        #expect(try run(two).client == nil)
        #expect(throws: InputError.self) {
            try run(two, "trace.max_concurrency=1", "trace.concurrency=2")
        }
    }

    /// By vLLM's benchmark: each limit that is given, over finished requests.
    @Test("good requests meet each limit that is set; one token has no TPOT to miss")
    func goodput() throws {
        var requests = mixed(120)
        for row in stride(from: 0, to: 120, by: 7) { requests.outputTokens[row] = 1 }
        requests.aborts = aborts(120)
        var counts: [Int] = []
        // Milliseconds; a TPOT of 0 lets only requests of one token pass.
        for (ttft, tpot, whole) in [
            (nil, nil, 700), (9000, 900, 700), (9000, 900, nil), (nil, 0, nil), (nil, nil, nil),
        ] as [(Int64?, Int64?, Int64?)] {
            let result = try run(requests) { plan in
                plan.objective.timeToFirstToken = ttft.map { $0 * 1_000_000_000 }
                plan.objective.timePerOutputToken = tpot.map { $0 * 1_000_000_000 }
                plan.objective.endToEnd = whole.map { $0 * 1_000_000_000 }
            }
            func meets(_ limit: Int64?, _ time: Int64) -> Bool {
                limit.map { time <= $0 * 1_000_000_000 } ?? true
            }
            let good = result.records.count { record -> Bool in
                guard record.outcome == .finished else { return false }
                if record.outputTokens > 1 {
                    let time = record.finish - record.firstToken
                    guard meets(tpot, time / Int64(record.outputTokens - 1)) else { return false }
                }
                guard meets(ttft, record.firstToken - record.arrival) else { return false }
                return meets(whole, record.finish - record.arrival)
            }
            #expect(result.goodRequests == good)
            counts.append(good)
        }
        #expect(0 < counts[0] && counts[0] < counts[4] && counts[4] < 120)
        #expect(0 < counts[1] && counts[1] < counts[2])
        #expect(0 < counts[3] && counts[3] <= requests.outputTokens.count { $0 == 1 })
    }

    @Test("requests of each priority are told apart; one priority makes no classes")
    func priorities() throws {
        var requests = mixed(60)
        for row in 0..<60 { requests.priorities.append(Int32(row % 3) * 10 - 10) }
        let result = try run(requests, "engine.scheduling_policy=priority")
        var objective = ServiceLevelObjective()
        objective.timeToFirstToken = result.timeToFirstToken.percentile(50)
        let apart = RequestClasses(.priority, objective)
        for record in result.records { apart.add(record) }
        let classes = apart.classes
        #expect(classes.map(\.key) == [-10, 0, 10])
        for members in classes {
            let records = result.records.filter { Int($0.priority) == members.key }
            #expect(records.count == 20 && members.counters.finished == 20)
            #expect(records.allSatisfy { ($0.id % 3) * 10 - 10 == members.key })
            let times = records.map { $0.firstToken - $0.arrival }
            let mean = times.reduce(0.0) { $0 + Double($1) } / 20
            #expect(abs(members.timeToFirstToken.mean - mean) <= mean * 1e-12)
            #expect(members.goodRequests == times.count { $0 <= objective.timeToFirstToken! })
        }
        let alone = RequestClasses(.priority, objective)
        for record in result.records where record.priority == 0 { alone.add(record) }
        #expect(alone.number == 1 && alone.classes[0].key == 0)
    }

    @Test("very many priorities are no classes, and that is said")
    func manyPriorities() {
        let apart = RequestClasses(.priority, ServiceLevelObjective())
        for priority in 0..<Int32(RequestClasses.most) {
            apart.add(RequestRecord(id: 0, arrival: 0, promptTokens: 1, priority: priority))
        }
        #expect(apart.classes.count == RequestClasses.most && !apart.isOverrun)
        for priority in [-1, 0, 1] as [Int32] {
            apart.add(RequestRecord(id: 0, arrival: 0, promptTokens: 1, priority: priority))
        }
        #expect(apart.classes.isEmpty && apart.isOverrun)
    }

    /// By the definitions of vLLM's benchmark, from the records alone.
    @Test("standard deviations and the most requests at once are those of the records")
    func spread() throws {
        var requests = mixed(150)
        requests.aborts = aborts(150)
        let result = try run(requests)
        let records = result.records
        func deviation(_ values: [Int64]) -> Double {
            let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
            let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            return (squares / Double(values.count)).squareRoot()
        }
        let finished = records.filter { $0.outcome == .finished }
        #expect(finished.count < records.count)
        let queued = records.compactMap(\.queueTime)
        let pairs: [(found: LatencyHistogram, values: [Int64])] = [
            (result.timeToFirstToken, finished.map { $0.firstToken - $0.arrival }),
            (result.timePerOutputToken, finished.compactMap(\.timePerOutputToken)),
            (result.endToEnd, finished.map { $0.finish - $0.arrival }),
            (result.queueTime, queued),
        ]
        for (found, values) in pairs {
            let exact = deviation(values)
            #expect(exact > 0 && abs(found.deviation - exact) < exact * 1e-6)
        }
        var peak = ConcurrencyPeak()
        for record in records { peak.add(record) }
        let most = finished.map { here in
            finished.count { $0.arrival <= here.arrival && here.arrival < $0.finish }
        }.max()
        #expect(peak.requests == most && peak.requests > 1)
        var loop = ConcurrencyPeak()
        requests.aborts = []
        for record in try run(requests, "trace.concurrency=7").records { loop.add(record) }
        #expect(loop.requests == 7)
    }

    @Test("content is held where a prompt has some, also in a session")
    func content() throws {
        var some = workload([(100, 5), (100, 5), (100, 5)])
        #expect(try !run(some).holdsContent)
        some.predecessors = [-1, 0, 1]
        #expect(try !run(some).holdsContent)
        some.segmentEnds = [1, 2, 3]
        some.segments = [7, 8, 9].map { Segment(content: $0, length: 100) }
        #expect(try run(some).holdsContent)
        some.predecessors = []
        #expect(try run(some).holdsContent)
    }
}
