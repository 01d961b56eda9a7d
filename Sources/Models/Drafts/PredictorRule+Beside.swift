import Basics

/// Weights of prediction layers outside their decoder layers (vLLM 0.33.0's MTP classes).
extension ConfigFields {
    /// DeepSeek-V4: streams are mixed before the head, module by module.
    func hyperHeads(_ modules: Int) throws -> (vectors: [WeightVector], streams: Int) {
        let streams = try size("hc_mult", default: 4, most: 64)
        let each = streams * streams * (try hiddenSize()) + streams + 1
        return ([WeightVector("hc_head", modules * each, isWide: true)], streams)
    }

    /// Qwen3.8-Flash-Next: a norm over all streams, and their mixing into one.
    func qwen4Mixer() throws -> (vectors: [WeightVector], streams: Int) {
        let streams = try size("hc_count", default: 4, most: 64)
        let wide = streams * (try hiddenSize())
        let rank = try size("hc_lowrank", default: 320)
        return ([WeightVector("hyper_connection_mixer", wide * (2 + 2 * rank))], streams)
    }

    /// Inkling: a norm over the state that passes on, and a second one over the embedding.
    func inklingNorms() throws -> (vectors: [WeightVector], streams: Int) {
        var count = 0
        if try outside.inside("mtp_config").flag("chain_hidden_post_norm", default: false) {
            count += 1
        }
        if try flag("use_embed_norm", default: false) { count += 1 }
        return ([WeightVector("norms", count * (try hiddenSize()))], 1)
    }
}
