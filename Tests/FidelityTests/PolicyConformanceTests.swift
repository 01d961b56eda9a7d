import Basics
import Foundation
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Fidelity

/// Captures of the engine that ship with the tests.
private let captures: [String] = {
    let folder = packageRoot.appendingPathComponent("Tests/FidelityTests/Cases").path
    return (try? Conformance.cases(under: [folder])) ?? []
}()

/// A few of them, for debug builds: preemption, priorities, windows, cadence, both pipelines.
private let sample: [String] = captures.filter { folder in
    [
        "sync/b2-tight-cache", "sync/h13-priority-refund", "sync/m5-swa-exact",
        "sync/n1-prefill-interval4", "sync/z-fuzz36", "async/h13-priority-refund",
        "async/u1-edges-eos-yield1000", "async/v6-finish-preempted-eos-prio", "async/z-fuzz48",
    ].contains { folder.hasSuffix($0) }
}

@Suite struct PolicyConformanceTests {
    /// vLLM's two policies written as `SchedulingPolicy` values decide every step as the engine's
    /// own scheduler does.
    @Test(arguments: sample, EngineConfiguration.Advance.allCases)
    func policiesReproduceTheEngine(folder: String, advance: EngineConfiguration.Advance) throws {
        let configuration = try CaseConfiguration.read(folder + "/config.json")
        let result = try Conformance.run(folder, advance: advance) { plan in
            plan.policy =
                configuration.policy == "priority" ? ByPriority() : FirstComeFirstServed()
        }
        #expect(result.difference == nil)
        #expect(result.steps > 50)
    }
}

private let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// Captures that the example in Python covers: first come, first served, one full group, no
/// adaptive threshold, and no sharing of blocks under pressure.
private let pythonCaptures: [String] = captures.filter { folder in
    guard let configuration = try? CaseConfiguration.read(folder + "/config.json") else {
        return false
    }
    return configuration.policy == "fcfs" && !configuration.enablePrefixCaching
        && configuration.groups.allSatisfy { $0.type == "full" } && configuration.groups.count == 1
        && !configuration.longPrefillTokenThresholdAdaptive && configuration.source == nil
}

@Suite(.serialized) struct ExternalSchedulerTests {
    @Test(.enabled(if: python != nil && !pythonCaptures.isEmpty), arguments: pythonCaptures)
    func theExampleInPythonConforms(folder: String) throws {
        let script = packageRoot.appendingPathComponent("configs/schedulers/fcfs.py").path
        let result = try Conformance.run(folder, advance: .step) { plan in
            plan.externalScheduler = ExternalSchedulerConfiguration(
                command: "\(python!) '\(script)'", limitSeconds: 30)
        }
        #expect(result.difference == nil)
    }

    /// On a tight pool the engine refuses what the program counted wrong: what stands behind the
    /// refusal, a preemption perhaps, did not happen. Without shared blocks it counts exactly.
    @Test(.enabled(if: python != nil), arguments: [true, false])
    func theExampleInPythonServesATightPool(sharing: Bool) throws {
        let script = packageRoot.appendingPathComponent("configs/schedulers/fcfs.py").path
        let changes = [
            "cluster.replicas=1", "trace.limit=60", "engine.num_gpu_blocks=600",
            "engine.max_model_len=9000", "engine.long_prefill_token_threshold=256",
            "engine.enable_prefix_caching=\(sharing)",
        ]
        let configuration = try Configuration.read(file: nil, changes: changes)
        var plan = try configuration.resolved().plan
        let own = try simulate(plan, source: configuration.openTrace().source)
        plan.externalScheduler = ExternalSchedulerConfiguration(
            command: "\(python!) '\(script)'", limitSeconds: 30)
        let result = try simulate(plan, source: configuration.openTrace().source)
        #expect(own.counters.finished > 50 && result.counters.finished == own.counters.finished)
        #expect(result.counters.preemptions > 20)
        #expect(sharing || result.digest == own.digest)
    }
}
