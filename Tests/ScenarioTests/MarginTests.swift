import Basics
import Results
import Scenario
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("What is left out of a run's figures")
struct MarginTests {
    /// Requests 20 ms apart, every ninth of which gives up.
    private var requests: Workload {
        var workload = Workload()
        for row in 0..<150 {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 20_000_000)
            workload.promptTokens.append(Int32(100 + row * 613 % 3000))
            workload.outputTokens.append(Int32(2 + row))
            workload.priorities.append(Int32(row % 2))
            workload.aborts.append(row % 9 == 0 ? Int64(row * 20 + 300) * 1_000_000 : -1)
        }
        return workload
    }

    private func plan(_ changes: [String]) throws -> RunPlan {
        try Configuration.read(file: nil, changes: ["cluster.replicas=2"] + changes)
            .resolved().plan
    }

    /// By the rule, from the records: a count or seconds at each end.
    private func between(
        _ records: [RequestRecord], _ start: (count: Int, seconds: Double),
        _ end: (count: Int, seconds: Double)
    ) -> [RequestRecord] {
        let (first, last) = (records[0].arrival, records[records.count - 1].arrival)
        return records.enumerated().filter { place, record in
            place >= start.count && place < records.count - end.count
                && Double(record.arrival - first) >= start.seconds * 1e12
                && Double(last - record.arrival) >= end.seconds * 1e12
        }.map(\.element)
    }

    @Test(
        "figures are of the requests between the margins",
        arguments: [
            (["output.warmup=30"], 30, 0, 0, 0),
            (["output.warmup=0.5s", "output.cooldown=0.25s"], 0, 0.5, 0, 0.25),
            (["output.cooldown=40"], 0, 0, 40, 0),
            (["output.warmup=3", "output.cooldown=1s", "trace.concurrency=12"], 3, 0, 0, 1),
            (
                ["output.warmup=auto", "output.cooldown=auto", "trace.concurrency=12"],
                12, 0, 12, 0
            ),
        ] as [([String], Int, Double, Int, Double)])
    func figures(
        changes: [String], startCount: Int, startSeconds: Double, endCount: Int, endSeconds: Double
    ) throws {
        let plan = try plan(changes)
        let result = try simulate(plan, source: InMemorySource(requests))
        let records = between(
            result.records, (startCount, startSeconds), (endCount, endSeconds))
        let finished = records.filter { $0.outcome == .finished }
        #expect(result.records.count == 150 && records.count < 150 && finished.count > 20)
        let stretch = try #require(result.stretch)
        #expect(stretch.leftAtStart + stretch.leftAtEnd == 150 - records.count)
        #expect(stretch.counters.requests == records.count)
        #expect(stretch.counters.finished == finished.count)
        #expect(stretch.counters.aborted == records.count - finished.count)
        #expect(stretch.start == records.map(\.arrival).min())
        #expect(stretch.end == records.map(\.finish).max())
        func expect(_ found: LatencyHistogram, _ values: [Int64]) {
            #expect(found.count == values.count && found.maximum == values.max())
            #expect(found.mean == Double(values.reduce(0, +)) / Double(values.count))
        }
        expect(result.timeToFirstToken, finished.map { $0.firstToken - $0.arrival })
        expect(result.endToEnd, finished.map { $0.finish - $0.arrival })
        expect(result.timePerOutputToken, finished.compactMap(\.timePerOutputToken))
        expect(
            result.queueTime,
            records.filter { $0.admitted >= 0 }.map {
                $0.admitted - $0.arrival - plan.engine.host.frontEnd
            })
        let summary = RunSummary(result, clock: "")
        let seconds = Double(stretch.end - stretch.start) * 1e-12
        let output = finished.reduce(0) { $0 + Int($1.outputTokens) }
        let input = finished.reduce(0) { $0 + Int($1.promptTokens) }
        #expect(summary.requestThroughput == Double(finished.count) / seconds)
        #expect(summary.outputThroughput == Double(output) / seconds)
        #expect(summary.inputThroughput == Double(input) / seconds)
        #expect(summary.counters.requests == 150 && summary.duration > seconds)

        var whole = plan
        whole.margins = Margins()
        let all = try simulate(whole, source: InMemorySource(requests))
        #expect(all.digest == result.digest && all.stretch == nil)
        #expect(all.counters == result.counters)
        let gaps = finished.reduce(0) { $0 + Int($1.outputTokens) - 1 }
        #expect(Int(result.interTokenLatency.count) == gaps)
        #expect(all.interTokenLatency.count > result.interTokenLatency.count)
        #expect(all.endToEnd.count > result.endToEnd.count)

        let figures = RequestFigures(plan, by: [.priority], watchesGaps: false)
        for record in result.records { figures.add(record) }
        figures.finish()
        let classes = figures.classes[0].classes
        #expect(classes.count == 2)
        #expect(classes.map(\.counters.requests).reduce(0, +) == records.count)
    }

    @Test("latency parts are of the same requests")
    func parts() throws {
        let plan = try plan(["output.warmup=30", "output.cooldown=10"])
        var observer: any RunObserver = BreakdownObserver(plan)
        let result = try simulate(plan, source: InMemorySource(requests), watching: &observer)
        let report = try #require(observer as? BreakdownObserver).report
        let sum = report.means.filter { $0.latency == "ttft" }.reduce(0) { $0 + $1.milliseconds }
        let mean = RunSummary(result, clock: "").timeToFirstToken.mean
        #expect(mean > 0 && abs(sum - mean) < 1e-6 * mean)
    }

    @Test("margins wider than the run are refused, with how many requests it has")
    func nothingLeft() throws {
        for changes in [
            ["output.warmup=100", "output.cooldown=100"], ["output.warmup=9000s"],
            ["output.warmup=150"], ["output.warmup=auto", "output.cooldown=150"],
        ] {
            let error = #expect(throws: InputError.self, "\(changes)") {
                try simulate(plan(changes), source: InMemorySource(requests))
            }
            #expect(try #require(error).problem.hasSuffix("every request: the run has 150"))
        }
    }

    @Test("auto leaves nothing out of a closed loop where nothing would be left")
    func givenUp() throws {
        let changes = ["output.warmup=auto", "output.cooldown=auto"]
        for users in [75, 140, 150, 500] {
            let plan = try plan(changes + ["trace.concurrency=\(users)"])
            let result = try simulate(plan, source: InMemorySource(requests))
            let stretch = try #require(result.stretch)
            #expect(stretch.isGivenUp && stretch.leftAtStart + stretch.leftAtEnd == 0)
            #expect(stretch.counters.requests == 150)
            let figures = RequestFigures(plan, by: [.priority], watchesGaps: false)
            for record in result.records { figures.add(record) }
            figures.finish()
            #expect(figures.classes[0].classes.reduce(0) { $0 + $1.counters.requests } == 150)
        }
        let fewer = try plan(changes + ["trace.concurrency=74"])
        let stretch = try simulate(fewer, source: InMemorySource(requests)).stretch
        #expect(stretch?.isGivenUp == false && stretch?.counters.requests == 2)
    }

    @Test("margins are read as requests, seconds or auto, and written as they are read")
    func keys() throws {
        for (text, margin) in [
            ("32", .requests(32)), ("2.5s", .seconds(2.5)), ("auto", .auto),
        ] as [(String, Configuration.Margin)] {
            let read = try Configuration.read(
                file: nil, changes: ["output.warmup=\(text)", "trace.concurrency=4"])
            #expect(read.output.warmup == margin)
            let key = try #require(ConfigurationKey.all.first { $0.path == "output.warmup" })
            let written = key.value(read)
            #expect(written == (text == "32" ? .integer(32) : .text(text)))
        }
        for text in ["0", "-3", "s", "-1s", "0s", "infs", "nans", "1e300s", "5ms", "1.5", "all"] {
            #expect(throws: InputError.self, "\(text)") {
                try Configuration.read(file: nil, changes: ["output.warmup=\(text)"])
            }
        }
        #expect(try plan(["output.cooldown=auto"]).margins.end == .steady)
    }
}
