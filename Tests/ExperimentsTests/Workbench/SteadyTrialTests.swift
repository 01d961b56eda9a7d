import Basics
import Foundation
import Results
import Scenario
import TestSupport
import Testing

@testable import Experiments

@Suite("Whether a load is steady")
struct SteadyTrialTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A server that serves twenty requests a second, and how many come.
    private static let server = """
        base: {
            step_time: { kind: "linear", fixed_us: 50000, per_token_us: 0, per_request_us: 0 },
            engine: { host: "none", max_num_seqs: 1, async_scheduling: false,
                num_gpu_blocks: 1000, max_model_len: 1000 },
            trace: { stop: "length", random_input_len: 100, random_output_len: 1, limit: 1500 },
            hardware: { gpus_per_node: 1 }, cluster: { replicas: 1 } },
        slo: { e2e_ms: { max: 1e9 } }
        """

    private func space(_ keys: String) throws -> ConfigurationSpace {
        try ConfigurationSpace(
            file: scratch.write("{ \(Self.server), keys: { \(keys) } }", "space.json5"))
    }

    @Test("is said alike by trials, sweeps, tune and capacity, and steadily")
    func agreement() throws {
        let space = try space(
            "\"trace.request_rate\": [5, 19, 20.5, 24], \"trace.limit\": [12, 1500]")
        try Sweep(space).perform(to: scratch.path + "/points.csv")
        let table = try SweepTable(file: scratch.path + "/points.csv")
        var said: [Bool?] = []
        for point in 0..<space.points {
            let configuration = try space.configuration(point: point, trace: 0, seed: 0)
            let traces = TraceStore()
            let trial = try Trial(configuration, traces: traces)
            said.append(trial.isSteady)
            #expect(table.isSteady[point] == trial.isSteady, "\(space.values(at: point))")
            let run = CapacityRun(trial, .whole, isCount: false)
            #expect(run.isSteady == trial.isSteady && run.behind == trial.behind)
            let tuned = try TuneRun(configuration, traces: traces, share: 1, endsEarly: false)
            #expect(tuned.isSteady == trial.isSteady)
        }
        // A dozen requests do not tell; 24 a second are more than twenty.
        #expect(Array(said[..<4]) == [nil, nil, nil, nil], "\(said)")
        #expect(said[4] == true && said[7] == false, "\(said)")
    }

    @Test("of several runs is what all say")
    func several() {
        #expect(Trial.areSteady([]) == true)
        #expect(Trial.areSteady([true, true]) == true)
        #expect(Trial.areSteady([true, nil]) == .some(nil))
        #expect(Trial.areSteady([nil, false, true]) == false)
    }
}
