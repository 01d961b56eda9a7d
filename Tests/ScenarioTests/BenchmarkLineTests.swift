import Basics
import Testing
import Traces

@testable import Scenario

@Suite("A line of vLLM's benchmark")
struct BenchmarkLineTests {
    private func configuration(_ flags: String) throws -> Configuration {
        let line = try BenchmarkLine("vllm bench serve " + flags)
        return try Configuration.read(file: nil, changes: line.changes)
    }

    private func all(_ source: any RequestSource) throws -> Workload {
        var (source, all) = (source, Workload())
        while let batch = try source.next() { all.append(contentsOf: batch) }
        return all
    }

    @Test("becomes a trace and a load")
    func load() throws {
        let capped = try configuration(
            "--request-rate 10 --max-concurrency=4 --num_prompts 200 --random-input-len 512 "
                + "--random-output-len 64 --burstiness 0.5 --seed 7 --ignore-eos "
                + "--goodput ttft:200 e2el:3000")
        #expect(capped.trace.requestRate == 10 && capped.trace.maxConcurrency == 4)
        #expect(capped.trace.limit == 200 && capped.trace.burstiness == 0.5 && capped.seed == 7)
        #expect(capped.trace.stop == .length && capped.slo.ttftMilliseconds == 200)
        #expect(capped.slo.endToEndMilliseconds == 3000)
        let trace = try all(capped.openTrace().source)
        #expect(trace.count == 200 && Set(trace.promptTokens) == [512])
        #expect(Set(trace.outputTokens) == [64] && trace.arrivals.last == 20_000_000_000)

        let loop = try configuration("--max-concurrency 32 --request-rate inf")
        #expect(loop.trace.concurrency == 32 && loop.trace.maxConcurrency == nil)
        let offline = try all(loop.openTrace().source)
        #expect(offline.count == 1000 && Set(offline.arrivals) == [0])
        #expect(Set(offline.promptTokens) == [1024] && Set(offline.outputTokens) == [128])

        let ramp = try configuration(
            "--ramp-up-strategy linear --ramp-up-start-rps 1 --ramp-up-end-rps 9 "
                + "--max-concurrency 8 --input-len 30 --random-prefix-len 20")
        #expect(ramp.trace.maxConcurrency == 8 && ramp.trace.requestRate == nil)
        let risen = try all(ramp.openTrace().source)
        #expect(Set(risen.promptTokens) == [50])
        #expect(risen.segments(of: 0).first == risen.segments(of: 9).first)
        #expect(risen.segments(of: 0).last?.content != risen.segments(of: 9).last?.content)
        // The first half is slower than the second.
        #expect(2 * risen.arrivals[500] > risen.arrivals[999])
    }

    /// Whole numbers, each equally likely, from floor(L (1 - r)) to ceil(L (1 + r)).
    @Test("draws lengths by the benchmark's law")
    func lengths() throws {
        let seed = Int.random(in: 0...Int.max)
        let trace = try all(
            configuration(
                "--random-input-len 101 --random-output-len 7 --random-range-ratio 0.3 "
                    + "--num-prompts 60000 --seed \(seed)"
            ).openTrace().source)
        for (lengths, range) in [
            (trace.promptTokens, 70...132), (trace.outputTokens, 4...10),
        ] as [([Int32], ClosedRange<Int32>)] {
            let sorted = lengths.sorted()
            #expect(sorted.first == range.lowerBound && sorted.last == range.upperBound)
            let width = Double(range.count)
            let deviation = ((width * width - 1) / 12).squareRoot()
            let middle = Double(range.lowerBound + range.upperBound) / 2
            let mean = sorted.reduce(0.0) { $0 + Double($1) } / 6e4
            #expect(abs(mean - middle) < 6 * deviation / 6e4.squareRoot(), "seed \(seed)")
            for share in [0.1, 0.5, 0.9] {
                let below = sorted.count { Double($0) < Double(range.lowerBound) + share * width }
                let expected = (share * width).rounded(.up) / width
                #expect(abs(Double(below) / 6e4 - expected) < 6 * 0.5 / 6e4.squareRoot())
            }
        }
    }

    @Test("says what has no meaning, and which model it does not know")
    func notes() throws {
        let line = try BenchmarkLine(
            "vllm bench serve --backend openai --port 8000 --save-result \\\n --host 'a b' "
                + "--header a=b c=d --model nobody/knows-this")
        #expect(line.notes.count == 2)
        #expect(line.notes.contains { $0.contains("--backend, --port, --save-result, --host") })
        #expect(line.notes.contains { $0.contains("nobody/knows-this") })
        let known = try BenchmarkLine("vllm bench serve --model meta-llama/Llama-3.1-8B-Instruct")
        #expect(known.changes.contains { $0.hasPrefix("model.name=") } || !known.notes.isEmpty)
    }

    @Test(
        "what is not understood is refused",
        arguments: [
            "vllm serve m", "vllm bench serve --what 3", "vllm bench serve --request-rate",
            "vllm bench serve 5", "vllm bench serve --dataset-name sharegpt",
            "vllm bench serve --goodput itl:3", "vllm bench serve --label 'open",
            "vllm bench serve --num-warmups 3", "",
        ])
    func refused(line: String) {
        #expect(throws: InputError.self) { try BenchmarkLine(line) }
    }

    @Test(
        "values that a configuration would not take are refused",
        arguments: [
            "--request-rate 0", "--request-rate x", "--random-range-ratio 1", "--burstiness 0",
            "--max-concurrency 0", "--ramp-up-strategy steep", "--ramp-up-strategy linear",
            "--ramp-up-start-rps 3", "--num-prompts 0",
            "--request-rate 3 --ramp-up-strategy linear --ramp-up-start-rps 1 --ramp-up-end-rps 2",
            "--ramp-up-strategy linear --ramp-up-start-rps 3 --ramp-up-end-rps 2",
        ])
    func values(flags: String) {
        #expect(throws: InputError.self) {
            let configuration = try configuration(flags)
            _ = try configuration.resolved()
            _ = try configuration.openTrace()
        }
    }
}
