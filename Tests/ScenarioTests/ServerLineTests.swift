import Basics
import Foundation
import Models
import TestSupport
import Testing

@testable import Scenario

@Suite("A line of vLLM's server")
struct ServerLineTests {
    private func configuration(_ flags: String) throws -> Configuration {
        try Configuration.read(file: nil, serve: ServerLine("vllm serve " + flags))
    }

    private func notes(_ flags: String) throws -> [String] {
        try ServerLine("vllm serve " + flags).notes
    }

    private func refusal(_ flags: String) -> String {
        let error = #expect(throws: InputError.self) { try configuration(flags) }
        return error?.description ?? ""
    }

    @Test("becomes a model and an engine")
    func engine() throws {
        let server = try configuration(
            "meta-llama/Llama-3.1-70B-Instruct --tensor-parallel-size 4 -pp=2 "
                + "--max_num_batched_tokens 8k --max-num-seqs=256 --kv-cache-dtype fp8_e4m3 "
                + "--max-model-len 32K --no-enable-prefix-caching --block-size 32 "
                + "--device-memory-utilization 0.9 --scheduling-policy priority "
                + "--disable-chunked-prefill --cudagraph-capture-sizes 1 2 4 "
                + "--quantization fp8 --port 8000 --max-num-sch 4k")
        #expect(server.model.name == "meta-llama/Llama-3.1-70B-Instruct")
        #expect(server.model.weights == .fp8)
        let engine = server.engine
        #expect(engine.tensorParallelSize == 4 && engine.pipelineParallelSize == 2)
        #expect(engine.maxNumBatchedTokens == 8000 && engine.maxNumSeqs == 256)
        #expect(engine.kvCacheDtype == .fp8 && engine.maxModelLen == 32 * 1024)
        #expect(!engine.enablePrefixCaching && engine.blockSize == 32)
        #expect(engine.maxNumScheduledTokens == 4000 && engine.schedulingPolicy == .priority)
        #expect(!engine.enableChunkedPrefill && engine.cudagraphCaptureSizes == "1,2,4")
        #expect(server.cluster.replicas == 1)
    }

    @Test("is one server, or as many ranks as it has; a file may say more")
    func replicas() throws {
        #expect(try configuration("llama-3.1-8b -dp 4").cluster.replicas == 4)
        #expect(try notes("llama-3.1-8b -dp 4")[0].contains("cluster.router balances them"))
        #expect(try notes("llama-3.1-8b -dp 1") == ["--serve: of no effect here: -dp 1"])
        #expect(refusal("mixtral-8x7b -tp 2 -dp 4").contains("wait for one another"))
        let folder = try ScratchFolder()
        let file = try folder.write("a.json5", Array("{cluster: {replicas: 3}}".utf8))
        let line = try ServerLine("vllm serve llama-3.1-8b")
        #expect(try Configuration.read(file: file, serve: line).cluster.replicas == 3)
        let changed = try Configuration.read(
            file: file, serve: line, changes: ["cluster.replicas=2", "model.name=qwen3-8b"])
        #expect(changed.cluster.replicas == 2 && changed.model.name == "qwen3-8b")
        #expect(try configuration("mixtral-8x7b -tp 4 -ep").engine.expertParallelSize == 4)
    }

    @Test("stands beside a benchmark's line, whose model it serves")
    func bench() throws {
        let both = try Configuration.read(
            file: nil, serve: ServerLine("vllm serve llama-3.1-70b -tp 4 --max-num-seqs 64"),
            bench: BenchmarkLine(
                "vllm bench serve --model llama-3.1-8b --request-rate 2 --random-input-len 99"),
            changes: ["engine.max_num_seqs=32"])
        #expect(both.model.name == "llama-3.1-70b" && both.engine.tensorParallelSize == 4)
        #expect(both.trace.requestRate == 2 && both.trace.randomInputTokens == 99)
        #expect(both.engine.maxNumSeqs == 32)
    }

