/// A mixer that keeps a state of constant size per sequence instead of keys and values: linear
/// attention, RetNet, RWKV, Mamba, gated delta networks, short convolutions.
package struct RecurrentMixer: Equatable, Hashable, Sendable {
    /// Readable name of the family: "mamba", "gated_delta_net", "retnet", "rwkv", "linear".
    package var kind: String
    /// Its projections. Each inner list reads the same input and runs as one GEMM.
    package var projections: [[Projection]]
    /// Weights outside the projections: convolutions, decay rates, norms.
    package var vectors: [WeightVector]
    /// The tensors of a sequence's state.
    package var states: [RecurrentState]
    /// FLOPs per token of the recurrence and the convolution.
    package var scanFLOPsPerToken: Int
    /// Heads (or channels) that tensor parallelism must divide.
    package var units: Int
    /// Where its prefill can export a state from inside a chunk.
    package var checkpoint = StateSpec.Checkpoint.none
    /// Whether the first projections are one matrix whose rows per GPU are padded to a multiple of
    /// 16 (Kimi-K3's `in_proj_qkvgfab`).
    package var padsInputs = false

    package init(
        kind: String, units: Int, projections: [[Projection]], vectors: [WeightVector] = [],
        states: [RecurrentState], scanFLOPsPerToken: Int
    ) {
        self.kind = kind
        self.units = units
        self.projections = projections
        self.vectors = vectors
        self.states = states
        self.scanFLOPsPerToken = scanFLOPsPerToken
    }

    /// Elements of its weights outside the projections.
    package var otherWeights: Int { vectors.elements }

    /// Bytes of state per sequence without tensor parallelism.
    package var stateBytes: Int64 { state(tensorParallel: 1).bytes() }

    /// The state of one sequence on one of `tensorParallel` GPUs.
    package func state(tensorParallel: Int) -> StateSpec {
        let parts = states.map { state in
            StateSpec.Part(
                elements: state.elements(tensorParallel: tensorParallel),
                elementBytes: state.elementBytes,
                elementsPerDraft: max(1, state.units / tensorParallel)
                    * state.elementsPerUnitAndDraft,
                isRecurrence: state.isRecurrence)
        }
        return StateSpec(type: kind, parts: parts, checkpoint: checkpoint)
    }

    /// The same with `bytes` bytes per element of the recurrence's state.
    package func keeping(recurrenceBytes bytes: Int) -> RecurrentMixer {
        var copy = self
        for index in copy.states.indices where copy.states[index].isRecurrence {
            copy.states[index].elementBytes = bytes
        }
        return copy
    }
}

/// One tensor of a recurrent layer's state, and how tensor parallelism shards it.
package struct RecurrentState: Equatable, Hashable, Sendable {
    /// Units that are sharded (heads, channels, groups). A unit is replicated once there are more
    /// GPUs than units.
    package var units: Int
    /// Elements per unit.
    package var elementsPerUnit: Int
    /// Bytes per element.
    package var elementBytes: Int
    /// Whether it is the recurrence itself, whose type a flag may set, rather than a convolution's
    /// inputs.
    package var isRecurrence: Bool
    /// Elements per unit that each speculative token adds.
    package var elementsPerUnitAndDraft = 0

    package init(
        units: Int, elementsPerUnit: Int, elementBytes: Int = 2, isRecurrence: Bool = false
    ) {
        self.units = units
        self.elementsPerUnit = elementsPerUnit
        self.elementBytes = elementBytes
        self.isRecurrence = isRecurrence
    }

    /// The last inputs of a convolution of `length` over `channels` per unit. Each speculative
    /// token adds one.
    static func convolution(units: Int, channels: Int, length: Int) -> RecurrentState {
        var state = RecurrentState(units: units, elementsPerUnit: channels * (length - 1))
        state.elementsPerUnitAndDraft = channels
        return state
    }

    /// The recurrence itself.
    static func recurrence(units: Int, elements: Int, bytes: Int = 2) -> RecurrentState {
        RecurrentState(
            units: units, elementsPerUnit: elements, elementBytes: bytes, isRecurrence: true)
    }

    /// Elements on one of `tensorParallel` GPUs.
    package func elements(tensorParallel: Int) -> Int {
        max(1, units / tensorParallel) * elementsPerUnit
    }
}
