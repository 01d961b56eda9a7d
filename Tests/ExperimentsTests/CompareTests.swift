import Basics
import Foundation
import Reports
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Experiments

@Suite("Comparing runs")
struct CompareTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("a run equals itself, from memory and from its folder")
    func identical() throws {
        let folder = try scratch.run("a")
        let fromFolder = try RunFolder.read(folder)
        let fromMemory = try ComparedRun.run(small(), name: "memory")
        #expect(fromFolder.requests == fromMemory.requests)
        #expect(fromFolder.digest == fromMemory.digest)
        let comparison = try Comparison(fromFolder, fromMemory)
        #expect(Verdict(comparison).outcome == .identical)
        #expect(comparison.rows.allSatisfy { $0.isBetter == nil })
        #expect(comparison.changes.isEmpty)
    }

    @Test("the figures of a configuration are exact, as those of headway run")
    func exact() throws {
        let run = try ComparedRun.run(small(), name: "memory")
        let latencies = run.requests.filter(\.isFinished).compactMap(\.endToEnd).sorted()
        let rank = 0.95 * Double(latencies.count - 1)
        let (low, high) = (latencies[Int(rank)], latencies[Int(rank.rounded(.up))])
        let p95 = low + (rank - rank.rounded(.down)) * (high - low)
        #expect(abs(try #require(run.figures["p95_e2el_ms"]) - p95) < 2e-3)
    }

    @Test("goodputs of two promises and rates of two parts are not put side by side")
    func incomparable() throws {
        let strict = try ComparedRun.run(small(["slo.ttft_ms=1"]), name: "strict")
        let plain = try ComparedRun.run(small(), name: "plain")
        let promises = try Comparison(plain, strict)
        #expect(promises.row("request_goodput") == nil)
        #expect(promises.row("request_throughput") != nil)
        #expect(promises.incomparable["request_goodput"]?.contains("slo.ttft_ms") == true)
        #expect(throws: InputError.self) { try Ranking(plain, [strict], by: "request_goodput") }
        let later = try ComparedRun.run(small(["output.warmup=10"]), name: "later")
        #expect(try Comparison(plain, later).row("output_throughput") == nil)
        let page = ComparisonReport(try Ranking(plain, [strict])).text
        #expect(page.contains("Note: without request goodput: slo.ttft_ms differs"))
    }

    @Test("two draws of a router are not judged, and changes too small to show are none")
    func noVerdict() throws {
        let draws = try ["seed=1", "seed=2"].map { seed in
            try ComparedRun.run(
                small([
                    "cluster.replicas=2", "cluster.router=random", "hardware.nodes=2", seed,
                    "trace.sessions=false",
                    "trace.file=\(packageRoot.path)/traces/chat.jsonl.gz", "trace.limit=60",
                ]), name: seed)
        }
        let drawn = try Comparison(draws[0], draws[1])
        #expect(drawn.isOfTwoDraws && drawn.rows.allSatisfy { $0.isBetter == nil })
        #expect(Verdict(drawn).outcome == .undecided)
        #expect(Verdict(drawn).sentence.contains("seeds tell (headway gate)"))
        let steps = try ["1", "1.00001"].map {
            try ComparedRun.run(
                small(["step_time.scale=\($0)", "trace.rate_scale=0.001"]), name: $0)
        }
        let tiny = try Comparison(steps[0], steps[1])
        #expect(tiny.rows.contains(where: \.isSignificant) && !tiny.isOfTwoDraws)
        #expect(Verdict(tiny).outcome == .undecided)
        #expect(Verdict(tiny).sentence.contains("changes nothing by 0.01 %"))
    }

    @Test("how answers end moves later turns, which are still the same requests")
    func stop() throws {
        let runs = try ["eos", "length"].map {
            try ComparedRun.run(small(["trace.stop=\($0)"]), name: $0)
        }
        let moved = zip(runs[0].requests, runs[1].requests).contains { $0.arrival != $1.arrival }
        #expect(try moved && Comparison(runs[0], runs[1]).changes.map(\.key) == ["trace.stop"])
    }

    @Test("answers that the model's length cuts short are counted and said")
    func cutAnswers() throws {
        let whole = try ComparedRun.run(small(), name: "whole")
        let short = try ComparedRun.run(small(["engine.max_model_len=2500"]), name: "short")
        let comparison = try Comparison(whole, short)
        #expect(comparison.answersOfTwoLengths > 0)
        #expect(short.figures["cut_answers"].map { Int($0) } == comparison.answersOfTwoLengths)
        #expect(whole.figures["cut_answers"] == 0)
        let lost = zip(whole.requests, short.requests).reduce(0) { sum, pair in
            sum + (pair.1.isFinished ? pair.0.outputTokens - pair.1.outputTokens : 0)
        }
        #expect(short.figures["cut_tokens"].map { Int($0) } == lost)
    }

    @Test("no seed and the recipe's own one are the same requests, another one is not")
    func seeds() throws {
        // 700 requests: some are turns of sessions, which arrive when their answers end.
        let few = ["trace.limit=700"]
        let a = try ComparedRun.run(small(few + ["seed=0"]), name: "A")
        let b = try ComparedRun.run(small(few + ["step_time.scale=1.1"]), name: "B")
        let comparison = try Comparison(a, b)
        #expect(comparison.changes.map(\.key) == ["step_time.scale"])
        let other = try ComparedRun.run(small(few + ["seed=1"]), name: "other")
        #expect(throws: InputError.self) { try Comparison(a, other) }
    }

    @Test("requests in either run's warm-up or cool-down are in no pair, and that is said")
    func margins() throws {
        let margins = ["output.warmup=20", "output.cooldown=10"]
        let a = try ComparedRun.run(small(margins), name: "A")
        let b = try ComparedRun.run(small(margins + ["step_time.scale=1.1"]), name: "B")
        #expect(a.leftOut == (20, 10))
        let comparison = try Comparison(a, b)
        #expect(comparison.measuredRequests == 90)
        for (row, run) in [(\Comparison.Row.before, a), (\.after, b)] {
            let mean = try #require(comparison.row("mean_ttft_ms"))[keyPath: row]
            #expect(abs(mean - run.figures["mean_ttft_ms"]!) < 2e-3)
        }
        let text = try ComparisonReport(Ranking(a, [b], by: nil)).text
        #expect(text.contains("latencies are of the 90 of 120 requests between"))
        let folder = try RunFolder.read(scratch.run("margins", margins))
        #expect(folder.leftOut == (20, 10) && folder.requests == a.requests)
        let whole = try ComparedRun.run(small(), name: "whole")
        let mixed = try Comparison(whole, b)
        #expect(mixed.measuredRequests == 90)
        #expect(mixed.changes.contains { $0.key == "output.warmup" })
    }

    @Test("runs whose clients send requests again are paired by request and attempt")
    func retries() throws {
        let impatient = ["trace.client_timeout_s=1", "trace.client_retries=2"]
        let a = try ComparedRun.run(small(impatient), name: "A")
        #expect(a.requests.contains { $0.attempt > 1 })
        let same = try Comparison(a, a)
        #expect(Verdict(same).outcome == .identical && same.attemptsInOneOnly == 0)
        let b = try ComparedRun.run(small(impatient + ["step_time.scale=1.5"]), name: "B")
        let other = try Comparison(a, b)
        #expect(other.pairedRequests >= 120)
        let all = a.requests.count + b.requests.count
        #expect(2 * other.pairedRequests + other.attemptsInOneOnly == all)
    }

    @Test("slower steps are worse, by about as much, and named")
    func slower() throws {
        let a = try ComparedRun.run(small(), name: "A")
        let b = try ComparedRun.run(small(["step_time.scale=1.1"]), name: "B")
        let comparison = try Comparison(a, b)
        #expect(comparison.changes.map(\.key) == ["step_time.scale"])
        let tpot = try #require(comparison.row("mean_tpot_ms"))
        #expect(tpot.isBetter == false)
        let interval = try #require(tpot.interval)
        #expect(interval.lowerBound > 0.05 && interval.contains(tpot.relative ?? 0))
        let verdict = Verdict(comparison)
        #expect(verdict.outcome == .worse)
        #expect(verdict.sentence.contains("B is worse: mean"))
        #expect(try Verdict(Comparison(b, a)).outcome == .better)
        let movement = Movement(comparison)
        #expect(movement.movedRequests > 100)
        #expect(movement.windows.reduce(0) { $0 + $1.requests } == 120)
    }

    @Test("says in which part of TTFT and TPOT a change is, where latencies were divided")
    func parts() throws {
        let divided = ["output.latency_breakdown=true"]
        let a = try ComparedRun.run(small(divided), name: "A")
        let b = try ComparedRun.run(
            small(divided + ["engine.max_num_batched_tokens=256"]), name: "B")
        let comparison = try Comparison(a, b)
        let changes = PartChanges(comparison).changes
        for latency in ["ttft", "tpot"] {
            for (run, time) in [(a, \PartChanges.Change.msBefore), (b, \.msAfter)] {
                let sum = changes.filter { $0.latency == latency }.map { $0[keyPath: time] }
                let mean = try #require(run.figures["mean_\(latency)_ms"])
                // A token's share of a part is a whole number of picoseconds.
                #expect(abs(sum.reduce(0, +) / mean - 1) < 1e-6, "\(run.name) \(latency)")
            }
        }
        let prefill = try #require(changes.first { $0.part == "prefill" })
        #expect(prefill.msAfter > prefill.msBefore)
        let report = ComparisonReport(try Ranking(a, [b]))
        #expect(report.text.contains("own prefill") && report.text.contains("TTFT before"))
        let plain = try ComparedRun.run(small(), name: "plain")
        #expect(PartChanges(try Comparison(plain, b)).changes.isEmpty)
    }

    @Test("candidates are ranked, with p-values corrected for their number")
    func ranking() throws {
        let base = try ComparedRun.run(small(), name: "base")
        let worse = try ComparedRun.run(small(["step_time.scale=1.2"]), name: "worse")
        let better = try ComparedRun.run(small(["step_time.scale=0.9"]), name: "better")
        let ranking = try Ranking(base, [worse, base, better])
        #expect(ranking.entries.map(\.comparison.after.name) == ["better", "base", "worse"])
        let alone = try Ranking(base, [worse])
        let together = try #require(ranking.entries.last?.adjustedP)
        #expect(together >= alone.entries[0].adjustedP!)
        let report = ComparisonReport(ranking)
        #expect(report.text.contains("rank"))
        #expect(report.markdown.contains("| rank |") || report.markdown.contains("| rank "))
        #expect(
            refusal { _ = try Ranking(base, [worse], by: "mean_e2e_ms") }.contains("mean_e2el_ms"))
    }

    @Test("runs over other requests are refused")
    func otherTrace() throws {
        let a = try ComparedRun.run(small(), name: "A")
        let b = try ComparedRun.run(small(["seed=7"]), name: "B")
        let c = try ComparedRun.run(small(["trace.limit=119"]), name: "C")
        for other in [b, c] {
            #expect(refusal { _ = try Comparison(a, other) }.contains("the same trace"))
        }
    }

    @Test("\"identical\" follows from the rows, not from the digests alone")
    func identicalRows() throws {
        let a = try ComparedRun.run(small(), name: "A")
        var b = a
        b.requests[7].finish += 1
        #expect(refusal { _ = try Comparison(a, b) }.contains("not the same requests"))
        b = a
        b.digest = "0"
        #expect(Verdict(try Comparison(a, b)).outcome != .identical)
    }

    @Test("runs in which nothing finished are compared by what they have")
    func nothingFinished() throws {
        let none = ["engine.max_model_len=2"]
        let a = try ComparedRun.run(small(none), name: "A")
        #expect(a.requests.allSatisfy { !$0.isFinished })
        #expect(try Ranking(a, [a]).metric == "completed")
        #expect(try Ranking(a, [a]).entries[0].verdict.outcome == .identical)
        #expect(refusal { _ = try Ranking(a, [a], by: "mean_e2el_ms") }.contains("--by"))
    }
}

