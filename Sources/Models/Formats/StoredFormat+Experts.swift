/// What the engine's classes for experts do with groups of packed integers that end inside one
/// GPU's columns. Sources: vLLM 0.33.0's `AutoGPTQConfig`, `AutoAWQConfig`, `MoeWNA16Method`, the
/// schemes of `compressed_tensors_moe` and `quark_moe`.
package enum ExpertGroups: Equatable, Hashable, Sendable {
    /// No rule.
    case any
    /// Refused (compressed-tensors).
    case whole
    /// Refused, and so are a width and columns that are no multiples of 256: CUTLASS's 4-bit
    /// weights with 8-bit float inputs.
    case tiles
    /// Refused at every size: the engine has the class for CPUs only.
    case never
    /// Halved until they divide columns and width (quark).
    case halved
    /// As they are where Marlin takes the shape; else halved, without the zero points unless
    /// `keepsZeros` (GPTQ, AWQ). `padsColumns`: Marlin pads columns to its tiles.
    case marlin(keepsZeros: Bool, padsColumns: Bool)

    /// Fewest inputs of a halved group.
    static let leastHalf = 32
    /// Marlin's tile: a multiple of the width, and the multiple of columns it pads to.
    static let marlinWidth = 128
    static let marlinColumns = 64
    /// The group sizes that Marlin takes.
    static let marlinGroups = [32, 64, 128]
}

extension StoredFormat {
    /// Inputs per scale; nil if scales are not by group.
    private var group: Int? {
        if case .group(let size) = scales { size } else { nil }
    }

    /// What cuts an expert's weights, for a message.
    var cutText: String {
        expertGroups == .tiles
            ? "\(name) weights come in tiles of 256 columns"
            : "\(name) weights have a scale per group of \(group ?? ExpertGroups.marlinWidth)"
    }

    /// The format in which the engine creates an expert with `columns` on one GPU; nil if it
    /// refuses them. O(log group).
    package func forExperts(width: Int, columns: Int) -> StoredFormat? {
        let isWhole = width % (group ?? 1) == 0 && columns % (group ?? 1) == 0
        switch expertGroups {
        case .any: return self
        case .never: return nil
        case .whole: return isWhole ? padded(width: width) : nil
        case .tiles: return isWhole && width % 256 == 0 && columns % 256 == 0 ? self : nil
        case .halved: return halved(width: width, columns: columns)
        case .marlin(let keepsZeros, let padsColumns):
            let multiple = padsColumns ? group ?? 1 : max(ExpertGroups.marlinColumns, group ?? 1)
            if width % ExpertGroups.marlinWidth == 0, columns % multiple == 0,
                group.map(ExpertGroups.marlinGroups.contains) ?? true
            {
                return padded(width: width)
            }
            guard var other = halved(width: width, columns: columns) else { return nil }
            if !keepsZeros { other.zeroBits = 0 }
            other.createsExpertBiases = false
            return other
        }
    }

    /// The format with the columns that Marlin adds on loading.
    private func padded(width: Int) -> StoredFormat {
        guard width % ExpertGroups.marlinWidth == 0,
            group.map(ExpertGroups.marlinGroups.contains) ?? true
        else { return self }
        var result = self
        result.loadedExpertMultiple = max(ExpertGroups.marlinColumns, group ?? 1)
        return result
    }

    /// The format with groups halved until they divide both sides.
    private func halved(width: Int, columns: Int) -> StoredFormat? {
        guard var size = group else { return nil }
        while width % size != 0 || columns % size != 0 {
            size /= 2
            guard size >= ExpertGroups.leastHalf else { return nil }
        }
        var result = self
        result.scales = .group(size)
        return result
    }

    /// Bytes of one expert's matrices on a GPU that holds `intermediate` of its columns, including
    /// biases.
    ///
    /// - Parameter isLoaded: whether padded for the kernel's layout after loading, rather than as
    ///   created.
    package func expertBytes(
        width: Int, intermediate: Int, isGated: Bool, hasBias: Bool, isLoaded: Bool
    ) -> Int64 {
        var format = forExperts(width: width, columns: intermediate) ?? self
        var columns = intermediate.roundedUp(to: expertMultiple)
        if isLoaded { columns = columns.roundedUp(to: format.loadedExpertMultiple) }
        if case .block(let block) = scales { format.scales = .block(block.within(columns)) }
        format.inputScaleBytes = 0
        format.matrixBytes = expertMatrixBytes ?? matrixBytes
        let inward = isGated ? 2 : 1
        var sum = Int64(inward) * format.bytes(inputs: width, outputs: columns)
        sum += format.bytes(inputs: columns, outputs: width)
        sum += Int64(2 * (inputScaleBytes + expertModuleBytes) + (inward + 1) * expertPartBytes)
        if isLoaded, loadedWidthMultiple > 1 {
            sum = sum / Int64(width) * Int64(width.roundedUp(to: loadedWidthMultiple))
        }
        let biases = hasBias || format.createsExpertBiases && !isLoaded
        return sum + (biases ? Int64(2 * (inward * columns + width)) : 0)
    }
}
