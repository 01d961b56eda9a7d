import Basics
import Models

extension Configuration {
    /// The server's draft; nil: there is none.
    ///
    /// - Throws: `InputError` at the key, for what vLLM 0.33.0 refuses (a method without its
    ///   model, no number of tokens, another vocabulary) and for heads that are not read.
    package func draft(of served: TransformerModel) throws -> Draft? {
        guard engine.specMethod != nil || engine.specModel != nil || engine.specTokens != nil
        else { return nil }
        let method = try draftMethod(for: served)
        guard let tokens = engine.specTokens else {
            throw InputError(
                "engine.spec_tokens", "is missing beside a method that drafts",
                expected: "the number of tokens drafted in a step, such as 3")
        }
        guard (1...1024).contains(tokens) else {
            throw InputError(
                "engine.spec_tokens", "is \(tokens)", expected: "an integer, 1 to 1024")
        }
        var draft: Draft
        switch method {
        case .ngram: draft = Draft(.ngram, tokens: tokens)
        case .mtp: draft = try ownLayers(of: served, tokens)
        case .eagle, .eagle3:
            draft = try .head(method, tokens: tokens, path: draftPath(method), served: served)
        case .draftModel: draft = try smallerModel(than: served, tokens)
        }
        draft.keepsLogits = engine.draftSampleMethod == .probabilistic
        return draft
    }

    /// The given method, or the one that the engine infers from the draft's name.
    private func draftMethod(for served: TransformerModel) throws -> Draft.Method {
        if let method = engine.specMethod { return method }
        // A checkpoint's own prediction layers, where its name is given twice.
        if engine.specModel == model.name, served.predictor != nil { return .mtp }
        guard let name = engine.specModel?.lowercased() else {
            throw InputError(
                "engine.spec_method", "is missing beside the number of tokens",
                expected: "mtp, eagle, eagle3, draft_model or ngram")
        }
        if ["ngram", "[ngram]"].contains(name) { return .ngram }
        if name.contains("eagle-") { return .eagle }
        return name.contains("eagle3") ? .eagle3 : .draftModel
    }

    private func draftPath(_ method: Draft.Method) throws -> String {
        guard let path = engine.specModel else {
            throw InputError(
                "engine.spec_model",
                "is missing: \(method.rawValue) drafts with a checkpoint of its own",
                expected: "the path of its config.json or of its folder")
        }
        return path
    }

    private func ownLayers(of served: TransformerModel, _ tokens: Int) throws -> Draft {
        if let other = engine.specModel, other != model.name {
            throw InputError(
                "engine.spec_model",
                "is \"\(other.echoed())\", and mtp drafts with the layers of \(served.name)",
                expected: "no such key")
        }
        return try .ownLayers(of: served, tokens: tokens)
    }

    private func smallerModel(than served: TransformerModel, _ tokens: Int) throws -> Draft {
        let path = try draftPath(.draftModel)
        let smaller: TransformerModel
        do {
            smaller = try Catalogue.model(named: path)
        } catch let error as InputError where error.place == "model.name" {
            throw InputError(
                "engine.spec_model", error.problem, expected: error.expected,
                suggestion: error.suggestion)
        }
        guard smaller.vocabularySize == served.vocabularySize else {
            throw InputError(
                "engine.spec_model",
                "\(smaller.name) has a vocabulary of \(smaller.vocabularySize), and "
                    + "\(served.name) of \(served.vocabularySize): the engine does not start",
                expected: "a draft model of the same vocabulary")
        }
        var draft = Draft(.draftModel, tokens: tokens, model: smaller)
        draft.weights = try smaller.weights(nil)
        return draft
    }

    /// Applies the draft to the server: a draft model with a shorter context limits the server's.
    /// Warns of what is not simulated.
    mutating func follow(_ draft: Draft?, _ warnings: inout [String]) {
        guard let draft else { return }
        warnings.append(
            "drafts by \(draft.words), count in the memory only: a step decodes one token a "
                + "request, at the price and with the prefix hits of a server without drafts")
        if let smaller = draft.model, draft.method == .draftModel,
            let own = engine.maxModelLen, smaller.maxContext < own
        {
            engine.maxModelLen = smaller.maxContext
            warnings.append(
                "engine.max_model_len is \(smaller.maxContext) in place of \(own): the context of "
                    + "the draft model, \(smaller.name)")
        }
    }
}

extension Configuration.EngineSection {
    /// Refuses a step limit of no more tokens than are drafted, as the engine does.
    func checkDrafts(_ draft: Draft) throws {
        let lookahead = draft.method.lookahead(draft.tokens)
        guard let tokens = maxNumBatchedTokens, tokens <= lookahead else { return }
        throw InputError(
            "engine.max_num_batched_tokens",
            "is \(tokens), and each request looks ahead by \(lookahead) drafted tokens: the "
                + "engine does not start",
            expected: "at least \(lookahead + 1)")
    }
}
