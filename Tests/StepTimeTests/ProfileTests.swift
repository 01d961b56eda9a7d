import Basics
import Foundation
import Models
import Testing

@testable import StepTime

@Suite struct ServerDefaultTests {
    private func defaults(_ gibibytes: Double, _ name: String = "x") -> BatchDefaults {
        var gpu = GPU.h100
        gpu.name = name
        gpu.memoryBytes = Int64(gibibytes * 0x1p30)
        return gpu.serverDefaults
    }

    /// `EngineArgs.get_batch_defaults` of vLLM 0.33.0, asked on made-up devices.
    @Test func theMemoryDecides() {
        #expect(defaults(160) == BatchDefaults(tokens: 16_384, sequences: 1024))
        #expect(defaults(159.99) == BatchDefaults(tokens: 8192, sequences: 1024))
        #expect(defaults(70) == BatchDefaults(tokens: 8192, sequences: 1024))
        #expect(defaults(69.99) == BatchDefaults(tokens: 2048, sequences: 256))
        #expect(
            defaults(80, "NVIDIA A100-SXM4-80GB") == BatchDefaults(tokens: 2048, sequences: 256))
        #expect(defaults(160, "a100-imagined") == BatchDefaults(tokens: 16_384, sequences: 1024))
        #expect(GPU.h100.serverDefaults == BatchDefaults(tokens: 8192, sequences: 1024))
    }

    @Test func namesThatSayTheirMemoryWillDo() {
        #expect(GPU.serverDefaults(named: "h100")?.tokens == 8192)
        #expect(GPU.serverDefaults(named: "H200-SXM")?.tokens == 8192)
        #expect(GPU.serverDefaults(named: "gb200")?.tokens == 16_384)
        #expect(GPU.serverDefaults(named: "mi300x")?.tokens == 16_384)
        #expect(GPU.serverDefaults(named: "a100-80gb")?.tokens == 2048)
        #expect(GPU.serverDefaults(named: "l40s")?.tokens == 2048)
        #expect(GPU.serverDefaults(named: "rtx-pro-6000")?.tokens == 8192)
        #expect(GPU.serverDefaults(named: "abacus") == nil)
    }
}

@Suite struct ProfileTests {
    /// Every number, to the last bit, as it was fitted: a change of the table is a new fit.
    @Test(arguments: [
        (EngineProfile.vllm, "7c603e9840fe65f1"), (.trtllm, "f72215b5bbeccd4c"),
        (.sglang, "d8cca905f4caa139"),
    ])
    func theTableHoldsWhatWasFitted(profile: EngineProfile, digest: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // What servers add is no part of the table.
        var table = profile
        table.serving = nil
        let bytes = try encoder.encode(table)
        #expect(bytes.withUnsafeBytes { ContentDigest.hexadecimal(of: $0) } == digest)
    }

