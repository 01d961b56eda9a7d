import Basics

/// IQuest-Coder's loop: every layer runs `loop_num` times with the same weights. From the second
/// time on, a gate mixes each head's output over the first time's keys and values with its output
/// over its own, of which only a window is kept (vLLM 0.33.0's class).
extension Families {
    static let iquestLoop = Family().with {
        $0.heads.width = []
        $0.windows.isIgnored = true
        $0.finish = { fields, model in
            let rounds = try fields.size("loop_num", default: 2, most: 16)
            let window = try fields.size("loop_window_size", default: 64, most: 1 << 30)
            let first = model.layers
            for round in 1..<max(2, rounds) where rounds > 1 {
                model.layers += try first.flatMap { layer in
                    try again(fields, layer, window: window, isFirst: round == 1)
                }
            }
        }
    }

    /// A further pass through a layer: its own keys within a window, then the first pass's.
    private static func again(
        _ fields: ConfigFields, _ layer: Layer, window: Int, isFirst: Bool
    ) throws -> [Layer] {
        guard case .heads(var heads) = layer.attention else { return [] }
        var near = layer
        near.setReach(.sliding(window: window))
        near.sharesWeights = true
        heads.readsEarlierCache = true
        heads.ownProjections = []
        var far = Layer(attention: .heads(heads), feedForward: .none, normWeights: 0)
        // One gate per layer, shared by all passes after the first.
        let gate = Projection(
            "gate_proj", heads.headDim, heads.queryHeads, .columns(units: heads.queryHeads),
            hasBias: true)
        far.others = [[gate]]
        far.sharesWeights = !isFirst
        far.continues = true
        return [near, far]
    }
}
