import Basics
import Foundation
import Models
import TestSupport
import Testing

@testable import StepTime

/// The study's fits beside the repository; nil where they are not.
private func coefficients() -> [String: Any]? {
    guard let file = evidence?.appendingPathComponent("gpus/coefficients.json"),
        let data = try? Data(contentsOf: file)
    else { return nil }
    return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
}

@Suite struct GPUTests {
    @Test(arguments: [
        ("h100", "h100-sxm"), ("H100_SXM", "h100-sxm"), ("h100-80gb", "h100-sxm"),
        ("b200", "b200-sxm"), ("a100", "a100-sxm"), ("a100-80gb", "a100-sxm"),
        ("a100-40gb", "a100-sxm-40"), ("gb200", "gb200"), ("MI300X", "mi300x"),
        ("RTX_PRO_6000", "rtx-pro-6000"),
    ])
    func namesOfLogsAreKnown(name: String, gpu: String) throws {
        #expect(try GPU.named(name).name == gpu)
    }

    @Test(arguments: ["", "-", "abacus", "h1000", "a100-pcie", "b200,h100", "-sxm"])
    func otherNamesAreRefusedWithTheKnownOnes(name: String) {
        let error = #expect(throws: InputError.self) { try GPU.named(name) }
        #expect(error?.place == "hardware.gpu")
        #expect(error?.description.contains("-") == true)
    }

