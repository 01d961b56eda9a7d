import Basics

/// The engine's limits on a step where the user gives none.
public struct BatchDefaults: Sendable, Equatable {
    /// max_num_batched_tokens.
    public var tokens: Int
    /// max_num_seqs.
    public var sequences: Int

    public init(tokens: Int, sequences: Int) {
        self.tokens = tokens
        self.sequences = sequences
    }

    /// From 160 GiB of memory on.
    public static let large = BatchDefaults(tokens: 16_384, sequences: 1024)
    /// From 70 GiB on, an H100's.
    public static let medium = BatchDefaults(tokens: 8192, sequences: 1024)
    /// Below, and on an A100.
    static let small = BatchDefaults(tokens: 2048, sequences: 256)
}

/// An accelerator's datasheet figures.
public struct GPU: Sendable, Equatable {
    /// Name as configurations write it.
    public var name: String
    /// Memory in bytes as the driver reports it.
    public var memoryBytes: Int64
    /// Peak memory bandwidth, bytes per second.
    public var memoryBandwidth: Double
    /// Peak dense bf16 tensor rate, FLOP per second.
    public var bf16FLOPS: Double
    /// Peak dense fp8 tensor rate, FLOP per second.
    public var fp8FLOPS: Double

    /// NVIDIA H100 SXM with 80 GB of HBM3.
    ///
    /// Datasheet: 3.35 TB/s; 1,979 and 3,958 TFLOPS bf16 and fp8 with sparsity, half of it dense.
    /// Memory: 85,017,493,504 bytes, what the driver leaves of 80 GiB ("79.18 GiB" in logs).
    /// Links are priced by measured all-reduces, not by their data sheets.
    public static let h100 = GPU(
        name: "h100-sxm", memoryBytes: 85_017_493_504, memoryBandwidth: 3.35e12,
        bf16FLOPS: 989.5e12, fp8FLOPS: 1979e12)

    /// What vLLM 0.33.0's API server takes on this GPU (`EngineArgs.get_batch_defaults`): by its
    /// total memory, with bounds at 70 and 160 GiB, and an A100 below 160 GiB as a small one.
    public var serverDefaults: BatchDefaults {
        if memoryBytes >= 160 << 30 { return .large }
        if memoryBytes >= 70 << 30, !name.lowercased().contains("a100") { return .medium }
        return .small
    }

    /// The same for a GPU that may be known by its name alone; nil for a name that says nothing.
    /// Memory of these: NVIDIA's and AMD's datasheets.
    public static func serverDefaults(named name: String) -> BatchDefaults? {
        if let known = try? named(name) { return known.serverDefaults }
        let word = name.lowercased()
        let sizes: [(defaults: BatchDefaults, words: [String])] = [
            (.large, ["b200", "b300", "mi300x", "mi325x", "mi350", "mi355"]),
            (.medium, ["pro-6000", "pro6000"]),
            (.small, ["a100", "l40", "l4", "a10", "rtx", "t4", "v100", "gb10"]),
            (.medium, ["h100", "h200", "h800", "h20", "gh200"]),
        ]
        return sizes.first { $0.words.contains(where: word.contains) }?.defaults
    }

    /// Every known GPU.
    public static let all = [h100]

    /// The GPU of a name.
    ///
    /// - Throws: `InputError` at `hardware.gpu` with the known names.
    public static func named(_ name: String) throws -> GPU {
        let wanted = name.lowercased().split(separator: "_").joined(separator: "-")
        let known = all.first { $0.name == wanted }
        if let gpu = known ?? (["h100", "h100-80gb", "h100-sxm5"].contains(wanted) ? h100 : nil) {
            return gpu
        }
        throw InputError(
            "hardware.gpu", "there are no measurements of a \"\(name)\"",
            expected: all.map(\.name).joined(separator: ", "))
    }
}
