/// Which kernels were measured on a GPU other than the H100, and whose stand in for the rest.
struct MeasuredKernels {
    var table: CoefficientTable
    /// The GPU whose kernels fill the gaps of the table, scaled by the datasheets' ratio.
    var neighbour: GPU
    /// Engine versions, for reports.
    var provenance: String
    /// Median errors on held-out rows of the same tables.
    var errors: String
    var standIns: [String] = []

    /// The measurements of a GPU.
    static func of(_ gpu: GPU) -> MeasuredKernels {
        switch gpu.name {
        case "h200-sxm":
            MeasuredKernels(
                table: hopperKernels, neighbour: .h100,
                provenance: "vLLM 0.24 kernels on an H200",
                errors: "GEMM bf16 4.7 %, fp8 by servers, prefill 5.8 %, decode 3.8 %, MLA decode "
                    + "5.8 %, experts 4 to 13 %, all-reduce 1 to 3 %")
        case "a100-sxm":
            MeasuredKernels(
                table: ampereKernels, neighbour: .h100,
                provenance: "vLLM 0.14 kernels on an A100 (FlashAttention 2)",
                errors: "GEMM bf16 7.6 %, prefill 6.3 %, decode 6.5 %, experts 14 %, all-reduce 3 "
                    + "to 13 %",
                standIns: [
                    "MLA on an A100: the H100's by the datasheets' ratio; the only table measured "
                        + "follows no smooth form (40 to 47 % off)",
                    "bf16 experts on an A100 were measured under power laws only, int4 and mxfp4 "
                        + "are the H100's by the datasheets' ratio",
                ])
        case "b200-sxm":
            MeasuredKernels(
                table: blackwellKernels, neighbour: .h100,
                provenance: "vLLM 0.24 kernels on a B200",
                errors: "GEMM bf16 4.7 %, fp8 8.4 %, nvfp4 10 %, prefill 12 %, decode 3.4 %, MLA "
                    + "decode 6 %, experts 8 to 15 %, all-reduce 2 to 4 %")
        case "b300-sxm":
            MeasuredKernels(
                table: blackwellKernels, neighbour: .h100,
                provenance: "vLLM 0.24 kernels on a B300",
                errors: "GEMM bf16 5.9 %, fp8 8.2 %, nvfp4 9 %, prefill 14 %, decode 2.6 %, MLA "
                    + "decode 8.4 %, experts 9 to 13 %, all-reduce 2 to 7 %")
        case "gb200":
            MeasuredKernels(
                table: blackwellKernels, neighbour: b200,
                provenance: "vLLM 0.24 kernels on a GB200",
                errors: "GEMM bf16 5.9 %, fp8 7.9 %, nvfp4 9 %, prefill 12 %, decode 2.7 %, "
                    + "all-reduce 2 to 6 %",
                standIns: [
                    "experts and MLA on a GB200: the B200's by the datasheets' ratio, not measured"
                ])
        case "l40s":
            MeasuredKernels(
                table: workstationKernels, neighbour: .h100,
                provenance: "vLLM 0.24 kernels on an L40S",
                errors: "GEMM bf16 7.7 %, fp8 4.9 %, prefill 8.9 %, decode 6.5 %, MLA decode 10 %, "
                    + "experts 4 %, all-reduce 2 to 9 %")
        default:
            MeasuredKernels(
                table: workstationKernels, neighbour: .h100,
                provenance: "vLLM 0.24 kernels on an RTX PRO 6000",
                errors: "GEMM bf16 3.1 %, fp8 5.2 %, nvfp4 9 %, prefill 5.6 %, decode 2.3 %, MLA "
                    + "decode 13 %, experts 3 to 13 %, all-reduce 2 to 5 %")
        }
    }

    private static let b200 = GPU.all.first { $0.name == "b200-sxm" }!
}
