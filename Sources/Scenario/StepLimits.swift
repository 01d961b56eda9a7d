import Basics
import Models
import StepTime

/// The limits of a step that the engine derives where they are not given.
extension Configuration.EngineSection {
    /// A GPU's limits, raised to the largest image or video of a model whose decoder reads each
    /// whole, since 0.22 (vLLM PR 43051; before it such a server did not start).
    func limits(
        _ defaults: BatchDefaults, _ model: TransformerModel, _ warnings: inout [String]
    ) -> BatchDefaults {
        let largest = model.tower?.largestItem ?? 0
        guard version.minor >= 22, maxNumBatchedTokens == nil, largest > defaults.tokens else {
            return defaults
        }
        warnings.append(
            "engine.max_num_batched_tokens is \(Quantity.count(largest)) in place of the GPU's "
                + "\(Quantity.count(defaults.tokens)): \(model.name) reads an image or video whole")
        var limits = defaults
        limits.tokens = largest
        return limits
    }

    /// A note on a key that takes lengths beyond the model's: what it was needed for, or not.
    func longContextNote(_ model: TransformerModel) -> String? {
        guard allowsLongMaxModelLen else { return nil }
        guard let asked = maxModelLen, asked > model.contextLimit else {
            return "engine.allow_long_max_model_len has no effect: no length is beyond the model's"
        }
        return "engine.max_model_len is \(Quantity.count(asked)), beyond the "
            + "\(Quantity.count(model.contextLimit)) of \(model.name): memory and times are right, "
            + "its answers may not be"
    }

    /// Derives limits as vLLM does, and rejects what it rejects
    /// (`EngineArgs._set_default_max_num_seqs_and_batched_tokens_args`).
    mutating func deriveLimits(_ defaults: BatchDefaults) throws {
        let longest = maxModelLen!
        // A step holds at most every sequence at its longest.
        let most = (maxNumSeqs ?? defaults.sequences).multipliedReportingOverflow(by: longest)
        let tokens =
            maxNumBatchedTokens
            ?? min(
                max(defaults.tokens, enableChunkedPrefill ? 0 : longest),
                most.overflow ? .max : most.partialValue)
        let sequences = maxNumSeqs ?? min(defaults.sequences, tokens)
        maxNumBatchedTokens = tokens
        maxNumSeqs = sequences
        guard tokens >= sequences else {
            throw InputError(
                "engine.max_num_batched_tokens",
                "\(tokens) tokens a step cannot serve max_num_seqs = \(sequences) sequences",
                expected: "at least \(sequences)")
        }
        guard enableChunkedPrefill || tokens >= longest else {
            throw InputError(
                "engine.max_num_batched_tokens",
                "\(tokens) is less than max_model_len = \(longest) and prompts are not chunked",
                expected: "at least \(longest), or engine.enable_chunked_prefill true")
        }
        if let active = maxNumActiveSeqs, active > sequences {
            throw InputError(
                "engine.max_num_active_seqs", "\(active) exceeds max_num_seqs = \(sequences)",
                expected: "at most \(sequences)")
        }
        if let scheduled = maxNumScheduledTokens, scheduled > tokens {
            throw InputError(
                "engine.max_num_scheduled_tokens",
                "\(scheduled) exceeds max_num_batched_tokens = \(tokens)",
                expected: "at most \(tokens)")
        }
    }
}
