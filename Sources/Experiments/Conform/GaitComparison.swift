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
        case (.success(let walked), .success(let strode)):
            if let difference = difference(walked, strode) { return difference }
            // Watched runs go request by request, unwatched ones may go replica by replica; and
            // unwatched walking takes steps that only decode together.
            for gait in EngineConfiguration.Gait.allCases {
                guard case .success(let single) = try result(random, gait, numbered: true) else {
                    return "only single blocks fail"
                }
                if let difference = difference(strode, single) {
                    return "\(difference) over single blocks in a \(gait.rawValue)"
                }
                guard case .success(let watched) = try result(random, gait, Watcher()) else {
                    return "only watching fails"
                }
                if let difference = difference(strode, watched) {
                    return "\(difference) when a \(gait.rawValue) is watched"
                }
            }
            return nil
        }
    }

    /// Looks at every decision and does nothing.
    private struct Watcher: RunObserver {
        var decisionDetail: DecisionDetail { .decisionsAndBlocks }
    }

    private static func result(
        _ random: RandomCase, _ gait: EngineConfiguration.Gait, _ watcher: Watcher? = nil,
        numbered: Bool = false
    ) throws -> Result<RunResult, InputError> {
        var plan = random.plan
        plan.engine.gait = gait
        plan.numbersBlocks = numbered
        do {
            let source = InMemorySource(random.workload)
            return .success(try simulate(plan, source: source, observer: watcher))
        } catch let error as InputError {
            return .failure(error)
        }
    }

    /// The first part in which two results differ.
    static func difference(_ a: RunResult, _ b: RunResult) -> String? {
        let parts: [(name: String, isEqual: Bool)] = [
            ("records", a.records == b.records),
            ("counters", a.counters == b.counters),
            ("ITL", a.interTokenLatency == b.interTokenLatency),
            ("TTFT", a.timeToFirstToken == b.timeToFirstToken),
            ("TPOT", a.timePerOutputToken == b.timePerOutputToken),
            ("queue time", a.queueTime == b.queueTime),
            ("block use", a.usedBlockSeconds == b.usedBlockSeconds),
            ("peak blocks", a.peakUsedBlocks == b.peakUsedBlocks),
            ("busy time", a.busyTime == b.busyTime),
            ("host wait", a.hostWaitTime == b.hostWaitTime),
            ("work", a.work == b.work),
            ("longest context", a.longestContext == b.longestContext),
            ("overload", a.overload == b.overload),
            ("end", a.end == b.end),
            ("digest", a.digest == b.digest),
        ]
        return parts.first { !$0.isEqual }?.name
    }
}