    @Test("a bridge joins two cards: four and eight exchange over their slots, as PCIe cards do")
    func bridgedCards() throws {
        let (bridged, slots) = (try GPU.named("h100-nvl"), try GPU.named("h100-pcie"))
        #expect(bridged.hasFabric(over: 2) && !bridged.hasFabric(over: 4))
        #expect(GPU.h100.hasFabric(over: 8) && !slots.hasFabric(over: 2))
        let (nvl, pcie) = (EngineProfile.vllm.on(bridged), EngineProfile.vllm.on(slots))
        for bytes in [65_536.0, 1e6, 64e6] {
            for size in [4, 8] {
                let seconds = nvl.allReduce[size]!.seconds(bytes: bytes)
                #expect(seconds == pcie.allReduce[size]!.seconds(bytes: bytes))
                let fabric = EngineProfile.vllm.allReduce[size]!.seconds(bytes: bytes)
                #expect(seconds > 1.5 * fabric, "\(size) \(bytes)")
            }
            #expect(
                nvl.allReduce[2]!.seconds(bytes: bytes)
                    < pcie.allReduce[2]!.seconds(bytes: bytes))
        }
        // The RTX PRO 6000's own, which has the slot of an H100 PCIe.
        let rtx = EngineProfile.vllm.on(try GPU.named("rtx-pro-6000"))
        #expect(rtx.allReduce[8] == pcie.allReduce[8])
    }

    @Test("an 8-bit cache of MLA on an H200 is read no faster than FLASHMLA reads it")
    func latentCachesOfAnH200() throws {
        let profile = EngineProfile.vllm.on(try GPU.named("h200-sxm"))
        let (whole, half) = (profile.latentDecode[.bf16]!, profile.latentDecode[.fp8]!)
        // 256 sequences of 131,072 tokens, 8 heads: 8.59 and 6.19 ms (mla_gen_vllm024.csv).
        let (wide, narrow) = (
            whole.secondsPerToken(heads: 8, rank: 512, rope: 64, bytesPerToken: 1152),
            half.secondsPerToken(heads: 8, rank: 512, rope: 64, bytesPerToken: 576)
        )
        #expect(abs(narrow / wide - 6.19 / 8.59) < 0.03)
    }

    @Test("formats without servers are slowed down as the others, and every page says so")
    func assumedGains() throws {
        for (name, formats) in [
            ("rtx-pro-6000", [WeightFormat.bf16, .fp8, .nvfp4, .int4]),
            ("b200-sxm", [.bf16, .int4]),
        ] {
            let serving = ServingCoefficients.vllm(on: try GPU.named(name))
            for format in formats {
                #expect(serving.gain(format).most == serving.gain(.bf16).most, "\(name) \(format)")
                #expect(serving.gain(format).most < 0)
            }
        }
        #expect(ServingCoefficients.vllm.gain(.int4).most == -0.193)
        #expect(ServingCoefficients.vllm.gain(.fp8).most == 0)
    }

    @Test func figuresAreThoseOfAGPU() {
        #expect(Set(GPU.all.map(\.name)).count == GPU.all.count)
        #expect(GPU.h100.memoryBytes == 85_017_493_504)
        for gpu in GPU.all {
            #expect((20...320).contains(Double(gpu.memoryBytes) / 0x1p30), "\(gpu.name)")
            #expect((0.2e12...10e12).contains(gpu.memoryBandwidth), "\(gpu.name)")
            #expect(gpu.fp8FLOPS == 0 || gpu.fp8FLOPS > 1.9 * gpu.bf16FLOPS, "\(gpu.name)")
            #expect(gpu.fp4FLOPS == 0 || gpu.fp4FLOPS > 1.9 * gpu.fp8FLOPS, "\(gpu.name)")
            #expect(gpu.pcieBandwidth >= 16e9, "\(gpu.name)")
            #expect(gpu.kernels.evidence == .measured, "\(gpu.name)")
        }
    }

    /// Errors are said of the GPU that they were measured on; a relative's are not its own.
    @Test func errorsAreOfTheGPUThatWasMeasured() throws {
        for gpu in GPU.all {
            let profile = try EngineProfile.named("vllm", on: gpu)
            #expect((profile.errors == nil) == (gpu.evidence != .measured), "\(gpu.name)")
        }
    }

    @Test(.enabled(if: evidence != nil, "no shared/gpus beside the repository"))
    func figuresAreTheDatasheets() throws {
        let sheets = try #require(coefficients()?["_datasheets"] as? [String: [String: Any]])
        var compared = 0
        for gpu in GPU.all {
            guard let sheet = sheets[gpu.name] else { continue }
            for (key, value, unit) in [
                ("TBs", gpu.memoryBandwidth, 1e12), ("bf16", gpu.bf16FLOPS, 1e12),
                ("fp8", gpu.fp8FLOPS, 1e12), ("fp4", gpu.fp4FLOPS, 1e12),
                ("nvlink_GBs_each_way", gpu.fabricBandwidth, 1e9),
                ("pcie_GBs_each_way", gpu.pcieBandwidth, 1e9),
            ] {
                guard let number = sheet[key] as? Double else { continue }
                #expect(abs(value / unit - number) <= 1e-3 * number, "\(gpu.name) \(key)")
                compared += 1
            }
        }
        #expect(compared > 60)
    }

    @Test func aGPUThatWasNotMeasuredSaysSo() throws {
        let model = try Catalogue.model(named: "llama-3.1-8b")
        for gpu in GPU.all {
            let options = try ClockOptions(profile: "vllm", gpu: gpu)
            let clock = try StepTime.measured(model, Deployment(), options)
            let lines = clock.provenance.assumptions.joined(separator: "; ")
            #expect(clock.provenance.kind == gpu.name)
            #expect(clock.provenance.isMeasured == (gpu.evidence == .measured))
            #expect(lines.contains("\(gpu.name): not measured") == !clock.provenance.isMeasured)
        }
    }

    @Test func formatsWithoutTensorCoresAreUnpacked() throws {
        let a100 = try EngineProfile.named("vllm", on: .named("a100"))
        #expect(a100.gemm[.fp8] == nil && a100.experts[.fp8] == nil)
        #expect(a100.provenance.contains("FlashAttention 2"))
        #expect(try EngineProfile.named("vllm", on: .named("b200")).gemm[.nvfp4] != nil)
        #expect(EngineProfile.vllm.gemm[.nvfp4] == nil)
        let model = try Catalogue.model(named: "llama-3.1-8b")
        for (gpu, weights) in [("a100", WeightFormat.fp8), ("h100", .nvfp4)] {
            let options = try ClockOptions(profile: "vllm", gpu: .named(gpu))
            let clock = try StepTime.measured(model, Deployment(weights: weights), options)
            #expect(
                clock.provenance.assumptions.contains { $0.contains("no such tensor cores") })
        }
    }

    @Test func allReducesThatWereNotMeasuredAreRefused() throws {
        let model = try Catalogue.model(named: "llama-3.1-70b")
        let options = try ClockOptions(profile: "vllm", gpu: .named("gb200"))
        let error = #expect(throws: InputError.self) {
            try StepTime.measured(model, Deployment(tensorParallel: 8), options)
        }
        #expect(error?.place == "engine.tensor_parallel_size")
        #expect(error?.problem.contains("gb200") == true)
    }

    /// What a server of vLLM 0.31 on an A100 80GB logs: `h100/validation/kv_logs.csv`, the one row
    /// of a GPU here beside H100s whose flags are all known.
    @Test func anA100HoldsWhatItsServerLogs() throws {
        let model = try Catalogue.model(named: "llama-3.1-8b")
        let gpu = try GPU.named("a100-80gb")
        let step = try StepBreakdown.Step(batch: 1, tokens: 1, context: 131_072)
        let page = try Explanation(
            model, Deployment(), ClockOptions(profile: "vllm", gpu: gpu), step: step)
        let budget = try #require(page.budget)
        let tokens = budget.layout.printedTokens(blocks: budget.numGPUBlocks)
        #expect(abs(Double(tokens) / 460_496 - 1) < 0.02, "\(tokens)")
        #expect(page.notes.contains { $0.contains("fitted on H100s") })
    }

    @Test func aFileOfAnotherGPUIsNoted() throws {
        var profile = EngineProfile.vllm
        profile.gpu = "b200-sxm"
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: path) }
        try JSONEncoder().encode(profile).write(to: path)
        #expect(try EngineProfile.named(path.path, on: .h100).standIns?.count == 1)
        #expect(try EngineProfile.named(path.path, on: .named("b200")).standIns == nil)
    }

    /// Fitted figures as the study of the tables gives them, to their four digits.
    @Test(
        .enabled(if: evidence != nil, "no shared/gpus beside the repository"),
        arguments: GPU.all.filter { $0.evidence == .measured && $0 != .h100 })
    func theTablesHoldTheFits(gpu: GPU) throws {
        let all = try #require(coefficients()?[gpu.name] as? [String: [String: [String: Double]]])
        let profile = try EngineProfile.named("vllm", on: gpu)
        func equal(_ a: Double?, _ b: Double?, _ what: String) {
            guard let b else { return }
            #expect(abs((a ?? 0) / b - 1) < 1e-9, "\(gpu.name) \(what)")
        }
        let gemm = try #require(all["gemm"]?["bfloat16"])
        equal(profile.gemm[.bf16]?.rate, gemm["P"], "gemm rate")
        equal(profile.gemm[.bf16]?.bandwidth, gemm["BW"], "gemm bandwidth")
        equal(profile.gemm[.bf16]?.launch, gemm["t0"], "gemm launch")
        equal(profile.gemm[.bf16]?.perInput, gemm["K"], "gemm K")
        equal(profile.gemm[.nvfp4]?.rate, all["gemm"]?["nvfp4"]?["P"], "nvfp4")
        equal(profile.decode[.bf16]?.perHead, all["decode"]?["bfloat16 hd128"]?["a1"], "decode")
        equal(profile.decode[.fp8]?.bandwidth, all["decode"]?["fp8 hd128"]?["BW"], "fp8 KV")
        equal(profile.prefill[.bf16]?.rate, all["prefill"]?["bfloat16 hd128"]?["P"], "prefill")
        equal(
            profile.narrowDecode?[.bf16]?.fixed, all["decode"]?["bfloat16 hd64"]?["a0"], "narrow")
        let experts = all["moe"]?["bfloat16 balanced"] ?? all["moe"]?["bfloat16 power_law"]
        equal(profile.experts[.bf16]?.rate, experts?["P"], "experts")
        if let tensor = profile.tensorExperts?[.fp8] {
            equal(tensor.rate, all["moe"]?["fp8 balanced"]?["P"], "experts with one scale")
        }
        for size in [2, 4, 8] {
            let paths = all["allreduce"]?["TP\(size)"]
            equal(profile.allReduce[size]?.paths[2].bandwidth, paths?["b3"], "all-reduce")
            #expect((profile.allReduce[size] == nil) == (paths == nil), "\(gpu.name) TP\(size)")
        }
    }
}

