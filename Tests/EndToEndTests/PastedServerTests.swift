import Foundation
import TestSupport
import Testing

/// A server's command line, as a user pastes it.
@Suite("A server's line on the command line")
struct PastedServerTests {
    @Test("runs beside a benchmark's line, and what is not simulated stands on the page")
    func run() throws {
        let outcome = try Executable.run([
            "run", "--serve",
            "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 8 --port 80 "
                + "--attention-backend FLASHINFER",
            "--bench", "vllm bench serve --request-rate 4 --num-prompts 40", "--seed", "3",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        for words in [
            "of no effect here: --port", "not modelled: --attention-backend FLASHINFER",
            "1 replica",
        ] {
            // Notes are wrapped on the page.
            let page = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(page.contains(words), "\(outcome.output)")
        }
    }

    @Test("is written back, and read from a file")
    func roundTrip() throws {
        let scratch = try ScratchFolder()
        let line = "vllm serve llama-3.1-70b --tensor-parallel-size 4 --kv-cache-dtype fp8\n"
        let file = try scratch.write("serve.sh", Array(line.utf8))
        let written = try Executable.run(["config", "--serve", "@" + file, "--as-vllm"])
        #expect(written.status == 0 && written.output.hasSuffix(line), "\(written)")
        let again = try scratch.write("again.sh", Array(written.output.utf8))
        let (a, b) = try (
            Executable.run(["config", "--serve", "@" + file, "--resolved", "--json"]),
            Executable.run(["config", "--serve", "@" + again, "--resolved", "--json"])
        )
        #expect(a.status == 0 && a.output == b.output && !a.output.isEmpty)
    }

    @Test(
        "ends with one line and status 2 where it is not right",
        arguments: [
            (["run", "--serve", "vllm serve llama-3.1-8b --max-num-seqz 1"], "did you mean"),
            (["run", "--serve", "vllm serve llama-3.1-8b -dc '{}' -dcp 2 -pcp 2"], "-pcp splits"),
            (["run", "--serve", ""], "--serve"), (["run", "--serve", "@nothing"], "nothing: "),
            (["config", "--as-vllm", "--json"], "--as-vllm: and --json"),
            (["run", "--set", "engine.moe_backend=triton"], "not modelled: "),
            (["run", "--set", "engine.port=80"], "of no effect here: "),
        ])
    func refused(_ arguments: [String], _ words: String) throws {
        let outcome = try Executable.run(arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
