import Basics

/// How a model is spread over the GPUs of one replica, and the number formats it runs in.
package struct Deployment: Equatable, Sendable {
    /// GPUs that share each matrix (tensor_parallel_size).
    package var tensorParallel = 1
    /// Stages of whole layers (pipeline_parallel_size).
    package var pipelineParallel = 1
    /// Layers of each stage, if given (`VLLM_PP_LAYER_PARTITION`); nil: split equally.
    package var stageLayers: [Int]?
    /// GPUs that share the experts; 1: experts are sharded like other matrices. Above
    /// `tensorParallel`, it must be a multiple of it; attention then runs data-parallel over the
    /// groups.
    package var expertParallel = 1
    /// GPUs per node. Other nodes are reached over the network.
    package var gpusPerNode = 8
    /// Tensor-parallel groups of other replicas that come before this replica's first in its node.
    package var groupsBefore = 0
    package var weights = WeightFormat.bf16
    package var cache = CacheFormat.bf16
    /// Whether the server's own flag sets fp8 (`--kv-cache-dtype fp8`), which packs the latents of
    /// attention with an indexer. fp8 from the checkpoint packs nothing.
    package var packsLatents = false
    /// What drafts tokens beside the model, in its memory; nil: nothing.
    package var draft: Draft?

    package init(
        tensorParallel: Int = 1, weights: WeightFormat = .bf16, cache: CacheFormat = .bf16
    ) {
        self.tensorParallel = tensorParallel
        self.weights = weights
        self.cache = cache
    }

    /// GPUs of one replica.
    package var gpus: Int { max(tensorParallel, expertParallel) * pipelineParallel }

    /// Tensor-parallel groups per node. A group does not span nodes.
    package var groupsPerNode: Int { max(1, gpusPerNode / max(1, tensorParallel)) }

    /// How many of the `pipelineParallel` - 1 hops between stages cross from one node to the next.
    package var hopsBetweenNodes: Int { (groupsBefore + pipelineParallel - 1) / groupsPerNode }

    /// Why a tensor-parallel group does not fit in a node, which it must; nil if it does.
    package var nodeProblem: String? {
        guard tensorParallel > gpusPerNode else { return nil }
        return "a group of \(tensorParallel) GPUs does not fit a node of \(gpusPerNode)"
    }

    /// Checks that all ranks do the same work, so that simulating one is enough.
    ///
    /// - Throws: `InputError` at `engine.expert_parallel_size` for experts spread beyond a
    ///   tensor-parallel group: attention would then run on several data-parallel ranks.
    package func checkRanks() throws {
        guard expertParallel <= max(1, tensorParallel) else {
            throw InputError(
                "engine.expert_parallel_size",
                "\(expertParallel) exceeds tensor_parallel_size \(tensorParallel): attention would "
                    + "run on \(expertParallel / max(1, tensorParallel)) data-parallel ranks, of "
                    + "which only one is simulated",
                expected: "at most \(max(1, tensorParallel))")
        }
    }

    /// Checks that the model can be sharded this way.
    ///
    /// - Throws: `InputError` at the key, such as `engine.tensor_parallel_size`, with the sizes
    ///   that would work.
    package func check(_ model: TransformerModel) throws {
        let model = model.stored(as: weights)
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
        if let stageLayers {
            let count = model.layers.count { !$0.continues }
            let sum = stageLayers.reduce(0) { $0.addingReportingOverflow($1).partialValue }
            guard stageLayers.count == pipelineParallel, sum == count else {
                throw refuse(
                    "pp_layer_partition",
                    "has \(stageLayers.count) stages with \(sum) layers",
                    "\(pipelineParallel) stages with the model's \(count) layers")
            }
        }
        if let most = model.mostTensorParallel, tensorParallel > most {
            throw refuse(
                "tensor_parallel_size",
                "is \(tensorParallel), and the engine's class of \(model.name) takes at most "
                    + "\(most)", "at most \(most)")
        }
        let hasExperts = model.layers.contains {
            if case .experts = $0.feedForward { true } else { false }
        }
        guard expertParallel <= 1 || hasExperts else {
            throw refuse(
                "expert_parallel_size",
                "shares experts, and \(model.name.echoed()) has none: no server starts", "1")
        }
        for group in model.layerGroups {
            let units = group.layer.units(cutsExperts: expertParallel == 1)
            if let (what, units) = units.first(where: { $0.1 % tensorParallel != 0 }) {
                let divisors = [1, 2, 4, 8].filter { size in
                    model.layerGroups.allSatisfy { $0.layer.divides(by: size, self) }
                }.map(String.init)
                throw refuse(
                    "tensor_parallel_size",
                    "\(tensorParallel) does not divide the \(units) \(what) of \(model.name)",
                    "a divisor such as " + divisors.joined(separator: ", "))
            }
            try checkHeads(group.layer, model)
            try checkBlocks(group.layer, model)
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

extension Deployment {
    /// Refuses shards of a block-quantised matrix that do not consist of whole blocks, as vLLM does
    /// (`validate_fp8_block_shape`). Matrices fused into one may be split anywhere by columns
    /// (`_maybe_allow_fp8_block_shape_mismatch`).
    private func checkBlocks(_ layer: Layer, _ model: TransformerModel) throws {
        func check(_ size: Int, _ block: Int, _ what: String) throws {
            guard size % block != 0 else { return }
            throw InputError(
                "engine.tensor_parallel_size",
                "\(tensorParallel) GPUs get \(size) \(what) of \(model.name) each, and its fp8 "
                    + "weights have a scale per block of \(block)",
                expected: "whole blocks: a smaller size, or other model.weights")
        }
        var parts = layer.networkProjections(hidden: model.hiddenSize)
        if case .recurrent = layer.attention {
        } else {
            parts += layer.mixerProjections(hidden: model.hiddenSize)
        }
        for fused in parts {
            for matrix in fused {
                try checkGroups(matrix, model)
                guard case .block(let block)? = matrix.stored?.scales else { continue }
                let shape = matrix.shard(tensorParallel: tensorParallel)
                switch matrix.split {
                case .rows where tensorParallel > 1:
                    try check(shape.inputs, block.inputs, "inputs of \(matrix.name)")
                case .columns where tensorParallel > 1 && fused.count == 1:
                    try check(shape.outputs, block.outputs, "columns of \(matrix.name)")
                default: break
                }
            }
        }
        try checkExpertBlocks(layer, model)
    }

    /// Refuses shards of packed integers that do not consist of whole groups of inputs, as vLLM's
    /// kernels do.
    private func checkGroups(_ matrix: Projection, _ model: TransformerModel) throws {
        guard let group = matrix.stored?.wholeGroup else { return }
        let inputs = matrix.shard(tensorParallel: tensorParallel).inputs
        guard inputs % group != 0 else { return }
        guard matrix.inputs % group == 0 else {
            throw InputError(
                "model",
                "\(matrix.name) of \(model.name) has \(matrix.inputs) inputs, and its weights a "
                    + "scale per group of \(group)",
                expected: "whole groups, or other model.weights")
        }
        throw InputError(
            "engine.tensor_parallel_size",
            "\(tensorParallel) GPUs get \(inputs) inputs of \(matrix.name) of \(model.name) each, "
                + "and its weights have a scale per group of \(group)",
            expected: "whole groups: a smaller size, or other model.weights")
    }

    /// Refuses shards of an expert whose blocks would shrink below 32 columns, and groups of packed
    /// integers that the engine's class for experts does not cut. Blocks shrink until they divide
    /// the shard.
    private func checkExpertBlocks(_ layer: Layer, _ model: TransformerModel) throws {
        guard case .experts(let experts) = layer.feedForward, let format = layer.formats?.experts
        else { return }
        let share = experts.intermediate / max(1, tensorParallel / max(1, expertParallel))
        let width = experts.width(hidden: model.hiddenSize)
        func refuse(_ shapes: String, _ expected: String) -> InputError {
            InputError(
                "engine.tensor_parallel_size",
                "\(tensorParallel) GPUs get \(share) of the \(experts.intermediate) columns of an "
                    + "expert of \(model.name) each, and its \(shapes)",
                expected: expected + ", or other model.weights")
        }
        let whole = "a smaller size, engine.expert_parallel_size \(tensorParallel)"
        if format.forExperts(width: width, columns: share) == nil {
            if format.expertGroups == .never || share == experts.intermediate {
                throw InputError(
                    "model",
                    "vLLM 0.33.0 has no kernel for \(model.name)'s experts of \(width) inputs and "
                        + "\(share) columns in \(format.name)", expected: "other model.weights")
            }
            throw refuse(format.cutText, whole)
        }
        guard tensorParallel > expertParallel, case .block(let block) = format.scales,
            block.within(share).outputs < min(ScaleBlock.leastOfExperts, block.outputs)
        else { return }
        throw refuse("fp8 weights have a scale per block of \(block.outputs)", whole)
    }
}

extension Layer {
    /// Whether a tensor-parallel group of `size` GPUs divides the layer's units and KV heads.
    fileprivate func divides(by size: Int, _ deployment: Deployment) -> Bool {
        guard units(cutsExperts: deployment.expertParallel == 1).allSatisfy({ $0.1 % size == 0 })
        else { return false }
        guard case .heads(let heads) = attention else { return true }
        return max(heads.keyValueHeads, size) % min(heads.keyValueHeads, size) == 0
    }

    /// The counts that tensor parallelism must divide, with their names.
    fileprivate func units(cutsExperts: Bool) -> [(String, Int)] {
        var units: [(String, Int)] = []
        switch attention {
        case .heads(let heads): units.append(("attention heads", heads.queryHeads))
        case .latent(let latent): units.append(("attention heads", latent.queryHeads))
        case .none: break
        case .recurrent(let mixer):
            units.append(("\(mixer.kind) heads", mixer.units))
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