/// What a run relies on, on every GPU.
@Suite struct GPUClockTests {
    private static let models: [(String, Deployment)] = [
        ("llama-3.1-8b", Deployment(weights: .fp8, cache: .fp8)),
        ("gpt-oss-120b", Deployment(tensorParallel: 2, weights: .mxfp4)),
        ("minimax-m2.5", Deployment(tensorParallel: 4, weights: .fp8)),
        ("deepseek-v3", Deployment(tensorParallel: 4, weights: .nvfp4)),
    ]

    private func clock(_ gpu: GPU, _ index: Int, _ routing: ExpertRouting) throws -> StepTime {
        let (name, deployment) = Self.models[index]
        var options = try ClockOptions(profile: "vllm", gpu: gpu)
        options.routing = routing
        options.maxTokens = 4096
        return try StepTime.measured(Catalogue.model(named: name), deployment, options)
    }

    @Test(arguments: GPU.all, 0..<4)
    func moreIsNeverCheaper(gpu: GPU, index: Int) throws {
        let clock = try clock(gpu, index, index == 2 ? .powerLaw : .balanced)
        var random = SeededRandom(seed: 7)
        for trial in 0..<60 {
            var load = StepLoad()
            for _ in 0..<(1 + random.below(trial % 2 == 0 ? 300 : 3)) {
                load.addDecode(context: 1 + random.below(20_000), window: clock.window)
            }
            for _ in 0..<random.below(3) {
                load.addChunk(
                    1 + random.below(900), past: random.below(30_000), window: clock.window)
            }
            load.sampled = load.requests
            let price = clock.picoseconds(load)
            #expect(price > 0)
            var decode = load
            decode.addDecode(context: 1 + random.below(20_000), window: clock.window)
            decode.sampled += 1
            var chunk = load
            chunk.addChunk(
                1 + random.below(500), past: random.below(500), window: clock.window)
            for more in [decode, chunk] {
                #expect(clock.picoseconds(more) >= price, "\(gpu.name), seed 7, trial \(trial)")
            }
        }
    }

