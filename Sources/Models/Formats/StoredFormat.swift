/// How a module's weights are stored, and what the engine creates beside them: everything that
/// its bytes on one GPU follow from.
///
/// The numbers are those of vLLM 0.33.0's parameters, as its own classes create them.
package struct StoredFormat: Equatable, Hashable, Sendable {
    /// Which weights share a scale.
    package enum Scales: Equatable, Hashable, Sendable {
        case none
        /// All of a matrix.
        case tensor
        /// A row: all weights of an output.
        case channel
        /// A block of outputs × inputs; ends count as whole blocks.
        case block(ScaleBlock)
        /// So many inputs of one output.
        case group(Int)
    }

    /// The field's short name: "fp8", "nvfp4", "w4a16".
    package var name: String
    /// Bits of a weight.
    package var bits: Int
    package var scales: Scales
    /// Bytes of a scale.
    package var scaleBytes: Int
    /// Bits of a zero point; each group has one, or each row where a row has a scale.
    package var zeroBits = 0
    /// Bytes beside each matrix: scales of the scales (NVFP4).
    package var matrixBytes = 0
    /// Bytes of an input's static scale: one a matrix, and one for the matrices of an expert that
    /// run as one.
    package var inputScaleBytes = 0
    /// Bytes beside each output: what asymmetric inputs add.
    package var outputBytes = 0
    /// Bytes beside each module that runs as one, and beside the same of one expert.
    package var moduleBytes = 0
    package var expertModuleBytes = 0
    /// Whether inputs are in an order of their own, with 4 bytes each; every GPU then holds the
    /// scales of all groups (GPTQ's desc_act).
    package var ordersInputs = false
    /// An expert's columns on one GPU are padded to a multiple of this.
    package var expertMultiple = 1
    /// An expert's width is padded to a multiple of this once it is loaded: Triton's layout.
    package var loadedWidthMultiple = 1
    /// Whose kernels price it.
    package var priced: WeightFormat
    /// Bits of a weight that a step reads where they are not those that are created (torchao
    /// quantises after loading).
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

    /// 16 bits without scales.
    package static let plain = StoredFormat("16 bit", bits: 16, priced: .bf16)

    /// Inputs that share a scale where the kernels take a share of whole groups only: packed
    /// integers (GPTQ, AWQ, compressed-tensors); nil: they do not, or there are no groups.
    var wholeGroup: Int? {
        guard case .group(let size) = scales, scaleBytes == 2, [4, 8].contains(bits) else {
            return nil
        }
        return size
    }

    /// Bytes of a weight that a step reads; scales of groups in, others are too few to count.
    package var bytesPerWeight: Double {
        let weight = Double(readBits ?? bits)
        guard case .group(let size) = scales, readBits == nil else { return weight / 8 }
        return (weight + Double(8 * scaleBytes + zeroBits) / Double(size)) / 8
    }

    /// Bytes of one matrix of `inputs` × `outputs` on a GPU. `allInputs` are those of all GPUs.
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
        // What is left of a group has no scale of its own.
        case .group(let size): Int64(max(1, inputs / size)) * Int64(outputs)
        }
    }

    /// Bytes of one expert's matrices on a GPU that holds `intermediate` of its columns; biases in.
    ///
    /// - Parameter isLoaded: as the kernel's layout pads them after loading, not as created.
    package func expertBytes(
        width: Int, intermediate: Int, isGated: Bool, hasBias: Bool, isLoaded: Bool
    ) -> Int64 {
        let columns = intermediate.roundedUp(to: expertMultiple)
        var format = self
        if case .block(let block) = scales { format.scales = .block(block.within(columns)) }
        format.inputScaleBytes = 0
        let inward = isGated ? 2 : 1
        var sum = Int64(inward) * format.bytes(inputs: width, outputs: columns)
        sum += format.bytes(inputs: columns, outputs: width)
        sum += Int64(2 * (inputScaleBytes + expertModuleBytes))
        if isLoaded, loadedWidthMultiple > 1 {
            sum = sum / Int64(width) * Int64(width.roundedUp(to: loadedWidthMultiple))
        }
        return sum + (hasBias ? Int64(2 * (inward * columns + width)) : 0)
    }
}

extension ScaleBlock {
    /// The block that an expert's share of `columns` columns takes: 0.33.0 halves it until whole
    /// blocks make the share.
    func within(_ columns: Int) -> ScaleBlock {
        func shared(_ size: Int) -> Int {
            var (larger, smaller) = (size, columns)
            while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
            return larger
        }
        return ScaleBlock(outputs: shared(outputs), inputs: shared(inputs))
    }

    /// Least side of a block that an expert may have.
    static let leastOfExperts = 32
}

extension Int {
    /// The next multiple.
    func roundedUp(to multiple: Int) -> Int { dividedUp(by: multiple) * multiple }
}

/// Formats of one layer's weights in a quantised checkpoint.
package struct LayerFormats: Equatable, Hashable, Sendable {
    /// Of `Layer.matrices`, in order.
    package var matrices: [StoredFormat]
    /// Of the routed experts.
    package var experts: StoredFormat
    /// Bytes that the format keeps beside attention: scales of the cache.
    package var attentionBytes: Int

    package init(matrices: [StoredFormat], experts: StoredFormat, attentionBytes: Int) {
        self.matrices = matrices
        self.experts = experts
        self.attentionBytes = attentionBytes
    }

    /// Projections with their formats; `start` matrices of the layer come before them.
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