@Suite("Finding where schedules part")
struct DiffTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("the first differing decision is found, from folders and from configurations alike")
    func parting() throws {
        let a = try scratch.run("a")
        let b = try scratch.run(
            "b", ["engine.max_num_batched_tokens=3000"])
        let difference = try ScheduleDifference(a, b)
        let parting = try #require(difference.parting)
        let (before, after) = (try #require(parting.before), try #require(parting.after))
        #expect(before.step == after.step)
        #expect(before.scheduled != after.scheduled)
        #expect(after.scheduled.reduce(0) { $0 + $1.tokens } <= 3000)
        #expect(parting.lastCommon?.step == before.step - 1)
        #expect(difference.affectedRequests > 0)
        #expect(difference.affected.count == 10)
        #expect(difference.text.contains("The schedules part at step"))
        #expect(try firstDifference(a, b) == before.step)
    }

    @Test("equal runs do not differ; a slower clock parts clocks before decisions")
    func equalAndClocks() throws {
        let a = try scratch.run("a")
        let same = try ScheduleDifference(a, try scratch.run("same"))
        #expect(!same.isDifferent)
        #expect(same.text.contains("the same in all"))
        let slow = try ScheduleDifference(a, try scratch.run("slow", ["step_time.scale=1.01"]))
        #expect(slow.clocksPartAtS != nil)
        #expect(slow.isDifferent)
    }

    @Test("a run without a log and junk in a log are refused")
    func refusals() throws {
        let a = try scratch.run("a")
        func logged(_ line: String) throws -> String {
            let b = try scratch.run("b", lines: [line])
            return refusal { _ = try ScheduleDifference(a, b) }
        }
        #expect(try logged("{\"s\":0}").contains("steps.jsonl:1"))
        for replica in ["-1", "100000", "9223372036854775807", "\"one\""] {
            let line = "{\"s\":0,\"t\":0,\"replica\":\(replica)}"
            #expect(try logged(line).contains("steps.jsonl:1"))
        }
        let b = try scratch.run("b", lines: nil)
        #expect(refusal { _ = try ScheduleDifference(a, b) }.contains("output.decisions"))
        // A log that the run did not write is not the run's.
        try manager.copyItem(atPath: a + "/steps.jsonl", toPath: b + "/steps.jsonl")
        #expect(refusal { _ = try ScheduleDifference(a, b) }.contains("output.decisions"))
    }

    private let manager = FileManager.default
}