    /// Fast-forward takes spans of decodes as a line: the price is that line, to the picosecond.
    @Test(arguments: GPU.all, 0..<4)
    func decodesAreALineInContext(gpu: GPU, index: Int) throws {
        let clock = try clock(gpu, index, .balanced)
        var random = SeededRandom(seed: 11)
        for _ in 0..<40 {
            let decodes = 1 + random.below(600)
            let line = try #require(clock.decodeLine(decodes: decodes))
            var load = StepLoad()
            for _ in 0..<decodes {
                load.addDecode(context: 1 + random.below(9000), window: clock.window)
            }
            load.sampled = decodes
            let slope = Int64(line.numerator) * Int64(load.decodeContext)
            let windowed = line.windowedSlope * Int64(load.decodeWindowedContext)
            #expect(clock.picoseconds(load) == line.base + slope + windowed, "\(gpu.name)")
        }
    }
}

@Suite struct RoutingTests {
    private static let experts = ReachedExperts(count: 128, chosen: 8, .powerLaw)

    @Test func aTokenReachesAsManyAsItChooses() {
        #expect(abs(Self.experts.activated(1, spread: 1) - 8) < 1e-9)
        #expect(Self.experts.activated(0, spread: 1) == 0)
        #expect(abs(Self.experts.activated(1e9, spread: 1) - 128) < 1e-6)
    }

    @Test func skewReadsFewerExpertsAndNeverFewerForMoreTokens() {
        let balanced = ReachedExperts(count: 128, chosen: 8, .balanced)
        var last = 0.0
        for tokens in 1...3000 {
            let now = Self.experts.activated(Double(tokens), spread: 4)
            #expect(now >= last)
            if (2...200).contains(tokens) {
                #expect(now < balanced.activated(Double(tokens), spread: 4))
            }
            last = now
        }
    }

    @Test(arguments: [(1, 1), (2, 1), (4, 3), (512, 10), (8, 8)])
    func everyRouterHasALaw(count: Int, chosen: Int) {
        let law = ReachedExperts(count: count, chosen: chosen, .powerLaw)
        #expect(abs(law.activated(1, spread: 1) - Double(chosen)) < 1e-6)
    }

    /// The law of public servers lies between the two of operator tables.
    @Test func serversReadFewerExpertsThanEvenOnesAndMoreThanSkewedOnes() {
        let served = ReachedExperts(count: 128, chosen: 8, .served)
        let balanced = ReachedExperts(count: 128, chosen: 8, .balanced)
        #expect(abs(served.activated(1, spread: 1) - 8) < 1e-9)
        for tokens in 2...200 {
            let number = served.activated(Double(tokens), spread: 1)
            #expect(number < balanced.activated(Double(tokens), spread: 1))
            #expect(number > Self.experts.activated(Double(tokens), spread: 1))
        }
    }