    @Test(
        "reads counts as the server does: small letters are powers of 1000, capital ones of 1024",
        arguments: [
            ("8192", 8192), ("8k", 8000), ("8K", 8192), ("1M", 1 << 20), ("1m", 1_000_000),
            ("25.6k", 25_600), ("2G", 2 << 30), ("1t", 1_000_000_000_000), ("1_000", 1000),
        ])
    func counts(_ word: String, _ count: Int) { #expect(ServerValue.count(word) == count) }

    @Test(
        "refuses what is no count",
        arguments: ["2Ki", "2.5K", "k", "", "1e3", "99999999999T", "-", "9e99k", "1__0", "nan"])
    func noCounts(_ word: String) { #expect(ServerValue.count(word) == nil) }

    @Test("takes the flags of earlier releases where one of them runs")
    func former() throws {
        let line = try ServerLine(
            "vllm serve llama-3.1-8b --swap-space 4 --max-seq-len-to-capture 8192 --task generate "
                + "--max-num-partial-prefills 1 --cuda-graph-sizes 20 "
                + "--rope-scaling '{\"rope_type\": \"yarn\"}' --guided-decoding-backend xgrammar")
        let configuration = try Configuration.read(
            file: nil, serve: line, changes: ["engine.version=0.11.2"])
        #expect(configuration.engine.cudagraphCaptureSizes == "1,2,4,8,16")
        let idle = line.notes.first { $0.contains("of no effect here") } ?? ""
        #expect(idle.contains("--swap-space") && idle.contains("--task generate"))
        #expect(line.notes.contains { $0.contains("not modelled: --rope-scaling") })
        let sizes = try Configuration.read(
            file: nil, serve: ServerLine("vllm serve llama-3.1-8b --cuda-graph-sizes 1 2 6"),
            changes: ["engine.version=0.14.0"])
        #expect(sizes.engine.cudagraphCaptureSizes == "1,2,6")
        #expect(throws: InputError.self) {
            try Configuration.read(file: nil, serve: line, changes: ["engine.version=0.33.0"])
        }
    }

    @Test("names the flag as it was written, with what would be right")
    func errors() {
        for (flags, words) in [
            ("m --max-num-seq 1", "--serve: the catalogue does not know m"),
            ("llama-3.1-8b --max-nmu-seqs 1", "--max-nmu-seqs is not a flag of vllm serve; did"),
            ("llama-3.1-8b --max-num 1", "--max-num is the beginning of several flags"),
            ("llama-3.1-8b --max_num_seqs many", "--max_num_seqs is \"many\"; expected an integer"),
            ("llama-3.1-8b --max-num-seqs", "--max-num-seqs has no value"),
            ("llama-3.1-8b --max-num-seqs -3", "--max-num-seqs is -3; expected an integer, 1"),
            ("llama-3.1-8b --max-num-seqs 99999999999999999999", "expected an integer"),
            ("llama-3.1-8b --enforce-eager=true", "--enforce-eager takes no value"),
            ("llama-3.1-8b --max-lora-rank 7", "--max-lora-rank is 7; expected one of 1, 8, 16"),
            ("llama-3.1-8b --swap-space 4", "is not a flag of vLLM 0.33.0's server, but of"),
            ("llama-3.1-8b --max-num-partial-prefills 4", "starts no server"),
            ("llama-3.1-8b --task embed", "--task runs no generation"),
            ("llama-3.1-8b ---x", "---x is not a flag of vllm serve; expected a flag"),
            ("llama-3.1-8b --gpu-memory-utilization 0x1p-1", "expected a number"),
            ("''", "has an empty word"),
            ("llama-3.1-8b -tp 4 -ep", "-ep shares experts, and llama-3.1-8b has none"),
            ("llama-3.1-8b other", "other is not a flag, and the model is llama-3.1-8b"),
            ("llama-3.1-8b --model qwen3-8b", "is another model"),
            ("llama-3.1-8b --kv-cache-dtype fp8_e4m", "did you mean fp8_e4m3?"),
            ("llama-3.1-8b --kv-cache-dtype nvfp4", "blocks of another size"),
            ("llama-3.1-8b --gpu-memory-utilization nan", "expected a number"),
            ("llama-3.1-8b --gpu-memory-utilization 1.5", "--gpu-memory-utilization is 1.5"),
            ("llama-3.1-8b -sc '{\"method\": \"ngram\"}'", "-sc has no num_speculative_tokens"),
            ("llama-3.1-8b -pcp 2", "-pcp splits prompts"),
            ("gpt-oss-20b --disable-sliding-window", "--disable-sliding-window caps the context"),
            ("llama-3.1-8b --kv-transfer-config.kv_role both", "--kv-transfer-config moves cache"),
            ("llama-3.1-8b --dtype float32", "--dtype float32 doubles"),
            ("llama-3.1-8b -q bitsandbytes", "-q bitsandbytes has no price here"),
            ("Qwen/Qwen3-32B-AWQ -q fp8", "-q fp8 is not the checkpoint's own format, auto_awq"),
            ("RedHatAI/Llama-3.1-8B-Instruct-FP8-dynamic -q fp8", "format, compressed-tensors"),
            ("openai/gpt-oss-20b -q awq", "-q awq is not the checkpoint's own format"),
            ("deepseek-v3 -q gptq", "-q gptq is not the checkpoint's own format, fp8"),
            ("llama-3.1-8b -O.cudagraph_mode=NONE", "is no level; expected -cc.cudagraph_mode"),
            ("llama-3.1-8b -cc.mode=4", "-cc.mode is 4; expected 0, 1, 2 or 3"),
            ("llama-3.1-8b -cc 3", "-cc is \"3\"; expected a JSON object"),
            ("llama-3.1-8b -cc '{\"a\": '", "-cc is"),
            ("llama-3.1-8b -cc.cudagraph_capture_sizes=x", "-cc.cudagraph_capture_sizes is"),
            ("llama-3.1-8b -O9", "-O is \"9\""),
            ("llama-3.1-8b -O", "-O is \"\""),
            ("llama-3.1-8b --block-size.x 3", "--block-size.x has no parts"),
            ("llama-3.1-8b -cc..x 3", "has an empty part"),
            ("llama-3.1-8b -cc" + String(repeating: ".a", count: 40_000) + " 1", "has 40000 parts"),
            ("llama-3.1-8b -cc.a 1 --compilation-config.b 2", "stands beside -cc"),
            ("llama-3.1-8b -cc '{}' -cc.b 2", "is a part of what is given whole"),
            ("llama-3.1-8b -cc.b 2 -cc '{}'", "is given whole beside its parts"),
            ("llama-3.1-8b --config none.yaml", "none.yaml: there is no such file"),
            ("'llama", "--serve: ends inside a quotation"),
            ("llama-3.1-8b --help", "--help prints the server's help"),
            ("llama-3.1-8b -n 0", "-n is 0"),
            ("llama-3.1-8b -dp -1", "-dp is -1"),
        ] {
            let said = refusal(flags)
            #expect(said.contains(words), "\(flags): \(said)")
            #expect(said.hasPrefix("--serve: ") || said.hasPrefix("none.yaml"), "\(said)")
        }
        for line in ["", "vllm bench serve", "serve llama", "@", "@/", "none.yaml", "A=b", "ls"] {
            #expect(throws: InputError.self) { try ServerLine(line) }
        }
    }

    @Test("is named too where a key that it has set cannot be had")
    func blame() throws {
        let line = try ServerLine("vllm serve llama-3.1-8b -tp=3 --gpu-memory-utilization .9")
        let configuration = try Configuration.read(file: nil, serve: line)
        #expect(configuration.engine.gpuMemoryUtilization == 0.9)
        for (changes, words) in [
            ([], "--serve: -tp 3 does not divide"),
            (["engine.tensor_parallel_size=3"], "engine.tensor_parallel_size: 3 does not divide"),
        ] {
            let error = #expect(throws: InputError.self) {
                try configuration.resolved(serve: line, changes: changes)
            }
            #expect("\(error!)".hasPrefix(words), "\(error!)")
        }
    }

