import Basics
import Models

extension Explanation {
    /// Remarks on where the step exceeds what the model, the memory, the engine or the measurements
    /// allow.
    func notes(_ options: ClockOptions, _ shard: KVCacheLayout) -> [String] {
        let step = breakdown.step
        var notes: [String] = []
        let length = "a context of \(Quantity.count(step.context)) tokens"
        if let note = lengthNote(step.context, length) { notes.append(note) }
        if gpu != .h100 { notes.append(GPU.memoryNote) }
        if let doesNotFit {
            notes.append(doesNotFit)
        } else if let sequencesThatFit, sequencesThatFit < step.batch {
            notes.append(
                "\(Quantity.count(step.batch)) sequences of \(Quantity.count(step.context)) tokens "
                    + "do not fit: the KV cache holds \(Quantity.count(sequencesThatFit))")
        }
        if options.attentionKernel == .naive, let naiveScoreBytes, !naiveScoresFit {
            notes.append(
                "naive attention's scores do not fit: one layer's take "
                    + "\(Int(naiveScoreBytes / 1e6)) MB on each GPU")
        }
        let most = gpu.serverDefaults
        if options.usesCache, step.batch * step.tokens > most.tokens {
            let (all, limit) = (step.batch * step.tokens, most.tokens)
            notes.append(
                "\(Quantity.count(all)) new tokens are more than one step of a server takes: "
                    + "max_num_batched_tokens is \(Quantity.count(limit)) by default")
        } else if step.batch > most.sequences {
            notes.append(
                "\(Quantity.count(step.batch)) sequences are more than one step of a server takes: "
                    + "max_num_seqs is \(Quantity.count(most.sequences)) by default")
        }
        notes += provenance.warnings(
            tokens: step.batch * step.tokens, context: step.context,
            decodes: step.tokens == 1 ? step.batch : 0)
        notes += options.host.warnings(
            requests: step.batch, tokens: step.batch * step.tokens, context: step.context)
        notes += model.unmeasuredNotes
        if let note = draftNote { notes.append(note) }
        let above = aboveTheRoof
        if !above.isEmpty {
            notes.append(
                "the price of \(above.joined(separator: ", ")) is extrapolated: above the "
                    + "roofline, less time than the GPU's peaks allow")
        }
        return notes
    }

    /// Remarks on requests of `input` and `output` tokens, `count` at a time: the model's limit,
    /// the memory, and the measurements.
    package func notes(
        onRequests count: Int, input: Int, output: Int, _ options: ClockOptions
    ) -> [String] {
        let length = input + output
        let words =
            "\(Quantity.count(input)) + \(Quantity.counted(output, "token"))"
        var notes: [String] = []
        if let note = lengthNote(length, "a request of \(words)") { notes.append(note) }
        if let budget {
            let most = max(gpu.serverDefaults.sequences, count)
            let fitting = budget.sequences(context: length, most: most)
            if fitting < count {
                notes.append(
                    "\(Quantity.counted(count, "request")) of \(words) "
                        + "\(count == 1 ? "does" : "do") not fit: the KV cache holds "
                        + Quantity.count(fitting))
            }
        }
        if count > gpu.serverDefaults.sequences {
            notes.append(
                "\(Quantity.count(count)) sequences are more than one step of a server takes: "
                    + "max_num_seqs is \(Quantity.count(gpu.serverDefaults.sequences)) by default")
        }
        let tokens = min(input, gpu.serverDefaults.tokens)
        notes += provenance.warnings(tokens: tokens, context: length, decodes: count)
        notes += options.host.warnings(requests: count, tokens: tokens, context: length)
        return notes
    }

    /// What to say of a length beyond what the model was trained for, or beyond what a server takes
    /// of it by default.
    private func lengthNote(_ tokens: Int, _ subject: String) -> String? {
        if tokens > model.contextLimit {
            return "\(subject) is longer than the limit of \(model.name), "
                + Quantity.counted(model.contextLimit, "token")
        }
        guard tokens > model.maxContext else { return nil }
        return "\(subject) is longer than a server takes of \(model.name) by default, "
            + "\(Quantity.counted(model.maxContext, "token")): headway run rejects it unless "
            + "engine.max_model_len allows it"
    }

