/// How a module's weights are stored, and what the engine keeps beside them. Determines the bytes
/// on one GPU.
///
/// The numbers are those of vLLM 0.33.0's parameters, as its own classes create them.
package struct StoredFormat: Equatable, Hashable, Sendable {
    /// Which weights share a scale.
    package enum Scales: Equatable, Hashable, Sendable {
        case none
        /// All weights of a matrix.
        case tensor
        /// A row: all weights of an output.
        case channel
        /// A block of outputs × inputs. Partial blocks at the ends count as whole.
        case block(ScaleBlock)
        /// That many inputs of one output.
        case group(Int)
    }

    /// Short name in the field: "fp8", "nvfp4", "w4a16".
    package var name: String
    /// Bits per weight.
    package var bits: Int
    package var scales: Scales
    /// Bytes per scale.
    package var scaleBytes: Int
    /// Bits per zero point; one per group, or per row if scales are per row.
    package var zeroBits = 0
    /// Bytes per matrix: scales of the scales (NVFP4).
    package var matrixBytes = 0
    /// The same per matrix of an expert, if they differ.
    package var expertMatrixBytes: Int?
    /// Bytes of a static input scale: one per matrix, and one for an expert's fused matrices.
    package var inputScaleBytes = 0
    /// Bytes per output, for asymmetric inputs.
    package var outputBytes = 0
    /// Bytes per fused module, and per fused module of an expert.
    package var moduleBytes = 0
    package var expertModuleBytes = 0
    /// Whether inputs are reordered, at 4 bytes each. Every GPU then holds the scales of all groups
    /// (GPTQ's desc_act).
    package var ordersInputs = false
    /// What becomes of an expert's groups if one GPU's columns are not whole groups.
    package var expertGroups = ExpertGroups.any
    /// Bytes per fused matrix of an expert that stand beside its parts: zero points of inputs.
    package var expertPartBytes = 0
    /// Whether experts get biases that no checkpoint fills. They are dropped after loading (GPTQ).
    package var createsExpertBiases = false
    /// An expert's columns on one GPU are padded to a multiple of this.
    package var expertMultiple = 1
    /// The same after loading: Marlin's tiles.
    package var loadedExpertMultiple = 1
    /// An expert's width is padded to a multiple of this after loading: Triton's layout.
    package var loadedWidthMultiple = 1
    /// The format whose kernels determine the price.
    package var priced: WeightFormat
    /// Bits per weight that a step reads, if they differ from those created (torchao quantises
    /// after loading).
    package var readBits: Int?

    package init(
        _ name: String, bits: Int, scales: Scales = .none, scaleBytes: Int = 4,
        priced: WeightFormat
    ) {
        self.name = name
        self.bits = bits
        self.scales = scales
        self.scaleBytes = scaleBytes
        self.priced = priced
    }

    /// Whether all weights of a matrix share one scale of an 8-bit float, and the checkpoint has
    /// the scales of the inputs, too: engines then run other kernels than for blocks.
    package var hasTensorScales: Bool { name == "fp8" && scales == .tensor && inputScaleBytes > 0 }

    /// 16 bits without scales.
    package static let plain = StoredFormat("16 bit", bits: 16, priced: .bf16)

    /// Inputs per scale if kernels only accept shards of whole groups: packed integers (GPTQ, AWQ,
    /// compressed-tensors). nil: they accept any, or there are no groups.
    var wholeGroup: Int? {
        guard case .group(let size) = scales, scaleBytes == 2, [4, 8].contains(bits) else {
            return nil
        }
        return size
    }

    /// Bytes per weight that a step reads. Includes scales of groups; others are too few to matter.
    package var bytesPerWeight: Double {
        let weight = Double(readBits ?? bits)
        guard case .group(let size) = scales, readBits == nil else { return weight / 8 }
        return (weight + Double(8 * scaleBytes + zeroBits) / Double(size)) / 8
    }

    /// Bytes of a matrix of `inputs` × `outputs` on one GPU. `allInputs`: inputs over all GPUs.
    /// O(1).
    package func bytes(inputs: Int, outputs: Int, allInputs: Int? = nil) -> Int64 {
        let elements = Int64(inputs) * Int64(outputs)
        var sum = (elements * Int64(bits) + 7) / 8
        let scaled = scaleCount(
            inputs: ordersInputs ? allInputs ?? inputs : inputs, outputs: outputs)
        sum += scaled * Int64(scaleBytes) + (scaled * Int64(zeroBits) + 7) / 8
        if ordersInputs { sum += 4 * Int64(inputs) }
        return sum + Int64(matrixBytes + inputScaleBytes) + Int64(outputBytes * outputs)
    }

    private func scaleCount(inputs: Int, outputs: Int) -> Int64 {
        switch scales {
        case .none: 0
        case .tensor: 1
        case .channel: Int64(outputs)
        case .block(let block):
            Int64(inputs.dividedUp(by: block.inputs)) * Int64(outputs.dividedUp(by: block.outputs))
        // A partial group has no scale of its own.
        case .group(let size): Int64(max(1, inputs / size)) * Int64(outputs)
        }
    }
}

extension ScaleBlock {
    /// The block for an expert's shard of `columns` columns. 0.33.0 halves the block until it
    /// divides the shard; for powers of two this is the greatest common divisor.
    func within(_ columns: Int) -> ScaleBlock {
        func shared(_ size: Int) -> Int {
            var (larger, smaller) = (size, columns)
            while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
            return larger
        }
        return ScaleBlock(outputs: shared(outputs), inputs: shared(inputs))
    }

    /// Smallest side of an expert's block.
    static let leastOfExperts = 32
}

extension Int {
    /// The next multiple, or the number itself if it is one.
    func roundedUp(to multiple: Int) -> Int { dividedUp(by: multiple) * multiple }
}

/// Formats of one layer's weights in a quantised checkpoint.
package struct LayerFormats: Equatable, Hashable, Sendable {
    /// Formats of `Layer.matrices`, in order.
    package var matrices: [StoredFormat]
    /// Format of the routed experts.
    package var experts: StoredFormat
    /// Bytes that the format keeps beside attention: scales of the cache.
    package var attentionBytes: Int

    package init(matrices: [StoredFormat], experts: StoredFormat, attentionBytes: Int) {
        self.matrices = matrices
        self.experts = experts
        self.attentionBytes = attentionBytes
    }

    /// Projections with their formats, where `start` matrices of the layer come before them.
    func stamped(_ parts: [[Projection]], after start: Int) -> [[Projection]] {
        var index = start
        return parts.map { fused in
            fused.map { projection in
                var stamped = projection
                if matrices.indices.contains(index) { stamped.stored = matrices[index] }
                index += 1
                return stamped
            }
        }
    }
}
