import Basics
import Simulator
import Traces

/// Holds the striding gait against the walking one on random small workloads and plans.
public enum GaitComparison {
    /// What differs between the two gaits for a seed; nil when all of it is equal: records,
    /// counters, histograms, block use, times, digest, and the place of an error.
    public static func difference(seed: UInt64) throws -> String? {
        let random = RandomCase(seed: seed)
        switch (try result(random, .walk), try result(random, .stride)) {
        case (.failure(let walked), .failure(let strode)):
            return walked.place == strode.place ? nil : "errors: \(walked) and \(strode)"
        case (.failure(let error), .success): return "only walking fails: \(error)"
        case (.success, .failure(let error)): return "only striding fails: \(error)"
        case (.success(let walked), .success(let strode)): return difference(walked, strode)
        }
    }

    private static func result(
        _ random: RandomCase, _ gait: EngineConfiguration.Gait
    ) throws -> Result<RunResult, InputError> {
        var plan = random.plan
        plan.engine.gait = gait
        do {
            return .success(try simulate(plan, source: InMemorySource(random.workload)))
        } catch let error as InputError {
            return .failure(error)
        }
    }

    /// The first part in which two results differ.
    static func difference(_ a: RunResult, _ b: RunResult) -> String? {
        func first<Value: Equatable>(_ name: String, _ key: KeyPath<RunResult, Value>) -> String? {
            let (left, right) = (a[keyPath: key], b[keyPath: key])
            return left == right ? nil : name
        }
        return first("records", \.records) ?? first("counters", \.counters)
            ?? first("ITL", \.interTokenLatency) ?? first("TTFT", \.timeToFirstToken)
            ?? first("TPOT", \.timePerOutputToken) ?? first("queue time", \.queueTime)
            ?? first("block use", \.usedBlockSeconds) ?? first("peak blocks", \.peakUsedBlocks)
            ?? first("busy time", \.busyTime) ?? first("host wait", \.hostWaitTime)
            ?? first("end", \.end) ?? first("samples", \.samples) ?? first("digest", \.digest)
    }
}