    /// The memory that drafts take, or that the checkpoint has layers that could draft.
    private var draftNote: String? {
        if let draft = deployment.draft {
            let bytes = draft.weightBytes(beside: deployment)
            let rows = draft.caches(beside: deployment).joined().reduce(0) { $0 + $1.rowBytes }
            return "drafts by \(draft.words), take "
                + "\(Quantity.bytes(Double(bytes))) of weights and "
                + "\(Quantity.count(Int(rows))) bytes a token on each GPU; the step "
                + "is that of a server without drafts"
        }
        guard let predictor = model.predictor else { return nil }
        let size = Double(predictor.parameters(hidden: model.hiddenSize))
        return "the checkpoint has \(predictor.modules) prediction "
            + (predictor.modules == 1 ? "layer" : "layers")
            + " (MTP) of \(Quantity.decimal(size / 1e9, 2)) B parameters, which a server loads "
            + "with --spec-method mtp only"
    }

    /// Phases priced below the time that the GPUs' peak rates need: a limit of the cost model.
    private var aboveTheRoof: [String] {
        let gpus = Double(deployment.gpus)
        return breakdown.phases.filter { phase in
            guard phase.seconds > 0 else { return false }
            let rate = 1.001 * phase.seconds * gpus
            return phase.flops > rate * peak(phase)
                || phase.weightBytes + phase.kvBytes > rate * gpu.memoryBandwidth
        }.map(\.name)
    }

    /// Peak rate of the tensor cores that a phase runs on. Only quantised weights use fp8's.
    private func peak(_ phase: StepBreakdown.Phase) -> Double {
        let is16Bit = ["qk_scores", "attn_v", "kv_expand", "router", "lm_head"].contains(phase.name)
        return is16Bit ? gpu.bf16FLOPS : gpu.peak(deployment.weights)
    }
}

extension Attention {
    /// Query heads; 0 for mixers without attention.
    var queryHeads: Int {
        switch self {
        case .heads(let heads): heads.queryHeads
        case .latent(let latent): latent.queryHeads
        case .recurrent, .none: 0
        }
    }

    /// Elements multiplied per query-key pair, over all heads, for scores and values together.
    func pairWidth(isDecode: Bool) -> Double {
        switch self {
        case .heads(let heads): return Double(heads.queryHeads * (heads.headDim + heads.valueDim))
        case .latent(let latent):
            let widths = latent.scoreWidths(isDecode: isDecode)
            return Double(latent.queryHeads * (widths.keys + widths.values))
        case .recurrent, .none: return 0
        }
    }
}

extension TransformerModel {
    /// Context at which a token's attention takes as many FLOPs as its feed-forward parts; nil if
    /// it never does. Windowed layers stop growing at their window.
    func crossoverContext(isDecode: Bool) -> Int? {
        var feedForward = 0.0
        // FLOPs per token and key, with each layer's window. Layers without a window sort last.
        var slopes: [(limit: Double, flops: Double)] = []
        for group in layerGroups {
            let layer = group.layer
            var flops = 0.0
            for matrix in layer.feedForward.projections(hidden: hiddenSize).joined() {
                flops += 2 * Double(matrix.parameters)
            }
            if case .experts(let experts) = layer.feedForward {
                let each = experts.weightsPerExpert(hidden: hiddenSize)
                flops += 2 * Double(experts.chosen) * Double(each)
            }
            feedForward += Double(group.count) * flops
            let limit = layer.attention.window.map(Double.init) ?? .infinity
            let width = layer.attention.pairWidth(isDecode: isDecode)
            slopes.append((limit, 2 * Double(group.count) * width))
        }
        guard feedForward > 0 else { return nil }
        slopes.sort { $0.limit < $1.limit }
        var growing = slopes.reduce(0) { $0 + $1.flops }
        var constant = 0.0
        for slope in slopes where growing > 0 {
            let context = (feedForward - constant) / growing
            if context <= slope.limit { return Int(context.rounded(.up)) }
            constant += slope.flops * slope.limit
            growing -= slope.flops
        }
        return nil
    }

    /// Query-key pairs for generating `context` tokens when each token recomputes everything, over
    /// those with a cache. Layers are weighted by their widths.
    func attentionWithoutCache(context: Int) -> Double {
        let n = Double(context)
        var (again, once) = (0.0, 0.0)
        for group in layerGroups {
            let width = Double(group.count) * group.layer.attention.pairWidth(isDecode: false)
            let w = min(n, group.layer.attention.window.map(Double.init) ?? n)
            // Σ min(j, w) for j = 1 ... n, and the sum of such sums for 1 ... n.
            let beyond = n - w
            once += width * (w * (w + 1) / 2 + beyond * w)
            again +=
                width
                * (w * (w + 1) * (w + 2) / 6 + beyond * w * (w + 1) / 2
                    + w * beyond * (beyond + 1) / 2)
        }
        return once > 0 ? again / once : 1
    }
}
