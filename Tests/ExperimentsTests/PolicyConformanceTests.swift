import Basics
import Foundation
import Simulator
import TestSupport
import Testing

@testable import Experiments

/// Captures of the engine that ship with the tests, and those beside the checkout.
private let captures: [String] = {
    var folders = [
        packageRoot.appendingPathComponent("Tests/ExperimentsTests/Cases").path
    ]
    if let evidence {
        folders += ["cases", "async/cases"].map {
            evidence.appendingPathComponent("oracle/vllm-0.33.0/" + $0).path
        }
    }
    let found = folders.flatMap { (try? Conformance.cases(under: [$0])) ?? [] }
    return found.filter { !$0.contains("s1-burst") && !$0.contains("t1-chat") }
}()

@Suite struct PolicyConformanceTests {
    /// vLLM's two policies written as `SchedulingPolicy` values decide every step as the engine's
    /// own scheduler does.
    @Test(.enabled(if: !captures.isEmpty), arguments: captures)
    func policiesReproduceTheEngine(folder: String) throws {
        let configuration = try CaseConfiguration.read(folder + "/config.json")
        let result = try Conformance.run(folder, gait: .walk) { plan in
            plan.policy =
                configuration.policy == "priority" ? ByPriority() : FirstComeFirstServed()
        }
        #expect(result.difference == nil)
        #expect(result.steps > 0)
    }
}

private let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// Captures that the example in Python covers: first come, first served, one full group, one
/// prefill rule, and no sharing of blocks under pressure.
private let pythonCaptures: [String] = captures.filter { folder in
    guard let configuration = try? CaseConfiguration.read(folder + "/config.json") else {
        return false
    }
    return configuration.policy == "fcfs" && !configuration.enablePrefixCaching
        && configuration.groups.allSatisfy { $0.type == "full" } && configuration.groups.count == 1
        && configuration.prefillScheduleInterval == 1
        && !configuration.longPrefillTokenThresholdAdaptive && configuration.source == nil
}

@Suite(.serialized) struct ExternalSchedulerTests {
    @Test(.enabled(if: python != nil && !pythonCaptures.isEmpty), arguments: pythonCaptures)
    func theExampleInPythonConforms(folder: String) throws {
        let script = packageRoot.appendingPathComponent("configs/schedulers/fcfs.py").path
        let result = try Conformance.run(folder, gait: .walk) { plan in
            plan.externalScheduler = ExternalSchedulerConfiguration(
                command: "\(python!) '\(script)'", limitSeconds: 30)
        }
        #expect(result.difference == nil)
    }
}
