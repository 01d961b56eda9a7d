import Basics
import Scenario
import Simulator
import StepTime

@testable import Fidelity

/// A log of steps as a server with hidden constants would write it: batches of decodes of several
/// sizes, and chunks of prompts beside them.
struct HiddenSteps {
    let truth: CalibrationValues
    let server: CalibrationServer
    var noise = 0.01

    /// The text of `steps.csv`, and of `requests.csv` beside it.
    func logs(steps: Int, seed: UInt64) throws -> (steps: String, requests: String) {
        var random = SeededRandom(seed: seed)
        let stepTime = try server.stepTime(truth)
        var lines = [StepLog.columns.joined(separator: ",")]
        var tokens: [Double] = []
        var (clock, gpuEnd, context) = (1e3, 0.0, 400)
        var before = 0
        func noisy(_ seconds: Double) -> Double {
            max(0, seconds * (1 + noise * random.normal()))
        }
        for index in 0..<steps {
            let entries = Self.entries(index, context: &context)
            var load = StepLoad()
            for (past, count) in entries {
                load.add(count, past: past, samples: true, window: stepTime.window)
            }
            let isGraph = load.chunks == 0 && load.tokens <= server.mostGraphTokens
            let kind: CalibrationConstant =
                isGraph
                ? .launchGraph
                : load.tokens <= server.mostGraphTokens ? .launchPiecewise : .launchEager
            let schedule = noisy(
                truth.host.schedule + truth.host.schedulePerSequence * Double(entries.count))
            let launch = noisy(truth[kind])
            let update = noisy(
                truth.host.update + truth.host.updatePerToken * Double(before))
            let begin = clock
            let launchBegin = begin + schedule
            let ready = max(launchBegin, gpuEnd)
            let start = max(launchBegin + (isGraph ? launch : 0), gpuEnd)
            let price = noisy(Double(stepTime.picoseconds(load)) * 1e-12)
            let previousEnd = gpuEnd
            gpuEnd = max(start + price, launchBegin + launch)
            let cells = [
                begin, schedule, launchBegin, launch, 0, update, ready, gpuEnd,
            ].map { Quantity.exact(Int64(($0 * 1e9).rounded()), decimals: 3) }
            let text = entries.map { "\($0.0):\($0.1)" }.joined(separator: " ")
            lines.append((cells + [text]).joined(separator: ","))
            // The host processes the step before, once this one is launched and that one has run.
            let processed = max(launchBegin + launch, previousEnd) + update
            if index > 0 { tokens.append(processed + noisy(truth.host.delivery)) }
            before = entries.count
            clock = processed + 10e-6
        }
        let times = tokens.map { Quantity.exact(Int64(($0 * 1e9).rounded()), decimals: 3) }
        return (
            lines.joined(separator: "\n"),
            "id,why,sent_us,prompt,output,tokens_us\n0,x,0,100,\(times.count),"
                + times.joined(separator: " ")
        )
    }

    private static func entries(_ index: Int, context: inout Int) -> [(Int, Int)] {
        context += 1
        let sizes = [1, 4, 16, 32, 64]
        let batch = sizes[index / 40 % sizes.count]
        var entries = (0..<batch).map { (context + 37 * $0, 1) }
        if index % 10 == 3 {
            entries.append((0, [150, 300, 400, 700, 1500, 1900][index / 10 % 6]))
        }
        return entries
    }
}
