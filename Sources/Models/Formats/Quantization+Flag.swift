extension Quantization {
    /// Whether the server's `--quantization` may name a checkpoint of this format by this word.
    ///
    /// vLLM 0.33.0 compares the word with the checkpoint's method and starts with no other. It
    /// takes several words for GPTQ, AWQ and AutoRound, and any of ModelOpt's for all of
    /// ModelOpt's, as each checkpoint tells its own algorithm.
    package func isNamed(by word: String) -> Bool {
        let word = word.lowercased().replacing("_", with: "-")
        let names = Self.flagWords[method] ?? [method]
        return names.contains { $0.replacing("_", with: "-") == word }
    }

    private static let flagWords: [String: [String]] = {
        let awq = ["awq", "awq_marlin", "auto_awq", "marlin", "moe_wna16"]
        let modelOpt = ["modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed"]
        let named = [
            "auto_awq": awq, "awq_marlin": awq,
            "auto_gptq": ["gptq", "gptq_marlin", "auto_gptq", "marlin", "moe_wna16"],
            "inc": ["inc", "auto-round"], "gpt_oss_mxfp4": ["gpt_oss_mxfp4", "mxfp4"],
            "deepseek_v4_fp8": ["deepseek_v4_fp8", "fp8"],
        ]
        return named.merging(modelOpt.map { ($0, modelOpt) }) { first, _ in first }
    }()
}
