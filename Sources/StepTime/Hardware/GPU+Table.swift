/// All known GPUs: memory in MiB, bandwidth in TB/s, dense tensor rates and fp32 in TFLOP/s, links
/// in GB/s each way, and the GPU whose measured kernels it runs. "#" begins a comment.
///
/// Memory is the total that CUDA or HIP reports, which an engine multiplies by its memory
/// utilisation. In vLLM's logs: 79.18 GiB for an H100, 139.80 for an H200, 79.25 for an A100 80GB,
/// 267.69 for a B300, 94.97 for an RTX PRO 6000 and 191.69 for an MI300X. In public out-of-memory
/// messages: 178.35 for a B200, 184.31 for a GB200, 93.09 for an H100 NVL, 44.39 for an L40S, 39.49
/// for an A100 40GB, 22.06 for an A10, 22.03 for an L4, 23.56 for an RTX 3090, 23.6 for an RTX 4090
/// and an A5000 (23.5 to 23.7, by driver), 31.37 for an RTX 5090, 47.4 to 47.5 for an RTX A6000 and
/// an RTX 6000 Ada, 44.4 for an L40 and an A40, and 23.5 for an A30. Where no log was found (H800,
/// H20, GH200, MI325X, MI355X) it is the datasheet's figure minus what similar GPUs keep for
/// themselves.
///
/// Bandwidths, rates and links: the vendors' datasheets. NVIDIA's list rates with sparsity; the
/// dense rate is half of that. GeForce: rates with fp32 accumulation. fp8 0: no fp8 tensor cores.
/// Fabric "300/2": a bridge joins two cards, more of them exchange over their slots.
private let table = """
    # name         memory  TB/s   bf16    fp8     fp4    fp32   fabric  PCIe  kernels
    h100-sxm       81079   3.35   989.5   1979    0      67     450     64    h100-sxm
    h100-pcie      81079   2.0    756.5   1513    0      51     0       64    h100-sxm
    h100-nvl       95324   3.9    835.5   1670.5  0      60     300/2   64    h100-sxm
    h800-sxm       81079   3.35   989.5   1979    0      67     200     64    h100-sxm
    h20-sxm        97280   4.0    148     296     0      44     450     64    h100-sxm
    gh200          96768   4.0    989.5   1979    0      67     450     64    h100-sxm
    h200-sxm       143155  4.8    989     1978    0      67     450     64    h200-sxm
    a100-sxm       81152   2.039  312     0       0      19.5   300     32    a100-sxm
    a100-sxm-40    40437   1.555  312     0       0      19.5   300     32    a100-sxm
    b200-sxm       182630  7.7    2250    4500    9000   75     900     128   b200-sxm
    b300-sxm       274114  7.75   2250    4500    14000  75     900     128   b300-sxm
    gb200          188733  8.0    2500    5000    10000  80     900     64    gb200
    l40s           45455   0.864  362.05  733     0      91.6   0       32    l40s
    l4             22559   0.3    121     242.5   0      30.3   0       32    l40s
    a10            22589   0.6    125     0       0      31.2   0       32    l40s
    rtx-pro-6000   97249   1.792  467.8   935.6   1871.2 120    0       64    rtx-pro-6000
    l40            45455   0.864  181.05  362     0      90.5   0       32    l40s
    a40            45455   0.696  149.7   0       0      37.4   0       32    l40s
    a30            24064   0.933  165     0       0      10.3   0       32    a100-sxm
    rtx-6000-ada   48589   0.96   364.2   728.5   0      91.1   0       32    l40s
    rtx-a6000      48589   0.768  154.8   0       0      38.7   0       32    l40s
    rtx-a5000      24166   0.768  111.1   0       0      27.8   0       32    l40s
    rtx-5090       32123   1.792  209.5   419     1676   104.8  0       64    rtx-pro-6000
    rtx-4090       24166   1.008  165.2   330.3   0      82.6   0       32    l40s
    rtx-3090       24125   0.936  71      0       0      35.6   0       32    l40s
    # AMD: kernels were measured on none; 7 links of Infinity Fabric.
    mi300x         196290  5.3    1307.4  2614.9  0      163.4  448     64    h100-sxm
    mi325x         261826  6.0    1307.4  2614.9  0      163.4  448     64    h100-sxm
    mi355x         294594  8.0    2516.6  5033.2  10066  157.3  537.6   64    b200-sxm
    """

extension GPU {
    /// The first number of its compute capability (CUDA); nil for AMD's.
    package var computeCapability: Int? {
        if name.hasPrefix("mi") { return nil }
        let kernels = if case .datasheet(let other) = evidence { other } else { name }
        return switch kernels {
        case "h100-sxm", "h200-sxm": 9
        case "b200-sxm", "b300-sxm", "gb200": 10
        case "rtx-pro-6000": 12
        default: 8
        }
    }

    /// Every known GPU, the H100 first.
    package static let all: [GPU] = table.split(separator: "\n").compactMap { line in
        let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
        guard words.count == 10 else { return nil }
        let fabric = words[7].split(separator: "/")
        let values = (words[1...6] + [String(fabric[0]), words[8]]).map { Double($0)! }
        return GPU(
            name: words[0], memoryBytes: Int64(values[0]) << 20, memoryBandwidth: values[1] * 1e12,
            bf16FLOPS: values[2] * 1e12, fp8FLOPS: values[3] * 1e12, fp4FLOPS: values[4] * 1e12,
            vectorFLOPS: values[5] * 1e12, fabricBandwidth: values[6] * 1e9,
            mostOnFabric: fabric.count > 1 ? Int(fabric[1]) : nil, pcieBandwidth: values[7] * 1e9,
            evidence: words[9] == words[0] ? .measured : .datasheet(of: words[9]))
    }

    /// The GPU whose measured kernels this one uses: itself, or a similar one by datasheet.
    var kernels: GPU {
        switch evidence {
        case .measured: self
        case .datasheet(let other): Self.all.first { $0.name == other }!
        }
    }

    /// The remark of every page that states the memory of a GPU other than the H100.
    package static let memoryNote =
        "the memory's terms besides weights and cache were fitted on H100s: take the KV cache from "
        + "a server's log (engine.num_gpu_blocks)"

    /// The remark of every page about a GPU that was not measured; nil for one that was.
    package var notMeasuredNote: String? {
        guard case .datasheet(let other) = evidence else { return nil }
        let maker = name.hasPrefix("mi") ? "; no kernel of ROCm was measured" : ""
        return "\(name): not measured, the kernels of the \(other) by the ratios of the datasheets"
            + maker
    }
}