    @Test("says what has no effect once, and what is not modelled with what that means")
    func remarks() throws {
        let said = try notes(
            "llama-3.1-8b --host 0.0.0.0 --port=80 --api-key a b --no-enable-log-requests "
                + "--runner generate --moe-backend auto --attention-backend FLASHINFER "
                + "--linear-backend marlin --enable-lora --speculative-config null")
        #expect(
            said == [
                "--serve: not modelled: --attention-backend FLASHINFER, --linear-backend marlin: "
                    + "steps are priced with the measured kernels",
                "--serve: not modelled: --enable-lora: requests run on the base model, without "
                    + "adapters' memory and time",
                "--serve: of no effect here: --speculative-config null, --runner generate, "
                    + "--moe-backend auto, --host, --port, --api-key, --no-enable-log-requests",
            ])
        #expect(try notes("llama-3.1-8b --dtype half")[0].contains("is taken as bf16"))
        #expect(
            try notes("llama-3.1-8b --max-num-seqs 3 --max-num-seqs 4")
                == ["--serve: --max-num-seqs is given twice: the last counts"])
    }

    @Test("says which flags change answers and their delivery")
    func answers() throws {
        let answers = "answers are as long as the trace says, and nothing else of them is simulated"
        for (flags, note) in [
            ("--stream-interval 10", "--stream-interval 10: each token reaches its client by"),
            (
                "--override-generation-config '{\"max_new_tokens\": 16}'",
                "--override-generation-config {\"max_new_tokens\": 16}: " + answers
            ),
            (
                "--override-generation-config.max_new_tokens 16",
                "--override-generation-config {\"max_new_tokens\": 16}: " + answers
            ),
            ("--generation-config /models/a", "--generation-config /models/a: " + answers),
        ] {
            let said = try notes("llama-3.1-8b " + flags)
            #expect(said.count == 1 && said[0].contains("not modelled: " + note), "\(said)")
        }
        for flags in [
            "--stream-interval 1", "--override-generation-config '{\"temperature\": 0.5}'",
            "--generation-config vllm", "--generation-config auto",
            "--override-generation-config.max_new_tokens null",
        ] {
            let said = try notes("llama-3.1-8b " + flags)
            #expect(said.count == 1 && said[0].contains("of no effect here"), "\(said)")
        }
    }

    @Test(
        "takes a quantisation that names the checkpoint's own",
        arguments: [
            ("Qwen/Qwen3-32B-AWQ -q awq_marlin", WeightFormat.int4),
            ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8 -q gptq", .int8),
            ("openai/gpt-oss-20b -q mxfp4", .mxfp4),
            ("nvidia/Llama-3.1-8B-Instruct-NVFP4 -q modelopt", .nvfp4),
            ("RedHatAI/Llama-3.1-8B-Instruct-FP8-dynamic -q compressed-tensors", .fp8),
            ("deepseek-v3 -q fp8", .fp8),
        ])
    func ownFormat(_ flags: String, _ format: WeightFormat) throws {
        let read = try configuration(flags)
        #expect(read.model.weights == nil)
        #expect(try read.model.shape().nativeWeights == format)
    }

    @Test("takes JSON whole and in parts, and levels")
    func json() throws {
        let parts = try configuration(
            "llama-3.1-8b --compilation-config.cudagraph_capture_sizes+ 1,2 "
                + "--compilation_config.cudagraph_capture_sizes+=8")
        #expect(parts.engine.cudagraphCaptureSizes == "1,2,8")
        let whole = try configuration(
            "llama-3.1-8b -cc '{\"max_cudagraph_capture_size\": 64, \"mode\": 3}'")
        #expect(whole.engine.maxCUDAGraphCaptureSize == 64)
        #expect(
            refusal(
                "llama-3.1-8b -cc.max_cudagraph_capture_size 8 --max-cudagraph-capture-size 8"
            ).contains("stands beside --max-cudagraph-capture-size"))
        for flags in [
            "-O0", "-O=0", "-O 0", "-cc.cudagraph_mode=NONE", "--enforce-eager", "-cc.mode=0",
            "-cc.mode dynamo_trace_once", "-cc '{\"mode\": 1, \"cudagraph_mode\": \"PIECEWISE\"}'",
        ] {
            #expect(try configuration("llama-3.1-8b " + flags).engine.enforceEager, "\(flags)")
        }
        for (flags, words) in [
            ("-cc.mode=3", "of no effect here: -cc.mode 3"),
            ("-cc.mode=0 -cc.cudagraph_mode=FULL", "not modelled: -cc.cudagraph_mode, -cc.mode"),
            ("-O0 -cc.cudagraph_mode FULL_DECODE_ONLY", "not modelled: -O 0: steps"),
        ] {
            #expect(try !configuration("llama-3.1-8b " + flags).engine.enforceEager, "\(flags)")
            let said = try notes("llama-3.1-8b " + flags)
            #expect(said.contains { $0.contains(words) }, "\(flags): \(said)")
        }
        #expect(try notes("llama-3.1-8b -O3")[0].contains("not modelled: -O 3"))
        #expect(try configuration("llama-3.1-8b --max-model-len -1").engine.maxModelLen == nil)
        #expect(try configuration("llama-3.1-8b --max-model-len auto").engine.maxModelLen == nil)
    }

    @Test("may stand behind variables, as a module and in a container, and in a file")
    func programs() throws {
        for line in [
            "VLLM_USE=1 CUDA_VISIBLE_DEVICES=0,1 /opt/bin/vllm serve llama-3.1-70b -tp 4",
            "python3 -m vllm.entrypoints.openai.api_server --model llama-3.1-70b -tp 4",
            "docker run --gpus all -p 8000:8000 vllm/vllm-openai:v0.33.0 "
                + "--model llama-3.1-70b -tp 4",
        ] {
            let server = try ServerLine(line)
            let read = try Configuration.read(file: nil, serve: server)
            #expect(read.model.name == "llama-3.1-70b" && read.engine.tensorParallelSize == 4)
            #expect(server.notes.count == (line.hasPrefix("python3") ? 0 : 1))
        }
        let folder = try ScratchFolder()
        let text = "#!/bin/sh\n# a server\nvllm serve llama-3.1-70b \\\n  -tp 4 # four\n"
        let file = try folder.write("serve.sh", Array(text.utf8))
        let read = try Configuration.read(file: nil, serve: ServerLine("@" + file))
        #expect(read.engine.tensorParallelSize == 4)
    }

    /// Nothing that a line says is passed over: it sets a key, stands in a note or is refused.
    @Test("answers for every flag, whatever its value")
    func everyFlag() throws {
        let values: [String?] = ["7", "1", "0.5", "auto", "x", "None", "{\"a\": 1}", nil]
        for flag in ServerFlag.all where !["model_tag", "model", "config"].contains(flag.name) {
            var answers = 0
            for word in ["--" + flag.name] + flag.aliases + flag.negations {
                let isSwitch = flag.kind == .toggle || flag.kind == .bare
                for value in isSwitch ? [nil] : values + flag.choices {
                    let line = ["vllm serve mixtral-8x7b", word, value.map { "'\($0)'" } ?? ""]
                        .joined(separator: " ")
                    do {
                        let read = try ServerLine(line)
                        let configuration = try Configuration.read(file: nil, serve: read)
                        let said = read.notes.contains { $0.contains(word) }
                        let isSet = read.changes.count > 1 || configuration.model.weights != nil
                        #expect(said || isSet || read.expertParallel != nil, "\(line)")
                        answers += 1
                    } catch let error as InputError {
                        #expect(error.description.contains(word), "\(line): \(error)")
                    }
                }
            }
            if case .refused = flag.verdict { continue }
            #expect(answers > 0, "\(flag.name)")
        }
    }

    @Test("stands any words")
    func words() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededRandom(seed: seed)
        let odd = [
            "-", "--", "=", "--=", "-O", "-O.x", "--a.b.c", "-cc.", "-cc.+", "-cc.a+=1,,2", "{}",
            "[]", "null", "-1", "9e999", "9223372036854775807", "99999999999999999999k", "1e18T",
            "'", "\\", "@", "#", "\u{0}", "\u{301}", String(repeating: "[", count: 10_000), "nan",
        ]
        for _ in 0..<2000 {
            let words = (0..<4).map { _ in
                let pick = Int(generator.next() % 3)
                return pick == 0
                    ? odd[Int(generator.next() % UInt64(odd.count))]
                    : ServerFlag.words[Int(generator.next() % UInt64(ServerFlag.words.count))]
            }
            let line = "vllm serve llama-3.1-8b " + words.joined(separator: pickSpace(&generator))
            do { _ = try Configuration.read(file: nil, serve: ServerLine(line)) } catch {
                let said = (error as? InputError)?.description ?? "none"
                #expect(said.utf8.count < 1400 && said != "none", "seed \(seed): \(error)")
            }
        }
    }

    private func pickSpace(_ generator: inout SeededRandom) -> String {
        generator.next() % 4 == 0 ? "=" : " "
    }
}
