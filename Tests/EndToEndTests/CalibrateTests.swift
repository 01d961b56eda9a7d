import Foundation
import StepTime
import TestSupport
import Testing

/// `headway calibrate`, called as a user calls it.
@Suite("Calibrating from the command line")
struct CalibrateTests {
    private let scratch: ScratchFolder
    private static let keys = [
        "--set", "hardware.gpus_per_node=1", "engine.max_num_batched_tokens=2048",
        "engine.max_model_len=4096", "engine.max_num_seqs=64",
    ]

    init() throws { scratch = try ScratchFolder() }

    private func call(_ words: String...) throws -> Executable.Outcome {
        try Executable.run(words + Self.keys, in: scratch.path, seconds: 200)
    }

    private func write(_ name: String, _ text: String) throws {
        _ = try scratch.write(name, Array(text.utf8))
    }

    /// Steps of two decodes, 7 ms apart, launched in 0.9 ms.
    private static var steps: String {
        var lines = [
            "begin_us,schedule_us,launch_begin_us,launch_us,sample_us,update_us,gpu_begin_us,"
                + "gpu_end_us,entries"
        ]
        for index in 0..<120 {
            let (begin, end) = (7_000 * index, 7_000 * (index + 1) + 400)
            lines.append(
                "\(begin),150,\(begin + 300),900,0,120,\(begin + 400),\(end),\(500 + index):1 90:1")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("the profile that it writes is a run's host")
    func profile() throws {
        try write("steps.csv", Self.steps)
        let fitted = try call(
            "calibrate", "--data", "steps.csv", "--fit", "schedule,launch_graph", "--out",
            "host.json", "--json")
        #expect(fitted.status == 0, "\(fitted.errors)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(fitted.output.utf8)) as? [String: Any])
        let constants = try #require(json["constants"] as? [[String: Any]])
        let names = constants.filter { $0["is_fitted"] as? Bool == true }
            .compactMap { $0["name"] as? String }
        #expect(Set(names) == ["schedule", "launch_graph"])
        let host = try HostProfile.named(scratch.path + "/host.json")
        #expect(host.name == "host" && host.mostSequences == 2)
        #expect(abs(host.launchGraph.fixed - 0.9e-3) < 0.05e-3)
        #expect(host.frontEnd == HostProfile.vllmAsync.frontEnd)
        // Its errors are its own: here of no latency, and so none.
        #expect(host.errors == nil && host.gpuScale == nil)
        let run = try call(
            "run", "--limit", "20", "--quiet", "--set", "engine.host.profile=host.json")
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("what cannot be fitted ends in one line and status 2, and writes nothing")
    func refusals() throws {
        try write("steps.csv", Self.steps)
        try write("cut.json", "{\"backend\": \"vllm\", \"input_lens\": [1")
        try write("other.txt", "hello\n")
        for (words, part) in [
            (["--data", "steps.csv", "--fit", "launch"], "launch_piecewise, launch_eager"),
            (["--data", "steps.csv", "--fit", "lunch"], "unknown constant \"lunch\""),
            (["--data", "cut.json"], "cut.json"), (["--data", "other.txt"], "other.txt"),
            (["--data", "none.json"], "No such file"), ([], "nothing to fit to"),
            (["--data", "steps.csv", "--base", "nobody"], "unknown host profile \"nobody\""),
            (["--data", "steps.csv", "--out", "host"], "ends in .json"),
        ] {
            let outcome = try Executable.run(
                ["calibrate"] + words + (words.contains("--out") ? [] : ["--out", "host.json"])
                    + Self.keys, in: scratch.path, seconds: 200)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(words)")
            #expect(outcome.errors.contains(part), "\(words): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
        #expect(!scratch.names.contains("host.json"))
    }

    @Test("a table of steps is taken as fit-steptime takes it, which names its successor")
    func table() throws {
        try write("t.csv", "tokens,decodes,context,microseconds\n1,1,100,7000\n8,8,800,7100\n")
        let new = try Executable.run(["calibrate", "t.csv"], in: scratch.path, seconds: 60)
        let old = try Executable.run(["fit-steptime", "t.csv"], in: scratch.path, seconds: 60)
        #expect(new.status == 0 && old.status == 0 && new.output == old.output)
        #expect(new.errors.isEmpty && old.errors.contains("headway calibrate"))
        let both = try Executable.run(
            ["calibrate", "t.csv", "--data", "t.csv"], in: scratch.path, seconds: 60)
        #expect(both.status == 2 && both.errors.contains("does not apply"))
    }
}
