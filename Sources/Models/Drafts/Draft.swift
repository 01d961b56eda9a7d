import Basics

/// The draft of vLLM's speculative decoding, as far as the server's memory is concerned.
///
/// Its layers have caches in the model's pool and weights on the last pipeline stage. Acceptance
/// and the time to draft are not modelled.
package struct Draft: Equatable, Sendable {
    /// How tokens are drafted, in the engine's words.
    package enum Method: String, Sendable, CaseIterable {
        /// The prediction layers of the model's own checkpoint.
        case mtp
        /// A one-layer head over the model's last hidden state (EAGLE).
        case eagle
        /// A head over three hidden states, with an output head of its own (EAGLE-3).
        case eagle3
        /// A smaller model.
        case draftModel = "draft_model"
        /// The request's own text.
        case ngram

        /// Whether the engine marks the groups of its layers: their prefix hits follow other rules.
        package var marksGroups: Bool { [.mtp, .eagle, .eagle3].contains(self) }

        /// Whether it reads a checkpoint of its own.
        package var needsModel: Bool { [.eagle, .eagle3, .draftModel].contains(self) }

        /// Tokens for which a request gets slots beyond those of a step (SEMANTICS-spec 1).
        package func lookahead(_ tokens: Int) -> Int { self == .ngram ? 0 : tokens }
    }

    package var method: Method
    /// Tokens drafted per request and step (num_speculative_tokens).
    package var tokens: Int
    /// The layers that draft and the weights outside of them; nil: nothing is computed.
    package var model: TransformerModel?
    /// The format of their weights; nil: the model's, whose checkpoint contains them.
    package var weights: WeightFormat?
    /// Whether it uses the model's embedding, if that is on the same GPU.
    package var sharesEmbedding = true
    /// Rows of an output head of its own; 0: the model's is used.
    package var headRows = 0
    /// Elements per token of the further hidden states that it reads (EAGLE-3).
    package var auxiliaryWidth = 0
    /// Hidden states per token that pass from step to step (DeepSeek-V4's streams).
    var streams = 1
    /// Whether the logits of all drafts are kept, in float32 (draft_sample_method probabilistic).
    package var keepsLogits = false

    package init(_ method: Method, tokens: Int, model: TransformerModel? = nil) {
        self.method = method
        self.tokens = tokens
        self.model = model
    }

    /// Method and amount, for notes: "mtp, 2 tokens a step".
    package var words: String {
        "\(method.rawValue), \(Quantity.counted(tokens, "token")) a step"
    }

    /// Drafts by the prediction layers of a model's own checkpoint.
    ///
    /// - Throws: `InputError` at `engine.spec_method` for a model without any, and at
    ///   `engine.spec_tokens` for a number that several modules do not divide.
    package static func ownLayers(of model: TransformerModel, tokens: Int) throws -> Draft {
        guard let predictor = model.predictor else {
            if let unread = model.unreadPredictor { throw unread }
            throw InputError(
                "engine.spec_method",
                "is mtp, and \(model.name) has no prediction layers that vLLM 0.33.0 loads",
                expected: "eagle, eagle3, draft_model or ngram, or none")
        }
        let modules = predictor.modules
        let built = predictor.built(for: tokens)
        guard tokens <= modules || tokens % modules == 0 else {
            throw InputError(
                "engine.spec_tokens",
                "is \(tokens), and \(model.name) has \(modules) prediction layers",
                expected: "at most \(modules), or a multiple of it")
        }
        var own = model
        own.layers = built.layers
        own.outerMatrices = built.matrices
        own.outerTables = []
        own.outerVectors = built.vectors
        own.finalNormWeights = built.normWeights
        own.learnedPositions = 0
        own.tower = nil
        own.predictor = nil
        own.checkpointBytes = nil
        var draft = Draft(.mtp, tokens: tokens, model: own)
        draft.streams = predictor.streams
        return draft
    }
}

extension Draft {
    /// The deployment of its layers on the served model's last stage: sharded like the model.
    func deployment(beside served: Deployment) -> Deployment {
        var own = Deployment(
            tensorParallel: served.tensorParallel, weights: weights ?? served.weights,
            cache: served.cache)
        own.packsLatents = served.packsLatents
        own.expertParallel = served.expertParallel
        own.gpusPerNode = served.gpusPerNode
        return own
    }

    /// The caches of its layers on one GPU.
    package func caches(beside served: Deployment) -> [[CacheSpec]] {
        guard let model else { return [] }
        return model.caches(deployment(beside: served)).map { layer in
            layer.map {
                var spec = $0
                spec.isDraft = true
                return spec
            }
        }
    }

    /// Bytes of its weights on one GPU of the last pipeline stage, as loaded.
    ///
    /// The embedding is shared on one stage; with several, the model's is on another GPU and the
    /// draft has its own (vLLM 0.33.0's model runner V2). A draft model shares nothing.
    package func weightBytes(beside served: Deployment) -> Int64 {
        guard let model else { return 0 }
        let own = deployment(beside: served)
        if method == .draftModel { return model.weightBytesPerGPU(own) }
        var body = model
        body.vocabularyRows = 0
        body.tiesEmbeddings = true
        body.checkpointBytes = nil
        var sum = body.weightBytesPerGPU(own)
        let width = model.embeddingWidth
        func rows(_ count: Int) -> Int { count.dividedUp(by: own.tensorParallel) }
        if !sharesEmbedding || served.pipelineParallel > 1 {
            sum += 2 * Int64(rows(model.vocabularyRows)) * Int64(width)
        }
        if headRows > 0 {
            let head = model.quantization?.format(of: "lm_head", .head) ?? .plain
            sum += head.bytes(inputs: width, outputs: rows(headRows))
        }
        return sum
    }

    /// Bytes that stay allocated for drafting on one GPU, besides weights and cache: the hidden
    /// states of a step, and the drafts' logits if they are kept.
    func bufferBytes(tokens: Int, sequences: Int) -> Int64 {
        guard let model else { return 0 }
        let width = method == .draftModel ? 0 : streams * model.hiddenSize
        let states = 2 * Int64(tokens) * Int64(width)
        guard keepsLogits else { return states }
        return states
            + 4 * Int64(sequences) * Int64(self.tokens) * Int64(model.vocabularySize)
    }
}

extension TransformerModel {
    /// The caches of the served model and its draft, by layer. The draft's come last, as the engine
    /// creates them.
    package func poolCaches(_ deployment: Deployment) -> [[CacheSpec]] {
        caches(deployment) + (deployment.draft?.caches(beside: deployment) ?? [])
    }
}
