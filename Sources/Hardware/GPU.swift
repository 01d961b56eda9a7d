import Basics

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
    /// Memory: 80 GiB, the figure that server configurations calculate with; what the driver keeps
    /// of it is part of `MemoryBudget.runtimeReserve`. Links are priced by measured all-reduces,
    /// not by their data sheets.
    public static let h100 = GPU(
        name: "h100-sxm", memoryBytes: 80 << 30, memoryBandwidth: 3.35e12, bf16FLOPS: 989.5e12,
        fp8FLOPS: 1979e12)

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
