import Basics
import Foundation
import Scenario
import StepTime
import TestSupport
import Testing

@testable import Experiments

@Suite("Calibration finds the constants of a server, or says that it cannot")
struct CalibrationTests {
    /// Constants around those of an asynchronous server, from a seed.
    static func asynchronous(_ random: inout SeededRandom) -> HostProfile {
        var host = HostProfile.vllmAsync
        host.frontEnd = 2e-3 + 12e-3 * random.uniform()
        host.gpuWait = HostCoefficients(
            fixed: 0.1e-3 + 0.8e-3 * random.uniform(), perSequence: 10e-6 + 40e-6 * random.uniform())
        host.launchEager = .init(perLayer: (0.5 + 0.4 * random.uniform()) * 1e-3)
        host.launchPiecewise = .init(perLayer: (0.1 + 0.2 * random.uniform()) * 1e-3)
        return host
    }

    @Test func time() throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["CAL_SEED"] ?? "1")!
        var random = SeededRandom(seed: seed)
        let server = try HiddenServer(
            Self.asynchronous(&random), gpuScale: 0.92 + 0.2 * random.uniform())
        print("seed \(seed)")
        let files = [
            try server.bench(
                "one.json", .init(requests: 24, rate: 0, prompts: [200, 1500], output: 32), seed: 1),
            try server.bench(
                "low.json", .init(requests: 120, rate: 4, prompts: [120, 300, 700, 1500], output: 60),
                seed: 2),
            try server.bench(
                "medium.json",
                .init(requests: 240, rate: 14, prompts: [120, 300, 700, 1500], output: 60), seed: 3),
            try server.bench(
                "long.json",
                .init(requests: 40, rate: 1.5, prompts: [3000, 6000, 1000], output: 24), seed: 4),
        ]
        let start = Date()
        let calibration = try Calibration(server.known(), data: files)
        print("took", Date().timeIntervalSince(start))
        let truth = CalibrationValues(
            host: server.host, gpuScale: server.gpuScale, layers: 32, gpus: 1)
        for row in calibration.constants {
            let t = truth[row.constant]
            let ok = row.isFitted ? ((row.low! <= t && t <= row.high!) ? "ok" : "MISS") : "-"
            print(row.constant.rawValue, ok, "truth", t, "base", row.base, "fit", row.value, row.low ?? 0, row.high ?? 0, row.reason ?? "")
        }
    }
}
