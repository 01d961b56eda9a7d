import Testing

@testable import Scenario

/// Tokens per block of MLA's cache by release and GPU, from the code of each release.
@Suite struct LatentBlockTests {
    private func resolved(_ changes: String...) throws -> ResolvedConfiguration {
        let base = [
            "model.name=deepseek-v3", "engine.tensor_parallel_size=8", "cluster.replicas=1",
            "engine.max_model_len=65536", "engine.num_gpu_blocks=20000",
        ]
        return try Configuration.read(file: nil, changes: base + changes).resolved()
    }

    @Test(arguments: [
        ("h200-sxm", "0.11.2", 64), ("h200-sxm", "0.17.0", 64), ("h200-sxm", "0.18.0", 16),
        ("h200-sxm", "0.33.0", 16), ("b200-sxm", "0.11.2", 128), ("b200-sxm", "0.14.0", 128),
        ("b200-sxm", "0.16.0", 64), ("b200-sxm", "0.17.1", 64), ("b200-sxm", "0.18.0", 32),
        ("b200-sxm", "0.33.0", 32), ("rtx-pro-6000", "0.12.0", 16),
    ])
    func byReleaseAndGPU(_ gpu: String, _ version: String, _ size: Int) throws {
        let gpuChange = "hardware.gpu=\(gpu)"
        let resolved = try resolved(gpuChange, "engine.version=\(version)")
        #expect(resolved.plan.engine.blockSize == size)
        let isSeen = gpu == "h200-sxm" && version == "0.33.0"
        #expect(resolved.warnings.contains { $0.contains("code for MLA on a \(gpu)") } == !isSeen)
    }

    /// FlashAttention's kernel reads no fp8 latents; FlashInfer's does.
    @Test func inEightBits() throws {
        for (gpu, size) in [("h100-sxm", 64), ("b200-sxm", 32)] {
            let resolved = try resolved("hardware.gpu=\(gpu)", "engine.kv_cache_dtype=fp8")
            #expect(resolved.plan.engine.blockSize == size)
        }
    }

    /// A given size is kept where the engine keeps it.
    @Test func givenSizes() throws {
        let blackwell = try resolved("hardware.gpu=b200-sxm", "engine.block_size=128")
        #expect(blackwell.plan.engine.blockSize == 128)
        #expect(!blackwell.warnings.contains { $0.contains("code for MLA") })
        let forced = try resolved(
            "hardware.gpu=b200-sxm", "engine.version=0.12.0", "engine.block_size=64")
        #expect(forced.plan.engine.blockSize == 128)
    }

    /// Keys of other widths take CUTLASS's kernel until FlashInfer's reads them.
    @Test func byWidth() {
        func size(_ minor: Int, _ width: Int) -> Int {
            LatentBlocks(minor: minor, capability: 10, keyDim: width, isFP8: false).size
        }
        #expect([16, 17, 18, 19].map { size($0, 64) } == [128, 128, 32, 32])
        #expect([17, 18, 19, 33].map { size($0, 192) } == [128, 128, 32, 32])
        #expect(size(33, 256) == 128)
    }
}
