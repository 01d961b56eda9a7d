import Foundation
import TestSupport
import Testing

@Suite("A flag of another verb suggests the key that is meant")
struct WrongFlagTests {
    @Test(
        "on a verb that changes a configuration",
        arguments: [
            (["config", "--model", "qwen3-8b"], "--set model.name=VALUE"),
            (["run", "--block-size", "512"], "--set trace.block_size=VALUE"),
            (["run", "--time-unit", "s"], "--set trace.time_unit=VALUE"),
            (["run", "--max-num-seqs", "5"], "--set engine.max_num_seqs=VALUE"),
            (["run", "--slo", "mean_ttft_ms=30"], "ttft_mean_ms=30"),
            (["run", "--slo", "median_e2el_ms=30"], "e2e_p50_ms=30"),
        ])
    func suggestions(_ words: [String], _ wanted: String) throws {
        let outcome = try Executable.run(words)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("did you mean " + wanted), "\(outcome.errors)")
    }

    @Test("a run from a pipe proposes nothing that reads it again")
    func pipe() throws {
        let line = "{\"arrival_us\":0,\"prompt_tokens\":90,\"output_tokens\":10}"
        let outcome = try Executable.shell(
            "echo '\(line)' | $HEADWAY run --trace - --slo ttft_p99_ms=5")
        #expect(outcome.status == 0 && !outcome.output.contains("headway why"))
    }

    @Test("a trace of JSON lines is not written to a name that ends in .csv")
    func csvName() throws {
        let scratch = try ScratchFolder()
        let out = scratch.path + "/t.csv"
        let refused = try Executable.run(["trace", "synth", "--limit", "3", "--out", out])
        #expect(refused.status == 2 && refused.errors.contains("--to azure"))
        let written = try Executable.run([
            "trace", "synth", "--limit", "3", "--to", "azure", "--out", out,
        ])
        #expect(written.status == 0)
    }
}
