import Basics

/// How a model is laid over the GPUs of one replica, and the formats it runs in.
public struct Deployment: Equatable, Sendable {
    /// GPUs that share each matrix (tensor_parallel_size).
    public var tensorParallel = 1
    /// Stages of whole layers (pipeline_parallel_size).
    public var pipelineParallel = 1
    /// GPUs that share the experts; 1: experts are cut like other matrices. A multiple of
    /// `tensorParallel` beyond it means data-parallel attention over the rest.
    public var expertParallel = 1
    public var weights = WeightFormat.bf16
    public var cache = CacheFormat.bf16

    public init(
        tensorParallel: Int = 1, weights: WeightFormat = .bf16, cache: CacheFormat = .bf16
    ) {
        self.tensorParallel = tensorParallel
        self.weights = weights
        self.cache = cache
    }

    /// GPUs of one replica.
    public var gpus: Int { max(tensorParallel, expertParallel) * pipelineParallel }

    /// Checks that the model can be cut this way.
    ///
    /// - Throws: `InputError` at `engine.tensor_parallel_size` and its like, with the divisors
    ///   that would do.
    public func check(_ model: TransformerModel) throws {
        func refuse(_ key: String, _ problem: String, _ expected: String) -> InputError {
            InputError("engine." + key, problem, expected: expected)
        }
        guard tensorParallel >= 1 else {
            throw refuse("tensor_parallel_size", "is \(tensorParallel)", "1, 2, 4 or 8")
        }
        guard (1...model.layers.count).contains(pipelineParallel) else {
            throw refuse(
                "pipeline_parallel_size", "is \(pipelineParallel)",
                "1 to the model's \(model.layers.count) layers")
        }
        for group in model.layerGroups {
            let units = group.layer.units(cutsExperts: expertParallel == 1)
            if let (what, units) = units.first(where: { $0.1 % tensorParallel != 0 }) {
                let divisors = [1, 2, 4, 8].filter { units % $0 == 0 }.map(String.init)
                throw refuse(
                    "tensor_parallel_size",
                    "\(tensorParallel) does not divide the \(units) \(what) of \(model.name)",
                    "a divisor such as " + divisors.joined(separator: ", "))
            }
            try checkHeads(group.layer, model)
            let (more, fewer) = (
                max(expertParallel, tensorParallel), min(expertParallel, tensorParallel)
            )
            guard fewer >= 1, more % fewer == 0, expertParallel <= 64 else {
                throw refuse(
                    "expert_parallel_size",
                    "is \(expertParallel) with tensor_parallel_size \(tensorParallel)",
                    "1 to 64, a divisor or a multiple of it")
            }
            if case .experts(let experts) = group.layer.feedForward,
                expertParallel < 1 || experts.count % expertParallel != 0
            {
                throw refuse(
                    "expert_parallel_size",
                    "\(expertParallel) does not divide the \(experts.count) experts of "
                        + model.name, "a divisor of \(experts.count)")
            }
        }
    }

    private func checkHeads(_ layer: Layer, _ model: TransformerModel) throws {
        guard case .heads(let heads) = layer.attention else { return }
        let (more, fewer) = (
            max(heads.keyValueHeads, tensorParallel), min(heads.keyValueHeads, tensorParallel)
        )
        guard more % fewer == 0 else {
            throw InputError(
                "engine.tensor_parallel_size",
                "\(tensorParallel) neither divides nor is a multiple of the "
                    + "\(heads.keyValueHeads) KV heads of \(model.name)",
                expected: "a divisor or a multiple")
        }
    }
}

extension Layer {
    /// What tensor parallelism must divide, with its name.
    fileprivate func units(cutsExperts: Bool) -> [(String, Int)] {
        var units: [(String, Int)] = []
        switch attention {
        case .heads(let heads): units.append(("attention heads", heads.queryHeads))
        case .latent(let latent): units.append(("attention heads", latent.queryHeads))
        case .recurrent(let mixer):
            for case .columns(let count) in mixer.projections.joined().map(\.split) {
                units.append(("\(mixer.kind) channels", count))
            }
        }
        switch feedForward {
        case .dense(let dense): units.append(("FFN columns", dense.intermediate))
        case .experts(let experts) where cutsExperts:
            units.append(("expert columns", experts.intermediate))
        case .experts, .none: break
        }
        return units
    }
}
