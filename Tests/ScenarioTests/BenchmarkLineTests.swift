import Basics
import TestSupport
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

    @Test("is found in a script, or in a file, with the script's variables")
    func script() throws {
        let folder = try ScratchFolder()
        let text = "RATE=3\nsleep 9\nvllm bench serve --request-rate $RATE --num-prompts ${N:-5}\n"
        let file = try folder.write("bench.sh", Array(text.utf8))
        for given in [text, file, "@" + file, "docker exec a " + text.split(separator: "\n")[2]] {
            let line = try BenchmarkLine(given.replacing("$RATE", with: "3"))
            let read = try Configuration.read(file: nil, changes: line.changes)
            #expect(read.trace.requestRate == 3 && read.trace.limit == 5, "\(given)")
        }
        #expect(try BenchmarkLine(file).changes == BenchmarkLine(text).changes)
        for (line, words) in [
            (
                "for c in 1 2; do vllm bench serve --max-concurrency $c; done",
                "$c, which is set on a"
            ),
            (
                "vllm bench serve --request-rate $R",
                "--request-rate is $R, which is not set in the text"
            ),
            ("vllm bench serve --prefix-repetition 4", "is the beginning of several flags"),
            ("@nothing.sh", "nothing.sh: there is no such file"),
        ] {
            let error = #expect(throws: InputError.self) { try BenchmarkLine(line) }
            #expect("\(error!)".contains(words), "\(line): \(error!)")
        }
    }

    @Test("names the model that the server of a line answers to, or says that it does not")
    func model() throws {
        func notes(_ serve: String, _ bench: String) throws -> [String] {
            try BenchmarkLine("vllm bench serve --request-rate 1 " + bench)
                .notes(beside: ServerLine("vllm serve " + serve))
        }
        let other = try notes("llama-3.1-8b", "--model qwen3-8b")
        #expect(other.contains { $0.contains("--model qwen3-8b is not what the server") })
        for (serve, bench) in [
            ("llama-3.1-8b", "--model llama-3.1-8b"), ("llama-3.1-8b", ""),
            ("meta-llama/Llama-3.1-8B", "--model llama-3.1-8b"),
            ("llama-3.1-8b --served-model-name a b", "--model b"),
            ("llama-3.1-8b --served-model-name a", "--model llama-3.1-8b --served-model-name a"),
        ] {
            let found = try notes(serve, bench).filter { $0.contains("model ") }
            #expect(found.isEmpty, "\(serve), \(bench): \(found)")
        }
        let named = try notes("llama-3.1-8b --served-model-name a", "--model llama-3.1-8b")
        #expect(named.contains { $0.contains("(a), and it would refuse each request") })
    }

    @Test("flags may be cut short, and warm-ups are said")
    func short() throws {
        let line = try BenchmarkLine(
            "vllm bench serve --random-input 2048 --random-output 64 --num-prompt 100 "
                + "--num-warmups 20")
        let configuration = try Configuration.read(file: nil, changes: line.changes)
        let trace = try all(configuration.openTrace().source)
        #expect(trace.count == 100 && Set(trace.promptTokens) == [2048])
        #expect(line.notes.contains { $0.contains("the 20 requests of --num-warmups") })
    }

    @Test("becomes a trace and a load")
    func load() throws {
        let capped = try configuration(
            "--request-rate 10 --max-concurrency=4 --num_prompts 200 --random-input-len 512 "
                + "--random-output-len 64 --burstiness 0.5 --seed 7 --ignore-eos "
                + "--goodput ttft:200 e2el:3000")
        #expect(capped.trace.requestRate == 10 && capped.trace.maxConcurrency == 4)
        #expect(capped.trace.limit == 200 && capped.trace.burstiness == 0.5 && capped.seed == 7)
        #expect(capped.trace.stop == .length && capped.slo.limits.timeToFirstToken.each == 200)
        #expect(capped.slo.limits.endToEnd.each == 3000)
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

    @Test("draws inputs and outputs by ratios of their own")
    func ratios() throws {
        let trace = try all(
            configuration(
                "--random-input-len 100 --random-output-len 100 --num-prompts 20000 "
                    + "--random-range-ratio '{\"input\": 0.25, \"output\": 0.5}' --seed 3"
            ).openTrace().source)
        #expect(trace.promptTokens.min() == 75 && trace.promptTokens.max() == 125)
        #expect(trace.outputTokens.min() == 50 && trace.outputTokens.max() == 150)
    }

    @Test("deals prefixes evenly and in random order")
    func prefixes() throws {
        let trace = try all(
            configuration(
                "--dataset-name prefix_repetition --num-prompts 1004 "
                    + "--prefix-repetition-num-prefixes 8 --prefix-repetition-prefix-len 64 "
                    + "--prefix-repetition-suffix-len 16 --prefix-repetition-output-len 5"
            ).openTrace().source)
        #expect(trace.count == 1000 && Set(trace.promptTokens) == [80])
        #expect(Set(trace.outputTokens) == [5])
        let groups = (0..<trace.count).map { trace.segments(of: $0).first!.content }
        let counts = Dictionary(groups.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.count == 8 && Set(counts.values) == [125])
        #expect(groups != groups.sorted())
        #expect(Set(trace.segments.map(\.content)).count == 1008)
    }

    @Test("gaps are all alike where burstiness is infinite")
    func even() throws {
        let trace = try all(
            configuration("--request-rate 4 --burstiness inf --num-prompts 50").openTrace().source)
        #expect(trace.arrivals == (1...50).map { $0 * 250_000_000 })
        let ramp = try all(
            configuration(
                "--ramp-up-strategy linear --ramp-up-start-rps 1 --ramp-up-end-rps 3 "
                    + "--burstiness inf --num-prompts 3"
            ).openTrace().source)
        #expect(ramp.arrivals == [1_000_000_000, 1_500_000_000, 1_833_333_333])
    }

    @Test("reads a timed trace in its own units, at its times or at a rate")
    func timed() throws {
        let line =
            "--dataset-name timed_trace --dataset-path t.jsonl --num-prompts 7 "
            + "--timed-trace-chunk-hash-size 512 --timed-trace-sec-multiplier 0.001"
        let own = try configuration(line + " --request-rate 5 --max-concurrency 3")
        #expect(own.trace.file == "t.jsonl" && own.trace.blockTokens == 512)
        #expect(own.trace.timeUnit == .milliseconds && own.trace.limit == 7)
        #expect(own.trace.requestRate == nil && own.trace.maxConcurrency == 3)
        let drawn = try configuration(line + " --no-self-timed --request-rate 5")
        #expect(drawn.trace.requestRate == 5 && drawn.trace.stop == .length)
    }

    @Test("says what has no meaning, and which model it does not know")
    func notes() throws {
        let line = try BenchmarkLine(
            "vllm bench serve --backend openai --port 8000 --save-result \\\n --host 'a b' "
                + "--header a=b c=d --model nobody/knows-this")
        let notes = line.notes(beside: nil)
        #expect(notes.count == 2)
        #expect(notes.contains { $0.contains("--backend, --port, --save-result, --host") })
        #expect(notes.contains { $0.contains("nobody/knows-this") })
        let known = try BenchmarkLine("vllm bench serve --model meta-llama/Llama-3.1-8B-Instruct")
        #expect(
            known.changes.contains { $0.hasPrefix("model.name=") }
                || !known.notes(beside: nil).isEmpty)
    }

    @Test(
        "what is not understood is refused",
        arguments: [
            "vllm serve m", "vllm bench serve --what 3", "vllm bench serve --request-rate",
            "vllm bench serve 5", "vllm bench serve --dataset-name sharegpt",
            "vllm bench serve --goodput itl:3", "vllm bench serve --label 'open",
            "vllm bench serve --ramp-up-s 3", "", "vllm bench serve --probe-request-rate 1",
            "vllm bench serve --use-beam-search", "vllm bench serve --lora-modules a b",
            "vllm bench serve --backend openai-embeddings", "vllm bench serve --self-timed",
            "vllm bench serve --dataset-path f", "vllm bench serve --dataset-name timed_trace",
            "vllm bench serve --dataset-name timed_trace --dataset-path f --no-self-timed",
            "vllm bench serve --dataset-name timed_trace --dataset-path f "
                + "--timed-trace-sec-multiplier 0.5",
            "vllm bench serve --dataset-name prefix_repetition --num-prompts 9",
            "vllm bench serve --random-range-ratio '{\"input\": 0.3}'",
            "vllm bench serve --random-range-ratio '{\"input\": 0, \"output\": 0, \"more\": 0}'",
            "vllm bench serve --random-range-ratio '{input'",
        ])
    func refused(line: String) {
        #expect(throws: InputError.self) { try BenchmarkLine(line) }
    }

    @Test("errors name the flag that was typed, and integers are those of argparse")
    func blame() throws {
        for (flags, place) in [
            ("--num-prompts 0", "--num-prompts"), ("--num-prompts -5", "--num-prompts"),
            ("--num-prompts $N", "--num-prompts"), ("--num-prompts 1e2", "--num-prompts"),
            ("--max-concurrency 0", "--max-concurrency"), ("--seed x", "--seed"),
            ("--input-len 0", "--input-len"), ("--request-rate 0", "--request-rate"),
            ("--random-input-len 0x10", "--random-input-len"), ("--help", "--help"),
            ("--goodput ttft:-5", "--goodput"),
        ] {
            let error = #expect(throws: InputError.self, "\(flags)") {
                let line = try BenchmarkLine("vllm bench serve " + flags)
                _ = try Configuration.read(file: nil, serve: nil, bench: line)
            }
            let text = error?.description ?? ""
            #expect(text.hasPrefix("--bench: \(place) "), "\(text)")
            #expect(!text.contains("--set"), "\(text)")
        }
    }

    @Test("a program's path and a comment are of a line as a shell reads it")
    func shell() throws {
        let line = try BenchmarkLine(
            "/usr/bin/vllm bench serve --num-prompts 7 # --seed 3\n --label a#b")
        #expect(line.changes.contains("trace.limit=7") && line.changes.contains("seed=0"))
    }

    @Test("goodput is of the limits that the line names alone")
    func goodput() throws {
        let read = try configuration("--goodput e2el:100000")
        #expect(read.slo.limits.endToEnd.each == 100_000)
        #expect(
            read.slo.limits.timeToFirstToken.each == nil
                && read.slo.limits.timePerOutputToken.each == nil)
        #expect(
            try configuration("").slo.limits.timeToFirstToken.each
                == Configuration().slo.limits.timeToFirstToken.each)
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
