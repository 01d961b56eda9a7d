import Basics
import Models

/// The phases of attention proper: launch, scores, softmax, values.
extension OperatorCosts {
    /// Attention time of the step in one layer, in seconds.
    private struct Times {
        /// Launch, and the cost per sequence whatever its length.
        var launch = 0.0
        /// Costs that grow with tokens, pairs and context.
        var streaming = 0.0
        /// Writing scores to memory and reading them back, in naive kernels.
        var scores = 0.0
        /// Expanding cached latents to keys and values again.
        var expansion = 0.0
        /// Whether streaming is bound by the cache's bytes.
        var isRead = true
    }

    /// Elements over all heads.
    private struct Widths {
        /// Multiplied per query-key pair.
        var keys: Double
        var values: Double
        var heads: Double
    }

    /// The phases of one layer's attention, in order.
    func attentionPhases(_ attention: Attention, _ share: StepShare) -> [Phase] {
        if attention == .none { return [] }
        let step = share.step
        let times = share.isDecode ? decodeTimes(attention, share) : prefillTimes(attention, step)
        if case .recurrent(let mixer) = attention {
            return [
                Phase(
                    name: "scan", flops: share.tokens * Double(mixer.scanFLOPsPerToken),
                    kvBytes: 2 * Double(step.batch) * Double(mixer.stateBytes),
                    seconds: times.streaming + times.launch,
                    bound: share.isDecode ? .memory : .compute)
            ]
        }
        let pairs = Double(step.batch) * step.attendedPairs(window: attention.window)
        let widths = widths(attention, isDecode: share.isDecode)
        // What each GPU holds, copies of heads and latents too, as a run counts it (`StepDemand`).
        let cached =
            Double(step.batch) * Double(step.keysRead(window: attention.window))
            * Double(attention.cacheBytesPerToken(deployment))
            * Double(deployment.tensorParallel)
        // Scores and values share the time and the cache reads in proportion to their widths.
        func part(_ name: String, _ width: Double) -> Phase {
            let part = width / (widths.keys + widths.values)
            return Phase(
                name: name, flops: 2 * pairs * width, kvBytes: part * cached,
                seconds: part * times.streaming + times.scores / 4,
                bound: times.isRead ? .memory : .compute)
        }
        let softmax = Phase(
            // Five FLOPs per score: maximum, difference, exponential, sum, quotient. Flash kernels
            // hide them behind the matrix products; naive ones read the scores and write them back.
            name: "softmax", flops: 5 * pairs * widths.heads, seconds: times.scores / 2,
            bound: times.scores > 0 ? .memory : .compute)
        return expansion(attention, step, times) + [
            Phase(name: "attn_launch", seconds: times.launch, bound: .latency),
            part("qk_scores", widths.keys), softmax, part("attn_v", widths.values),
        ]
    }

    private func expansion(_ attention: Attention, _ step: Step, _ times: Times) -> [Phase] {
        guard case .latent(let latent) = attention, times.expansion > 0 else { return [] }
        let past = Double(step.batch) * Double(step.context - step.tokens)
        let expanded = Double(latent.latentRank * (latent.keyDim + latent.valueDim))
        return [
            Phase(
                name: "kv_expand", flops: 2 * past * Double(latent.queryHeads) * expanded,
                seconds: times.expansion, bound: .compute)
        ]
    }

    private func widths(_ attention: Attention, isDecode: Bool) -> Widths {
        switch attention {
        case .recurrent, .none: return Widths(keys: 0, values: 0, heads: 0)
        case .heads(let heads):
            let queries = Double(heads.queryHeads)
            return Widths(
                keys: queries * Double(heads.headDim), values: queries * Double(heads.valueDim),
                heads: queries)
        case .latent(let latent):
            let heads = Double(latent.queryHeads)
            let (keys, values) = latent.scoreWidths(isDecode: isDecode)
            return Widths(
                keys: heads * Double(keys), values: heads * Double(values), heads: heads)
        }
    }

    /// Priced as in the tables: micro-batches share the sequences, and each pays for its launch.
    private func decodeTimes(_ attention: Attention, _ share: StepShare) -> Times {
        let cost = decode(attention)
        let sequences = Double(share.step.batch) / Double(share.lanes)
        var times = Times(launch: cost.fixed + sequences * cost.perSequence)
        let keys = Double(share.step.keysRead(window: pricedWindow(attention)))
        times.scores = sequences * keys * cost.perContextScores
        times.streaming = sequences * keys * cost.perContext - times.scores
        return times
    }

    private func prefillTimes(_ attention: Attention, _ step: Step) -> Times {
        let cost = prefill(attention)
        let window = pricedWindow(attention) ?? 0
        var load = StepLoad()
        let past = step.context - step.tokens
        load.addChunk(step.tokens, past: past, window: window)
        let pairs = window == 0 ? load.chunkPairs : load.chunkWindowedPairs
        let keys = window == 0 ? step.context : min(step.context, window)
        let batch = Double(step.batch)
        let computed = Double(pairs) * cost.perPair + Double(step.tokens) * cost.perToken
        let expansion = Double(past) * cost.perPast
        let read = Double(window == 0 ? past : min(past, window)) * cost.perRead
        return Times(
            launch: cost.fixed, streaming: batch * max(computed, read - expansion),
            scores: batch * Double(step.tokens) * Double(keys) * cost.perScore,
            expansion: batch * expansion, isRead: read - expansion > computed)
    }

    /// The window to which a run's sums are clipped for this layer. All windowed layers share one.
    private func pricedWindow(_ attention: Attention) -> Int? {
        attention.window == nil ? nil : model.window
    }
}

extension LatentAttention {
    /// Elements multiplied per query-key pair and head, for scores and for values. A decode over
    /// latents multiplies the latent itself (absorbed); prefill multiplies whole keys and values.
    func scoreWidths(isDecode: Bool) -> (keys: Int, values: Int) {
        isDecode && !cachesHeads ? (cachedElements, latentRank) : (wholeKeyDim, valueDim)
    }
}

extension StepBreakdown.Step {
    /// Query-key pairs of one sequence's new tokens. Each attends to itself and all tokens before
    /// it, or to the last `window` of them.
    func attendedPairs(window: Int?) -> Double {
        let (past, end) = (Double(context - tokens), Double(context))
        func upTo(_ position: Double) -> Double {
            let limit = min(position, window.map(Double.init) ?? position)
            return limit * (limit + 1) / 2 + (position - limit) * limit
        }
        return upTo(end) - upTo(past)
    }

    /// Distinct cached tokens that one sequence's new tokens attend to.
    func keysRead(window: Int?) -> Int {
        window.map { min(context, $0 + tokens - 1) } ?? context
    }
}
