/// A mixer that keeps a state of constant size per sequence instead of keys and values: linear
/// attention, RetNet, RWKV, Mamba, gated delta networks.
public struct RecurrentMixer: Equatable, Hashable, Sendable {
    /// The family's name, for people: "mamba", "gated_delta_net", "retnet", "rwkv", "linear".
    public var kind: String
    /// Its projections; those of one inner list read the same input and run as one GEMM.
    public var projections: [[Projection]]
    /// Weights outside the projections: convolutions, decay rates, norms.
    public var otherWeights: Int
    /// State elements per sequence that are kept in 32 bits: the recurrence itself.
    public var wideStateElements: Int
    /// State elements per sequence that are kept in 16 bits: the convolution's last inputs.
    public var narrowStateElements: Int
    /// FLOPs per token of the recurrence and the convolution.
    public var scanFLOPsPerToken: Int
    /// What one GPU of some keeps per sequence, where it is more than the two counts above say:
    /// tensors that are not cut evenly, other types. Empty: cut evenly.
    public var states: [RecurrentState] = []
    /// Weights outside the projections by name, in place of `otherWeights` where not empty.
    public var vectors: [WeightVector] = []
    /// Where its prefill can hand out a state from inside a chunk.
    public var checkpoint = StateSpec.Checkpoint.none
    /// The module's name within its layer, as checkpoints spell it.
    public var path = "mixer"

    public init(
        kind: String, projections: [[Projection]], otherWeights: Int, wideStateElements: Int,
        narrowStateElements: Int, scanFLOPsPerToken: Int
    ) {
        self.kind = kind
        self.projections = projections
        self.otherWeights = otherWeights
        self.wideStateElements = wideStateElements
        self.narrowStateElements = narrowStateElements
        self.scanFLOPsPerToken = scanFLOPsPerToken
    }

    /// Bytes of state per sequence.
    public var stateBytes: Int64 { Int64(4 * wideStateElements + 2 * narrowStateElements) }
}

/// One tensor of a recurrent layer's state, and how tensor parallelism cuts it.
public struct RecurrentState: Equatable, Hashable, Sendable {
    /// Units that are cut (heads, channels, groups); a unit is replicated once there are more
    /// GPUs than units.
    public var units: Int
    /// Elements of a unit.
    public var elementsPerUnit: Int
    /// Bytes of an element.
    public var elementBytes: Int
    /// Whether it is the recurrence itself, whose type a flag may set, not a convolution's inputs.
    public var isRecurrence: Bool
    /// Elements of a unit that each speculative token adds.
    public var elementsPerUnitAndDraft = 0

    public init(
        units: Int, elementsPerUnit: Int, elementBytes: Int = 2, isRecurrence: Bool = false
    ) {
        self.units = units
        self.elementsPerUnit = elementsPerUnit
        self.elementBytes = elementBytes
        self.isRecurrence = isRecurrence
    }

    /// Elements on one of `tensorParallel` GPUs.
    public func elements(tensorParallel: Int) -> Int {
        max(1, units / tensorParallel) * elementsPerUnit
    }
}