/// The first step whose scheduled entries differ, found the slow way.
private func firstDifference(_ a: String, _ b: String) throws -> Int? {
    func decisions(_ folder: String) throws -> [NSArray] {
        try String(contentsOfFile: folder + "/steps.jsonl", encoding: .utf8)
            .split(separator: "\n").compactMap { line in
                let object =
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                guard let object, object["s"] != nil else { return nil }
                return [object["sched"] ?? [], object["pre"] ?? []] as NSArray
            }
    }
    return zip(try decisions(a), try decisions(b)).enumerated()
        .first { !$1.0.isEqual($1.1) }?.offset
}

@Suite("What a comparison comes to")
struct VerdictTests {
    /// A run of requests whose latencies are those of another, scaled one by one.
    private func run(
        _ name: String, count: Int = 400, finished: Int = 400,
        queue: (Double) -> Double = { $0 }, prefill: Double = 1, decode: Double = 1
    ) throws -> ComparedRun {
        var random = SeededRandom(seed: 11)
        let requests = (0..<count).map { row -> ComparedRequest in
            let arrival = Int64(row) * 100_000
            let waits = queue(20_000 * random.uniform())
            let first = waits + prefill * (40_000 + 20_000 * random.uniform())
            let last = first + decode * 9 * (8_000 + 2_000 * random.uniform())
            let times = [waits, first, last].map { arrival + Int64($0) }
            return ComparedRequest(
                id: Int64(row), times: [arrival] + times, promptTokens: 10, hitTokens: 0,
                outputTokens: 10, preemptions: 0, isFinished: row < finished)
        }
        return try ComparedRun(
            name: name, configuration: Configuration(), requests: requests,
            figures: ["completed": Double(finished)], digest: name)
    }