    private func read(_ change: (inout EngineProfile) -> Void) throws -> EngineProfile {
        var profile = EngineProfile.vllm
        change(&profile)
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: path) }
        try JSONEncoder().encode(profile).write(to: path)
        return try EngineProfile.named(path.path)
    }

    @Test func normsThatGPUsSumLaunchLongerUntilTheyWereFused() throws {
        let summing = try Catalogue.model(named: "MiniMaxAI/MiniMax-M2.5")
        let other = try Catalogue.model(named: "openai/gpt-oss-120b")
        func perLayer(_ host: HostProfile, _ model: TransformerModel, _ gpus: Int) -> Double {
            host.launching(model, tensorParallel: gpus).launchEager.perLayer
        }
        #expect(abs(perLayer(.vllm18, summing, 4) - 1.6e-3) < 1e-9)
        #expect(perLayer(.vllm18, summing, 1) == 0.6e-3)
        #expect(perLayer(.vllm18, other, 4) == 0.6e-3)
        #expect(perLayer(.vllm19, summing, 4) == 0.6e-3)
    }

    @Test func enginesHaveTheHostsThatWereFittedToThem() throws {
        let given = EngineProfile.trtllm.usualHost(
            asyncScheduling: true, minor: 33, gpu: .h100)
        #expect(given == .trtllm && given.frontEnd == 20e-3)
        // SGLang's release is not known: its launches, of one model and release, are not taken.
        for (gpu, patch, name) in [
            ("h100-sxm", nil, "vllm-2025-10"), ("h200-sxm", nil, "vllm-2025-10"),
            ("h200-sxm", 6, "vllm-2025-10"), ("h200-sxm", 9, "sglang-0.5.9"),
            ("b200-sxm", 9, "none"), ("b200-sxm", nil, "none"),
        ] as [(String, Int?, String)] {
            let gpu = try GPU.named(gpu)
            let host = HostProfile.ofSGLang(patch: patch, gpu: gpu, asyncScheduling: true)
            #expect(host.name == name)
            guard patch == nil else { continue }
            #expect(
                EngineProfile.sglang.usualHost(asyncScheduling: true, minor: 33, gpu: gpu) == host)
        }
        for host in HostProfile.all { #expect(try HostProfile.named(host.name) == host) }
    }

    @Test func aWrittenProfileReadsBack() throws {
        #expect(try read { _ in } == .vllm)
    }

    @Test(arguments: [1e-300, -1, 0])
    func ratesOutOfRangeAreRefused(rate: Double) {
        let changes: [(String, (inout EngineProfile) -> Void)] = [
            ("gemm.bf16.rate", { $0.gemm[.bf16]?.rate = rate }),
            ("gemm.fp8.bandwidth", { $0.gemm[.fp8]?.bandwidth = rate }),
            ("decode.fp8.bandwidth", { $0.decode[.fp8]?.bandwidth = rate }),
            ("prefill.bf16.rate", { $0.prefill[.bf16]?.rate = rate }),
            ("latentDecode.bf16.rate", { $0.latentDecode[.bf16]?.rate = rate }),
            ("allReduce.4.paths.bandwidth", { $0.allReduce[4]?.paths[1].bandwidth = rate }),
            ("experts.mxfp4.rate", { $0.experts[.mxfp4]?.rate = rate }),
            ("cutExperts.mxfp4.rate", { $0.cutExperts?[.mxfp4]?.rate = rate }),
            ("skewedExperts.bf16.bandwidth", { $0.skewedExperts?[.bf16]?.bandwidth = rate }),
            (
                "tensorExperts.fp8.rate",
                {
                    $0.tensorExperts = EngineProfile.trtllm.tensorExperts
                    $0.tensorExperts?[.fp8]?.rate = rate
                }
            ),
            ("narrowDecode.bf16.bandwidth", { $0.narrowDecode?[.bf16]?.bandwidth = rate }),
            ("narrowPrefill.fp8.rate", { $0.narrowPrefill?[.fp8]?.rate = rate }),
            ("elementwise.bandwidth", { $0.elementwise.bandwidth = rate }),
        ]
        for (name, change) in changes {
            let error = #expect(throws: InputError.self) { try read(change) }
            #expect(error?.problem == "\(name) is \(rate)")
        }
    }

    @Test func timesExponentsAndPartsOutOfRangeAreRefused() {
        let changes: [(inout EngineProfile) -> Void] = [
            { $0.gemm[.bf16]?.launch = 1e300 }, { $0.gemm[.bf16]?.exponent = 1e-300 },
            { $0.gemm[.bf16]?.growth = -1 }, { $0.decode[.bf16]?.fixed = -1 },
            { $0.host = HostCoefficients(fixed: 0, perSequence: 1e12) },
            { $0.synchronousHost = HostCoefficients(fixed: 1e12) },
            { $0.elementwise.summedNorms = -1 }, { $0.narrowDecode?[.bf16]?.fixed = -1 },
            { $0.experts[.bf16]?.padding = -1 }, { $0.allReduce[2]?.paths = [] },
            { $0.gemm[.bf16] = nil }, { $0.decode[.fp8] = nil }, { $0.experts[.bf16] = nil },
        ]
        for change in changes { #expect(throws: InputError.self) { try read(change) } }
    }
}
