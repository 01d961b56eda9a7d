import Basics
import Foundation
import Models
import Scenario
import StepTime
import TestSupport
import Testing
import Traces

@testable import Fidelity

@Suite("Calibration finds the constants of a server, or says that it cannot")
struct CalibrationTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func write(_ name: String, _ text: String) throws -> String {
        try scratch.write(name, Array(text.utf8))
    }

    private static func configuration(_ more: [String] = []) throws -> Configuration {
        try Configuration.read(file: nil, changes: HiddenServer.keys + more)
    }

    /// Records a fitted constant whose interval leaves out what is hidden.
    private func expectInside(
        _ calibration: Calibration, _ truth: CalibrationValues,
        _ constants: [CalibrationConstant], seed: UInt64
    ) throws {
        for constant in constants {
            let row = try #require(
                calibration.constants.first { $0.constant == constant })
            guard let low = row.low, let high = row.high else {
                Issue.record("seed \(seed): \(constant.rawValue): \(row.reason ?? "")")
                continue
            }
            let hidden = truth[constant]
            #expect(
                (low...high).contains(hidden),
                "seed \(seed): \(constant.rawValue) is \(hidden), found \(low) to \(high)")
        }
    }

    @Test(
        "a log of steps gives every part of the host and the GPU", arguments: [1, 2] as [UInt64])
    func stepLog(seed: UInt64) throws {
        print("calibration from a log of steps: seed \(seed)")
        var random = SeededRandom(seed: seed)
        let server = try CalibrationServer(Self.configuration(), base: nil)
        var truth = server.base
        for constant in CalibrationConstant.allCases where constant != .frontEnd {
            // The base counts the delivery in its front end.
            let usual = constant == .delivery ? 0.5e-3 : truth[constant]
            truth = truth.with(constant, usual * (0.6 + random.uniform()))
        }
        truth.gpuScale = 0.93 + 0.15 * random.uniform()
        let logs = try HiddenSteps(truth: truth, server: server).logs(steps: 400, seed: seed)
        let files = [
            try write("steps.csv", logs.steps), try write("requests.csv", logs.requests),
        ]
        let calibration = try Calibration(Self.configuration(), data: files)
        try expectInside(
            calibration, truth,
            [
                .gpuScale, .gpuWait, .gpuWaitPerSequence, .schedule, .schedulePerSequence,
                .launchGraph, .launchPiecewise, .launchEager, .update, .updatePerToken, .delivery,
            ], seed: seed)
        // No row tells of the way to the scheduler.
        let front = try #require(calibration.constants.first { $0.constant == .frontEnd })
        #expect(!front.isFitted && front.value == server.base[.frontEnd])
        let asked = try CalibrationConstant.named(["front_end"])
        let error = #expect(throws: InputError.self) {
            try Calibration(Self.configuration(), data: files, asked: asked)
        }
        #expect(error?.problem.contains("do not determine front_end") == true)
    }

    /// A log of 24 steps of one and four sequences, in turn: schedules of 200 and 212 µs, give or
    /// take 20. So a sequence takes 4 µs by the mean, and -3 to 11 by its interval.
    private func noisySchedules() throws -> String {
        var lines = [StepLog.columns.joined(separator: ",")]
        for row in 0..<24 {
            let (begin, isLarge) = (10_000 * (row + 1), row % 2 == 1)
            let schedule = (isLarge ? 212 : 200) + (row / 2 % 2 == 0 ? 20 : -20)
            let entries = Array(repeating: "100:1", count: isLarge ? 4 : 1)
            lines.append(
                "\(begin),\(schedule),\(begin + schedule),100,0,50,\(begin + schedule),"
                    + "\(begin + 9900),\(entries.joined(separator: " "))")
        }
        return try write("steps.csv", lines.joined(separator: "\n"))
    }

    /// Its standard error is small enough to be fitted, its interval too wide to say anything.
    @Test("a constant whose interval holds zero is taken out, and the rest fitted anew")
    func openConstant() throws {
        let file = try noisySchedules()
        let configuration = try Self.configuration([
            "engine.async_scheduling=false", "engine.max_num_batched_tokens=16",
            "engine.max_num_seqs=8",
        ])
        let asked: [CalibrationConstant] = [.schedule, .schedulePerSequence]
        let server = try CalibrationServer(configuration, base: "none")
        var fit = try CalibrationFit(
            server, CalibrationInput([file], server).evidence, candidates: asked
        ) { _ in }
        let before = fit.values
        #expect(fit.fitted == asked && (2e-6...6e-6).contains(before[.schedulePerSequence]))
        var intervals = CalibrationIntervals(fit, seed: 0)
        #expect(try fit.dropOpen(intervals))
        #expect(fit.fitted == [.schedule] && fit.values[.schedulePerSequence] == 0)
        // The step takes over the sequences' mean of 2.5.
        let rise = 2.5 * before[.schedulePerSequence]
        #expect(abs(fit.values[.schedule] - before[.schedule] - rise) < 2e-6)
        #expect(fit.reasons[.schedulePerSequence]?.contains("holds 0 and the base's") == true)
        // What is left is determined.
        intervals = CalibrationIntervals(fit, seed: 0)
        #expect(try !fit.dropOpen(intervals) && fit.fitted == [.schedule])
        // A calibration refuses to have fitted it.
        let error = #expect(throws: InputError.self) {
            try Calibration(configuration, base: "none", data: [file], asked: asked)
        }
        #expect(error?.place == "--fit")
        #expect(error?.problem.contains("schedule_per_sequence (would be") == true)
    }

    @Test("requests of a few loads give what they determine, within its interval")
    func requests() throws {
        let seed: UInt64 = 5
        print("calibration from requests: seed \(seed)")
        var random = SeededRandom(seed: seed)
        var host = HostProfile.vllmAsync
        host.frontEnd = 2e-3 + 12e-3 * random.uniform()
        host.gpuWait.fixed = 0.2e-3 + 0.8e-3 * random.uniform()
        host.launchEager = .init(perLayer: (0.6 + 0.3 * random.uniform()) * 1e-3)
        let hidden = try HiddenServer(host)
        let one = try hidden.bench(
            "one.json", .init(requests: 32, rate: 0, prompts: [200, 1500], output: 16), seed: 1)
        let low = try hidden.bench(
            "low.json", .init(requests: 160, rate: 6, prompts: [100, 700, 1500], output: 24),
            seed: 2)
        let medium = try hidden.bench(
            "medium.json", .init(requests: 90, rate: 14, prompts: [100, 700], output: 24), seed: 3)
        let asked: [CalibrationConstant] = [.frontEnd, .gpuWait, .launchEager]
        let calibration = try Calibration(
            hidden.known(), data: [one, low], heldOut: [medium], asked: asked)
        let truth = CalibrationValues(host: host, gpuScale: 1, layers: 32, gpus: 1)
        try expectInside(calibration, truth, asked, seed: seed)
        let held = try #require(calibration.sources.first { $0.isHeldOut })
        for errors in held.errors {
            // In which phase of a step a request comes is chance: its own TTFT keeps that.
            if errors.kind != "ttft" {
                #expect(errors.after.median < 3, "\(errors.kind): \(errors.after.median) %")
            }
            #expect(errors.after.bias.magnitude < 6, "\(errors.kind): \(errors.after.bias) %")
            #expect(errors.after.median < errors.before.median, "\(errors.kind)")
        }
        // What was not asked for stays the base's.
        #expect(calibration.profile.update == HostProfile.vllmAsync.update)
        #expect(calibration.gpuScale == nil)
    }

    @Test("finds how the answers of a load ended, which its report does not say")
    func ends() throws {
        var host = HostProfile.vllmAsync
        host.frontEnd = 4e-3
        for stop in ["length", "eos"] {
            let hidden = try HiddenServer(host, changes: ["trace.stop=\(stop)"])
            let one = try hidden.bench(
                "one.json", .init(requests: 40, rate: 0, prompts: [200, 1500], output: 16), seed: 1)
            let low = try hidden.bench(
                "low.json", .init(requests: 60, rate: 6, prompts: [100, 700], output: 24), seed: 2)
            let known = try Configuration.read(file: nil, changes: HiddenServer.keys)
            let calibration = try Calibration(known, data: [one, low], asked: [.frontEnd])
            #expect(calibration.changes == (stop == "eos" ? [] : ["trace.stop=length"]))
            #expect(calibration.notes.contains { $0.contains("trace.stop=\(stop)") })
            #expect(abs(calibration.profile.frontEnd / 4e-3 - 1) < 0.1)
            // A run with the profile names the fit's errors, not those of the base.
            let errors = try #require(calibration.profile.errors)
            #expect(errors.contains("one.json, low.json, which it was fitted to"))
        }
    }

    /// The first requests of a run of vLLM 0.23 with Qwen3-14B on an H100: times as its client saw
    /// them; every output has 128 tokens.
    private func measured(_ run: String, _ count: Int, _ file: String) throws -> String {
        let bytes = try InputFile.contents(file, atMost: 100_000_000, expected: "a CSV")
        let rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix(run + ",") }
            .map { $0.split(separator: ",").dropFirst().map { Double($0)! } }
            .sorted { $0[0] < $1[0] }.prefix(count)
        let result: [String: Any] = [
            "backend": "vllm", "completed": rows.count, "start_times": rows.map { $0[0] * 1e-6 },
            "ttfts": rows.map { $0[2] * 1e-6 }, "input_lens": rows.map { Int($0[1]) },
            "output_lens": rows.map { _ in 128 }, "errors": rows.map { _ in "" },
            "itls": rows.map { Array(repeating: ($0[3] - $0[2]) * 1e-6 / 127, count: 127) },
        ]
        return try scratch.write(
            run + ".json",
            Array(JSONSerialization.data(withJSONObject: result, options: .sortedKeys)))
    }

    @Test(
        "two constants fitted to a real server hold on another one that was not seen",
        .enabled(
            if: FileManager.default.fileExists(atPath: Self.clientSteps),
            "the requests of real servers are not there"))
    func realServer() throws {
        let seen = try measured("sweep_rate_agg_2rps_vanilla", 160, Self.clientSteps)
        let unseen = try measured("sweep_rate_agg_4rps_patched", 60, Self.clientSteps)
        let configuration = try Configuration.read(
            file: nil,
            changes: [
                "model.name=qwen3-14b", "hardware.gpus_per_node=1",
                "engine.enable_prefix_caching=false", "engine.max_num_seqs=256",
            ])
        let calibration = try Calibration(
            configuration, base: "none", data: [seen], heldOut: [unseen],
            asked: [.frontEnd, .gpuWait])
        let held = try #require(calibration.sources.first { $0.isHeldOut })
        let most = ["ttft": 8.0, "tpot": 1.5, "e2e": 1.5]
        #expect(held.errors.count == 3)
        for errors in held.errors {
            #expect(
                errors.after.median < most[errors.kind]!, "\(errors.kind): \(errors.after)")
            // Two servers' TTFT of one request differ by 4.7 % themselves.
            let share = errors.kind == "ttft" ? 0.8 : 0.7
            #expect(errors.after.median < share * errors.before.median, "\(errors.kind)")
        }
    }

    /// Requests of runs by two hosts, microseconds: see the study beside the file.
    private static let clientSteps = packageRoot.deletingLastPathComponent()
        .appendingPathComponent("shared/h100/client-steps/qwen3_14b_requests.csv.gz").path

    /// Means of 60 requests of about 204 + 64 tokens at 1 and 5 a second, in the form of
    /// `vllm bench serve --save-result`: what two stages of a public synchronous server showed
    /// (kubernetes-sigs/inference-perf, demos/kubecon-na-2025/vllm).
    private static func report(rate: Double, ttft: Double, tpot: Double) -> String {
        """
        {"backend": "vllm", "completed": 60, "total_input_tokens": 12240,
         "total_output_tokens": 3840, "request_rate": \(rate), "burstiness": 1.0,
         "max_concurrency": null, "mean_ttft_ms": \(ttft), "mean_tpot_ms": \(tpot)}
        """
    }

    @Test("two stages below saturation do not determine the launch")
    func launchIsNotInvented() throws {
        let files = [
            try write("1.json", Self.report(rate: 1, ttft: 31.1, tpot: 7.13)),
            try write("5.json", Self.report(rate: 5, ttft: 30.2, tpot: 7.4)),
        ]
        let configuration = try Self.configuration(["engine.async_scheduling=false"])
        let error = #expect(throws: InputError.self) {
            try Calibration(
                configuration, data: files,
                asked: [.frontEnd, .schedule] + CalibrationConstant.named(["launch"]))
        }
        #expect(error?.place == "--fit")
        #expect(error?.problem.contains("launch_piecewise") == true, "\(error?.problem ?? "")")
        #expect(error?.problem.contains("front_end") == false, "\(error?.problem ?? "")")
        let calibration = try Calibration(
            configuration, data: files, asked: [.frontEnd, .schedule])
        let front = try #require(calibration.constants.first { $0.constant == .frontEnd })
        #expect(front.isFitted && (10e-3...20e-3).contains(front.value), "\(front.value)")
    }

    /// A launch that the GPU hides has no slope: left at a base that the data contradict, it would
    /// twist what is fitted beside it.
    @Test("a synchronous server's shorter launch is found or refused, and twists nothing else")
    func hiddenLaunch() throws {
        var base = HostProfile.vllmSync
        base.launchEager.perLayer = 0.68e-3
        var host = base
        host.frontEnd = 9e-3
        host.launchEager.perLayer *= 2.0 / 3
        let hidden = try HiddenServer(host, changes: ["engine.async_scheduling=false"])
        let files = [
            try hidden.bench(
                "one.json", .init(requests: 24, rate: 0, prompts: [200, 700, 1500], output: 12),
                seed: 1),
            try hidden.bench(
                "low.json", .init(requests: 72, rate: 5, prompts: [100, 700, 1500], output: 24),
                seed: 2),
            try hidden.bench(
                "medium.json", .init(requests: 96, rate: 12, prompts: [100, 700], output: 24),
                seed: 3),
        ]
        let scratch = try ScratchFolder()
        let server = try CalibrationServer(
            hidden.known(), base: scratch.write("base.json", JSONEncoder().encode(base)))
        let asked: [CalibrationConstant] = [
            .frontEnd, .schedule, .schedulePerSequence, .launchEager, .gpuScale,
        ]
        let fit = try CalibrationFit(
            server, CalibrationInput(files, server).evidence, candidates: asked
        ) { _ in }
        let intervals = CalibrationIntervals(fit, seed: 0)
        let truth = CalibrationValues(host: host, gpuScale: 1, layers: 32, gpus: 1)
        for constant in asked {
            guard let low = intervals.low[constant], let high = intervals.high[constant] else {
                #expect(fit.reasons[constant] != nil, "\(constant.rawValue)")
                continue
            }
            #expect(
                (low...high).contains(truth[constant]),
                "\(constant.rawValue) is \(truth[constant]), found \(low) to \(high)")
        }
        #expect(intervals.low[.frontEnd] != nil)
        #expect(fit.values[.launchEager] < 0.9 * server.base[.launchEager])
    }

    @Test("a profile that was written is read as the host of a run")
    func written() throws {
        var host = HostProfile.vllmSync
        host.name = "mine"
        let file = try write(
            "mine.json", String(decoding: JSONEncoder().encode(host), as: UTF8.self))
        #expect(try HostProfile.named(file) == host)
        let server = try CalibrationServer(Self.configuration(), base: file)
        #expect(server.base.host == host)
        for constant in CalibrationConstant.allCases {
            let value = 0.5 * (server.base[constant] + constant.size)
            let changed = server.base.with(constant, value)
            #expect(abs(changed[constant] / value - 1) < 1e-9, "\(constant)")
        }
    }

    @Test("words name constants, or all of a kind")
    func names() throws {
        #expect(
            try CalibrationConstant.named(["launch", "front-end"])
                == [.launchGraph, .launchPiecewise, .launchEager, .frontEnd])
        #expect(try CalibrationConstant.named(["schedule"]) == [.schedule])
        for word in ["", "lunch", "_"] {
            #expect(throws: InputError.self) { try CalibrationConstant.named([word]) }
        }
    }

    @Test("least squares: a definite system is solved, another refused")
    func squares() throws {
        let solved = try #require(LeastSquares.solve([[4, 1], [1, 3]], [1, 2]))
        #expect(abs(solved[0] - 1.0 / 11) < 1e-12 && abs(solved[1] - 7.0 / 11) < 1e-12)
        #expect(LeastSquares.solve([[1, 1], [1, 1]], [1, 1]) == nil)
        #expect(LeastSquares.solve([[0]], [1]) == nil)
        #expect(LeastSquares.solve([[.nan]], [1]) == nil)
        // Unknowns that nothing determines beside the ones before them are 0.
        #expect(LeastSquares.solveDetermined([[1, 1], [1, 1]], [3, 3]) == [3, 0])
        #expect(LeastSquares.solveDetermined([[0, 0], [0, 4]], [0, 8]) == [0, 2])
    }
}