    @Test("all latencies worse and an inner row better is worse, not a trade")
    func innerRow() throws {
        let before = try run("a")
        // A long queue gets short, and all else slow.
        let after = try run("b", queue: { min($0, 15_000) }, prefill: 1.5, decode: 1.3)
        let comparison = try Comparison(before, after)
        #expect(comparison.row("p99_queue_ms")?.isBetter == true)
        let verdict = Verdict(comparison)
        #expect(verdict.outcome == .worse)
        #expect(verdict.sentence.contains("too little for a trade"))
        #expect(try Verdict(Comparison(after, before)).outcome == .better)
    }

    @Test("a gain and a loss of a like size are a trade, a tiny gain is none")
    func trade() throws {
        let before = try run("a")
        #expect(
            try Verdict(Comparison(before, run("b", prefill: 1.3, decode: 0.8))).outcome
                == .tradeOff)
        #expect(
            try Verdict(Comparison(before, run("b", prefill: 2, decode: 0.995))).outcome == .worse)
        #expect(
            try Verdict(Comparison(before, run("b", prefill: 0.5, decode: 1.004))).outcome
                == .better)
    }

    @Test("TTFT counts where nothing finished")
    func firstTokensAlone() throws {
        let before = try run("a", finished: 0)
        let slow = try run("b", finished: 0, queue: { 3 * $0 })
        #expect(
            Weighing(try Comparison(before, slow)).losses.first?.metric.contains("ttft") == true)
    }

    @Test("requests that no longer finish weigh, however fast the others are")
    func rejected() throws {
        let before = try run("a")
        let after = try run("b", finished: 20, prefill: 0.9, decode: 0.9)
        let verdict = Verdict(try Comparison(before, after))
        #expect(verdict.outcome == .worse)
        #expect(verdict.sentence.contains("400 → 20 requests finish"))
    }

    @Test("runs in which nothing finished are compared by what they have")
    func nothingFinished() throws {
        let rejected = ComparedRequest(
            id: 1, times: [0, -1, -1, -1], promptTokens: 9, hitTokens: 0, outputTokens: 0,
            preemptions: 0, isFinished: false)
        func run(_ name: String, completed: Double) throws -> ComparedRun {
            try ComparedRun(
                name: name, configuration: Configuration(), requests: [rejected],
                figures: ["completed": completed], digest: name)
        }
        let (a, b) = (try run("a", completed: 0), try run("b", completed: 0))
        let ranking = try Ranking(a, [b])
        #expect(ranking.metric == "completed")
        #expect(ranking.entries[0].verdict.outcome == .undecided)
        #expect(ComparisonReport(ranking).text.contains("nothing finished"))
        let asked = refusal { _ = try Ranking(a, [b], by: "mean_e2el_ms") }
        #expect(asked.contains("no request has a mean_e2el_ms in both a and b"))
    }
}
