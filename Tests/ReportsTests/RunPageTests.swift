import Basics
import Foundation
import Reports
import Results
import Testing

@testable import Simulator

@Suite("What a run's page and summary say of the run itself")
struct RunPageTests {
    private func page(_ change: (inout RunResult) -> Void) -> String {
        var result = RunResult()
        result.end = 10_000_000_000_000
        result.busyTime = 8_000_000_000_000
        result.counters.finished = 100
        change(&result)
        return RunReport.text(RunSummary(result, clock: ""), result: result, objective: "")
    }

    private func keys(_ change: (inout RunResult) -> Void) throws -> [String: Any] {
        var result = RunResult()
        result.end = 10_000_000_000_000
        result.busyTime = 8_000_000_000_000
        change(&result)
        let data = Data(try jsonText(RunSummary(result, clock: "")).utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private static let overload = Overload(
        arrivalRate: 1264, admissionRate: 151, queueAtFirst: 410, queuePeak: 5212, queueAtLast: 5000
    )

    @Test("an overloaded run says so first")
    func overloaded() throws {
        let page = page { $0.overload = Self.overload }
        #expect(page.hasPrefix("OVERLOADED: arrivals outran the replicas."))
        #expect(page.contains("1,264 requests/s arrived and 151 were admitted"))
        #expect(page.contains("the queue grew from 410 to 5,212 requests"))
        #expect(page.contains("Latencies describe the length of the trace, not the server"))
        let values = try keys { $0.overload = Self.overload }
        #expect(values["overloaded"] as? Bool == true)
        #expect(values["overload_queue_at_first"] as? Int == 410)
        #expect(values["overload_queue_at_last"] as? Int == 5000)
        #expect(values["overload_queue_peak"] as? Int == 5212)
        #expect(values["overload_arrival_rate"] as? Double == 1264)
        #expect(values["overload_admission_rate"] as? Double == 151)
    }

    @Test("one that kept up does not speak of it")
    func keptUp() throws {
        #expect(!page { _ in }.lowercased().contains("overload"))
        let values = try keys { _ in }
        #expect(values["overloaded"] as? Bool == false)
        #expect(values.keys.filter { $0.hasPrefix("overload_") }.isEmpty)
    }

    @Test("a closed loop says so, with its number; an open one does not")
    func closedLoop() throws {
        let page = page { $0.concurrency = 1_024 }
        #expect(page.contains("closed loop: 1,024 requests in flight"))
        #expect(try keys { $0.concurrency = 7 }["max_concurrency"] as? Int == 7)
        #expect(!self.page { _ in }.contains("closed loop"))
        #expect(try keys { _ in }["max_concurrency"] == nil)
    }

    @Test("a closed loop that the trace does not fill says how many requests there are")
    func loopThatIsNotFilled() {
        let page = page {
            $0.concurrency = 1_024
            $0.counters.requests = 100
        }
        #expect(page.contains("closed loop of 1,024, which the trace's 100 requests do not fill"))
        #expect(!page.contains("requests in flight"))
    }

    @Test("a cap says so, with both waits and both views of the latencies")
    func cap() throws {
        func capped(_ result: inout RunResult) {
            var statistics = ClientStatistics()
            for wait in [0, 2] as [Int64] {
                var record = RequestRecord(id: 0, arrival: wait * 1_000_000_000, promptTokens: 1)
                record.clientWait = record.arrival
                record.firstToken = record.arrival + 3_000_000_000
                record.finish = record.arrival + 5_000_000_000
                record.outcome = .finished
                statistics.add(record)
            }
            result.client = ClientLatencies(statistics, cap: 1_024)
        }
        let page = page(capped)
        #expect(page.contains("the trace's times, at most 1,024 in flight: 1 request waited at"))
        for row in ["client wait", "TTFT from due", "E2E from due"] {
            #expect(page.contains("\n" + row))
        }
        let keys = try keys(capped)
        #expect(keys["max_concurrency"] as? Int == 1_024)
        #expect(keys["client_held_requests"] as? Int == 1)
        #expect(keys["client_wait_count"] as? Int == 2)
        for (key, mean) in [("client_wait", 1), ("ttft_from_due", 4), ("e2el_from_due", 6)] {
            #expect(keys["mean_\(key)_ms"] as? Double == Double(mean))
        }
        #expect(!self.page { _ in }.contains("from due"))
    }

    @Test("what is shared and lost is said, where it is known and there is any")
    func lostReuse() throws {
        func share(_ result: inout RunResult) {
            result.tellsSharing = true
            result.counters.queriedTokens = 1_000
            result.counters.hitTokens = 100
            result.counters.sharedTokens = 460
            result.counters.sharedTokensLost.blockSize = 239
            result.counters.sharedTokensLost.evicted = 70
            result.counters.sharedTokensLost.notComputed = 30
            result.counters.sharedTokensLost.window = 20
            result.counters.sharedTokensLost.lastToken = 1
        }
        let line =
            "shared        46.0 % of prompt tokens repeat earlier requests; of all, not hit: "
            + "23.9 % cut off by the block size, 7.0 % evicted, 3.0 % not computed yet, "
            + "2.0 % in windows or states not kept, 0.1 % the last token, always computed"
        #expect(page(share).contains(line + "\nKV blocks"))
        var values = try keys(share)
        #expect(values["shared_tokens"] as? Int == 460)
        #expect(values["shared_tokens_lost_block_size"] as? Int == 239)
        #expect(values["shared_tokens_lost_other_replica"] as? Int == 0)
        #expect(values["shared_tokens_lost_evicted"] as? Int == 70)
        #expect(values["shared_tokens_lost_not_computed"] as? Int == 30)
        #expect(values["shared_tokens_lost_window"] as? Int == 20)
        #expect(values["shared_tokens_lost_last_token"] as? Int == 1)
        for change in [
            {
                share(&$0)
                $0.counters.sharedTokensLost = LostReuse()
            },
            {
                share(&$0)
                $0.tellsSharing = false
            },
        ] as [(inout RunResult) -> Void] {
            #expect(!page(change).contains("earlier requests"))
        }
        values = try keys {
            share(&$0)
            $0.tellsSharing = false
        }
        #expect(values["shared_tokens"] == nil && values["shared_tokens_lost_evicted"] == nil)
    }

    @Test("what is left out is said, with its numbers")
    func leftOut() throws {
        func leave(_ result: inout RunResult) {
            var stretch = MeasuredStretch()
            stretch.leftAtStart = 1_032
            stretch.leftAtEnd = 7
            stretch.counters.requests = 288
            stretch.counters.finished = 280
            stretch.end = 70_000_000_000_000
            result.stretch = stretch
        }
        let page = page(leave)
        #expect(
            page.contains("left out      the first 1,032 requests to warm up and the last 7 to"))
        #expect(page.contains("throughput are of the 288 between, in "))
        #expect(page.contains("throughput    4.00 requests/s"))
        let values = try keys(leave)
        let stretch = try #require(values["measured_stretch"] as? [String: Any])
        #expect(stretch["left_out_warmup"] as? Int == 1_032)
        #expect(stretch["left_out_cooldown"] as? Int == 7)
        #expect(stretch["completed"] as? Int == 280)
        #expect(stretch["failed"] as? Int == 8)
        #expect(stretch["duration"] as? Double == 70)
        #expect(values["request_throughput"] as? Double == 4)
        #expect(!self.page { _ in }.contains("left out"))
        #expect(try keys { _ in }["measured_stretch"] == nil)
    }

    @Test("latencies say whose they are, where requests were aborted")
    func populations() throws {
        let page = page { $0.counters.aborted = 1_409 }
        let said = try #require(page.firstRange(of: "those of the 100 finished requests.\nThe"))
        let table = try #require(page.firstRange(of: "\nqueue"))
        let facts = try #require(page.firstRange(of: "\nthroughput"))
        #expect(table.lowerBound < said.lowerBound && said.lowerBound < facts.lowerBound)
        #expect(page.contains("admissions of the 1,409 aborted ones, too."))
        #expect(!self.page { _ in }.contains("those of the"))
        func failing(_ result: inout RunResult) {
            result.counters.requests = 9
            result.counters.finished = 4
        }
        #expect(try keys(failing)["failed"] as? Int == 5)
    }

    @Test("the benchmark's keys are there when there is nothing, too")
    func benchmarkKeys() throws {
        let values = try keys { $0.mostTokensInSecond = 812 }
        for name in ["ttft", "tpot", "itl", "e2el"] {
            #expect(values["std_\(name)_ms"] as? Double == 0)
            #expect(values["mean_\(name)_ms"] == nil)
        }
        #expect(values["std_queue_ms"] == nil)
        #expect(values["failed"] as? Int == 0)
        #expect(values["max_output_tokens_per_s"] as? Int == 812)
    }

    @Test("preemptions say what they cost, where there were any")
    func preemptionCost() throws {
        func preempted(_ result: inout RunResult) {
            result.counters.requests = 100
            result.counters.scheduledTokens = 10_000
            result.counters.preemptions = 9
            result.counters.preemptedRequests = 7
            result.counters.recomputedTokens = 2_560
            result.mostPreemptions = 3
        }
        #expect(
            page(preempted).contains(
                "\npreemption    7 of 100 requests preempted, one 3 times at most; 2,560 tokens "
                    + "computed again, 25.6 % of those scheduled\nbatch"))
        #expect(!page { _ in }.contains("computed again"))
        let values = try keys(preempted)
        #expect(values["recomputed_tokens"] as? Int == 2_560)
        #expect(values["preempted_requests"] as? Int == 7)
        #expect(values["max_preemptions"] as? Int == 3)
    }