    @Test func skewMakesSmallBatchesCheaperAndLargeOnesDearer() throws {
        let model = try Catalogue.model(named: "qwen3-30b-a3b")
        var options = ClockOptions()
        options.routing = .balanced
        let even = try StepTime.measured(model, Deployment(), options)
        options.routing = .powerLaw
        let skewed = try StepTime.measured(model, Deployment(), options)
        func price(_ clock: StepTime, decodes: Int) -> Int64 {
            var load = StepLoad()
            for _ in 0..<decodes { load.addDecode(context: 100, window: 0) }
            load.sampled = decodes
            return clock.picoseconds(load)
        }
        #expect(price(skewed, decodes: 32) < price(even, decodes: 32))
        #expect(price(skewed, decodes: 4000) > price(even, decodes: 4000))
    }

    /// Kernels of servers that no table has: Marlin's for mxfp4 on Hopper in 0.18, those of nvfp4
    /// at half their rate on Blackwell. Operators are the tables'.
    @Test func expertsRunOnTheKernelsOfTheirServers() throws {
        let model = try Catalogue.model(named: "gpt-oss-120b")
        let deployment = Deployment(tensorParallel: 2, weights: .mxfp4)
        func coefficients(_ profile: String, _ gpu: String) throws -> ExpertCoefficients {
            let options = try ClockOptions(profile: profile, gpu: .named(gpu))
            return OperatorCosts(model: model, deployment: deployment, options: options)
                .expertCoefficients(.mxfp4)
        }
        let hopper = try EngineProfile.named("vllm", on: .named("h200"))
        #expect(try coefficients("vllm", "h200") == hopper.cutExperts?[.mxfp4])
        #expect(try coefficients("vllm-0.18", "h200") == hopper.experts[.int4])
        #expect(try coefficients("vllm-0.18", "h100") == EngineProfile.vllm.experts[.int4])
        let blackwell = try EngineProfile.named("vllm-0.18", on: .named("b200"))
        let found = try coefficients("vllm-0.18", "b200")
        let fp4 = try #require(blackwell.experts[.nvfp4])
        #expect(found.rate == fp4.rate / 2 && found.bandwidth == fp4.bandwidth)
        #expect(blackwell.experts(.mxfp4) != found)
        // What servers' experts take more counts in long steps only.
        let serving = try #require(hopper.serving)
        #expect(serving.experts(.fp8, width: 1536, tokens: 8) < 1.01)
        #expect(serving.experts(.fp8, width: 1536, tokens: 8192) > 1.7)
        #expect(serving.experts(.bf16, width: 1536, tokens: 8192) == 1)
    }

    /// Many KV heads have a form of their own on every GPU with tables, none elsewhere; it is
    /// cheaper where there are many sequences and heads, as rows of tables are.
    @Test func manyKeyHeadsHaveTheirOwnForm() throws {
        for name in ["h100", "h200", "b200", "b300", "gb200"] {
            let profile = try EngineProfile.named("vllm", on: .named(name))
            let few = try #require(profile.decodeForm(.bf16, headDim: 128, keyHeads: 8))
            let many = try #require(profile.decodeForm(.bf16, headDim: 128, keyHeads: 32))
            #expect(few == profile.decode[.bf16], "\(name)")
            #expect(many == profile.wideDecode?[.bf16], "\(name)")
            func seconds(_ form: DecodeCoefficients, _ sequences: Double) -> Double {
                form.seconds(
                    sequences: sequences, keyHeads: 32, context: 700 * sequences,
                    bytesPerToken: 16_384)
            }
            #expect(seconds(many, 80) < seconds(few, 80), "\(name)")
            #expect(seconds(many, 1) > seconds(few, 1), "\(name)")
        }
        let l40s = try EngineProfile.named("vllm", on: .named("l40s"))
        #expect(l40s.decodeForm(.bf16, headDim: 128, keyHeads: 32) == l40s.decode[.bf16])
    }

    @Test func expertsCutByTensorParallelismHaveTheirOwnLaunch() {
        let spread = EngineProfile.vllm.experts(.mxfp4)
        let cut = EngineProfile.vllm.experts(.mxfp4, isCut: true)
        #expect(spread.fixed > 70e-6 && cut.fixed < 40e-6)
        #expect(EngineProfile.vllm.experts(.bf16, isCut: true) == EngineProfile.vllm.experts(.bf16))
    }
}
