import Basics
import Models

/// The engine's default limits on a step.
package struct BatchDefaults: Sendable, Equatable {
    /// max_num_batched_tokens.
    package var tokens: Int
    /// max_num_seqs.
    package var sequences: Int

    package init(tokens: Int, sequences: Int) {
        self.tokens = tokens
        self.sequences = sequences
    }

    /// For 160 GiB of memory or more.
    package static let large = BatchDefaults(tokens: 16_384, sequences: 1024)
    /// For 70 GiB or more, such as an H100.
    package static let medium = BatchDefaults(tokens: 8192, sequences: 1024)
    /// For less memory, and for an A100.
    static let small = BatchDefaults(tokens: 2048, sequences: 256)
}

/// An accelerator: its datasheet's figures, and the evidence for its kernels' speed.
package struct GPU: Sendable, Equatable {
    /// What the prices of a GPU are based on.
    package enum Evidence: Sendable, Equatable {
        /// Operators measured on this GPU.
        case measured
        /// Another GPU's operators, scaled by the ratios of the two datasheets.
        case datasheet(of: String)
    }

    /// Name in configurations.
    package var name: String
    /// Memory in bytes, as the driver reports it.
    package var memoryBytes: Int64
    /// Peak memory bandwidth, bytes per second.
    package var memoryBandwidth: Double
    /// Peak dense bf16 tensor rate, FLOP per second.
    package var bf16FLOPS: Double
    /// Peak dense fp8 tensor rate, FLOP per second; 0: no fp8 tensor cores.
    package var fp8FLOPS: Double
    /// Peak dense fp4 tensor rate, FLOP per second; 0: no fp4 tensor cores.
    package var fp4FLOPS = 0.0
    /// Peak fp32 rate without tensor cores, FLOP per second.
    package var vectorFLOPS: Double
    /// Bandwidth to GPUs of its node over NVLink or Infinity Fabric, bytes per second each way; 0:
    /// none.
    package var fabricBandwidth: Double
    /// How many GPUs that fabric joins; nil: all of a node.
    package var mostOnFabric: Int?
    /// Bandwidth of its PCIe slot, bytes per second each way.
    package var pcieBandwidth: Double
    package var evidence: Evidence

    /// NVIDIA H100 SXM with 80 GB of HBM3.
    package static let h100 = all[0]

    /// Whether vLLM runs FlashAttention 2 on it, rather than 3 or the kernels of data-centre
    /// Blackwell.
    package var runsFlashAttention2: Bool {
        !["h100", "h200", "h800", "h20", "gh200", "b200", "b300", "gb200", "mi3"].contains {
            name.hasPrefix($0)
        }
    }

    /// The largest batch that vLLM 0.`minor` captures on it by default: 1,024 tokens on data-centre
    /// Blackwell since 0.33 (vLLM PR 49390), else 512.
    package func largestGraph(minor: Int) -> Int {
        computeCapability == 10 && minor >= 33 ? 1_024 : 512
    }

    /// Whether products in a format need tensor cores of their own.
    static func hasOwnCores(_ format: WeightFormat) -> Bool { format == .fp8 || format == .nvfp4 }

    /// Peak rate of the tensor cores that weights of a format run on: fp8's and nvfp4's if the GPU
    /// has them. Every other format is unpacked to 16 bits.
    package func peak(_ weights: WeightFormat) -> Double {
        switch weights {
        case .fp8 where fp8FLOPS > 0: fp8FLOPS
        case .nvfp4 where fp4FLOPS > 0: fp4FLOPS
        default: bf16FLOPS
        }
    }

    /// Whether so many GPUs of a node are joined by NVLink or Infinity Fabric.
    package func hasFabric(over gpus: Int) -> Bool {
        fabricBandwidth > 0 && gpus <= mostOnFabric ?? gpus
    }

    /// The link between two GPUs of a node.
    ///
    /// With NVLink: measured on an H100 (`LinkCoefficients.nvlink`), scaled by the ratio of the
    /// links. Without NVLink: 60 % of the PCIe slot, which a two-GPU all-reduce reaches on the L40S
    /// (19 of 32 GB/s) and the RTX PRO 6000 (38 of 64).
    var peerLink: LinkCoefficients {
        var link = LinkCoefficients.nvlink
        link.bandwidth = onFabric(link.bandwidth)
        return link
    }

    /// The link for one direction of an exchange among the GPUs of a node.
    var exchangeLink: LinkCoefficients {
        var link = LinkCoefficients.dispatch
        link.bandwidth = onFabric(link.bandwidth)
        return link
    }

    /// A rate over an H100's NVLink, converted to the links that all GPUs of a node share.
    private func onFabric(_ rate: Double) -> Double {
        fabricBandwidth > 0 && mostOnFabric == nil
            ? rate * fabricBandwidth / Self.h100.fabricBandwidth : 0.6 * pcieBandwidth
    }

    /// Limits that vLLM 0.33.0's API server chooses on this GPU (`EngineArgs.get_batch_defaults`):
    /// by total memory, with bounds at 70 and 160 GiB. An A100 below 160 GiB gets the small ones.
    package var serverDefaults: BatchDefaults {
        Self.serverDefaults(memoryBytes: memoryBytes, name: name)
    }

    private static func serverDefaults(memoryBytes: Int64, name: String) -> BatchDefaults {
        if memoryBytes >= 160 << 30 { return .large }
        if memoryBytes >= 70 << 30, !name.lowercased().contains("a100") { return .medium }
        return .small
    }

    /// The same for a GPU that may be known only by name; nil for an unknown name. Memory of such
    /// GPUs: NVIDIA's and AMD's datasheets.
    ///
    /// - Parameter memoryBytes: its memory, if known; takes precedence over the name.
    package static func serverDefaults(
        named name: String, memoryBytes: Int64? = nil
    ) -> BatchDefaults? {
        if let memoryBytes { return serverDefaults(memoryBytes: memoryBytes, name: name) }
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

    /// The GPU of a name. "_" counts as "-", and a name may leave out the form factor ("b200").
    ///
    /// - Throws: `InputError` at `hardware.gpu` with the known names.
    package static func named(_ name: String) throws -> GPU {
        let wanted = name.lowercased().split(separator: "_").joined(separator: "-")
        let full = aliases[wanted] ?? wanted
        let known = all.first { $0.name == full || $0.name == full + "-sxm" }
        if let known { return known }
        let names = all.map(\.name)
        // A number tells one product from another: a V100 is no A10.
        let near = names.filter { digits($0) == digits(wanted) && $0.first == wanted.first }
        throw InputError(
            "hardware.gpu", "unknown GPU \"\(name)\"", word: wanted,
            among: near, otherwise: names.joined(separator: ", "))
    }

    /// The first number in a name.
    private static func digits(_ name: String) -> Substring {
        name.drop { !$0.isNumber }.prefix { $0.isNumber }
    }

    /// Other names used in logs and tables.
    private static let aliases = [
        "h100-80gb": "h100-sxm", "h100-sxm5": "h100-sxm", "h200-141gb": "h200-sxm",
        "a100-80gb": "a100-sxm", "a100-sxm-80": "a100-sxm", "a100-sxm4-80gb": "a100-sxm",
        "a100-40gb": "a100-sxm-40", "a100-sxm4-40gb": "a100-sxm-40",
        "rtx-pro-6000-server":
            "rtx-pro-6000", "rtxpro6000": "rtx-pro-6000",
        "rtx3090": "rtx-3090", "rtx4090": "rtx-4090", "rtx5090": "rtx-5090",
        "a5000": "rtx-a5000", "a6000": "rtx-a6000",
    ]
}

extension GPU {
    /// A measured GPU whose datasheet is in nothing above this one's, of the same generation; nil:
    /// none.
    var notFaster: GPU? {
        let smaller = ["h200-sxm": "h100-sxm", "b300-sxm": "b200-sxm", "gb200": "b200-sxm"]
        return smaller[name].flatMap { name in GPU.all.first { $0.name == name } }
    }
}