    @Test("each priority has its figures, on the page and in the summary")
    func priorities() throws {
        let apart = RequestClasses(.priority, ServiceLevelObjective())
        for (priority, seconds) in [(5, 1), (5, 3), (-1, 4)] as [(Int32, Int64)] {
            apart.add(
                RequestRecord(
                    id: 0, arrival: 0, admitted: 0, firstToken: seconds * 1_000_000_000_000,
                    finish: 9_000_000_000_000, promptTokens: 1, outputTokens: 1,
                    priority: priority, outcome: .finished))
        }
        var summary = RunSummary(RunResult(), clock: "")
        summary.classes = [ClassTable(apart, isWanted: false, seconds: 9)]
        let page = RunReport.text(summary, result: RunResult(), objective: "")
        let rows = page.split(separator: "\n").drop { !$0.hasPrefix("priority") }
            .map { $0.split(separator: " ").map(String.init) }
        #expect(rows[2].prefix(6) == ["-1", "1", "1", "4.00", "s", "4.00"])
        #expect(rows[3].prefix(6) == ["5", "2", "2", "2.00", "s", "2.98"])
        let values = try #require(
            JSONSerialization.jsonObject(with: Data(jsonText(summary).utf8)) as? [String: Any])
        let classes = try #require(values["by_priority"] as? [[String: Any]])
        #expect(classes.map { $0["priority"] as? Int } == [-1, 5])
        #expect(classes.map { $0["completed"] as? Int } == [1, 2])
        #expect(classes.map { $0["mean_ttft_ms"] as? Double } == [4_000, 2_000])
        #expect(classes[0]["mean_tpot_ms"] == nil)
        let spread = classes.compactMap { $0["std_ttft_ms"] as? Double }
        #expect(spread.map { $0.rounded() } == [0, 1_000])
        #expect(try keys { _ in }["by_priority"] == nil)
    }

    @Test("a trace without content has no hit rate, and a note says so")
    func noContent() throws {
        func silent(_ result: inout RunResult) {
            result.holdsContent = false
            result.counters.requests = 100
        }
        let page = page(silent)
        #expect(page.contains("hits not known, the trace holds no content; 0 evictions"))
        #expect(page.contains("Note: the trace holds lengths and no content"))
        #expect(!page.contains("of prompt tokens hit"))
        var values = try keys(silent)
        #expect(values["trace_holds_content"] as? Bool == false)
        #expect((values["warnings"] as? [String])?.count == 1)
        #expect(self.page { _ in }.contains("0.0 % of prompt tokens hit, 0 evictions"))
        values = try keys { $0.counters.requests = 100 }
        #expect(values["trace_holds_content"] as? Bool == true)
        #expect((values["warnings"] as? [String])?.isEmpty == true)
    }

    @Test("shares of what there is are on the page and in the summary; unknown ones in neither")
    func utilization() throws {
        func shares(_ result: inout RunResult) {
            result.utilization.flops = 0.083
            result.utilization.memoryBandwidth = 0.55
            result.utilization.tokenBudget = 0.006
            result.utilization.runningLimit = 0.0071
        }
        #expect(
            page(shares).contains(
                "8.3 % of the peak FLOP/s, 55.0 % of the memory bandwidth, 0.6 % of the token "
                    + "budget, 0.7 % of max_num_seqs"))
        var values = try keys(shares)
        #expect(values["flops_utilization"] as? Double == 0.083)
        #expect(values["memory_bandwidth_utilization"] as? Double == 0.55)
        #expect(values["token_budget_utilization"] as? Double == 0.006)
        #expect(values["max_num_seqs_utilization"] as? Double == 0.0071)
        #expect(!page { _ in }.contains("FLOP/s"))
        values = try keys { _ in }
        #expect(values["flops_utilization"] == nil)
    }

    @Test("host work in the clock's steps is waiting, where the clock tells it")
    func hostTime() throws {
        func host(_ result: inout RunResult) {
            result.hostTimeInSteps = 3_000_000_000_000
            result.hostWaitTime = 1_000_000_000_000
        }
        #expect(page(host).contains("50.0 % busy, 40.0 % waiting for the host"))
        let values = try keys(host)
        #expect(values["gpu_busy_share"] as? Double == 0.5)
        #expect(values["gpu_host_wait_share"] as? Double == 0.4)
        let unknown = page { $0.hostTimeInSteps = 0 }
        #expect(unknown.contains("80.0 % busy (host work in steps included), 0.0 %"))
    }

    @Test("a log's times are rounded as those of requests.csv are")
    func rounding() throws {
        var log = DecisionLog(asynchronous: true)
        for (time, microseconds) in [
            (1_499_999, 1), (1_500_000, 2), (2_000_000, 2), (0, 0),
        ] as [(Int64, Int)] {
            let decision = UpdateDecision(
                replica: 0, number: 0, time: time, aborted: [], delivered: 1, finished: [],
                freeBlocks: 1, keys: nil, wasted: 0, waiting: 0, running: 0, idle: true)
            let text = log.line(.updated(decision))
            let line = try #require(text)
            #expect(line.contains("\"t\":\(microseconds),"), "\(line)")
            var row: [UInt8] = []
            RequestLine.append(
                RequestRecord(id: 0, arrival: 0, finish: time, promptTokens: 1), to: &row)
            let columns = String(decoding: row, as: UTF8.self).split(
                separator: ",", omittingEmptySubsequences: false)
            let seconds = try #require(Double(columns[4]))
            #expect(Int((seconds * 1e6).rounded()) == microseconds)
        }
    }
}
