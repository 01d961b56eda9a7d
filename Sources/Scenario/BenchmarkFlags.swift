/// The flags of vLLM 0.33's `vllm bench serve`, grouped by their effect on a simulation
/// (`add_cli_args` of `vllm/benchmarks/serve.py`, `add_dataset_parser` of its datasets).
enum BenchmarkFlags {
    /// Every flag, dashes included.
    private static let all = Set(
        unusedValues.union(unusedSwitches).union(unusedLists).union(otherSwitches)
            .union(keys.keys).union(refused.keys)
            .union(["ignore-eos", "self-timed", "no-self-timed", "goodput"]).map { "--" + $0 })

    /// The name, without dashes, of the flag that a word gives whole or cut short; nil: none.
    /// Throws `InputError` for the beginning of several.
    static func name(_ word: String) throws -> String? {
        if all.contains(word) { return String(word.dropFirst(2)) }
        let flags = ShortFlag.whole(word, among: all)
        guard flags.count < 2 else {
            throw ShortFlag.ambiguous(word, flags, place: "--bench")
        }
        return flags.first.map { String($0.dropFirst(2)) }
    }

    /// Flags with a value that become keys. A flag that maps directly to a key names it.
    static let keys: [String: String?] = [
        "request-rate": nil, "max-concurrency": nil, "burstiness": "trace.burstiness",
        "num-prompts": nil, "random-input-len": nil, "random-output-len": nil,
        "input-len": nil, "output-len": nil, "random-range-ratio": nil,
        "random-prefix-len": nil, "ramp-up-strategy": "trace.ramp_up_strategy",
        "ramp-up-start-rps": "trace.ramp_up_start_rps",
        "ramp-up-end-rps": "trace.ramp_up_end_rps", "seed": nil, "dataset-name": nil,
        "dataset-path": nil, "model": nil, "served-model-name": nil,
        "num-warmups": nil, "probe-request-rate": nil,
        "prefix-repetition-prefix-len": nil, "prefix-repetition-suffix-len": nil,
        "prefix-repetition-num-prefixes": nil, "prefix-repetition-output-len": nil,
        "timed-trace-chunk-hash-size": nil, "timed-trace-sec-multiplier": nil, "backend": nil,
    ]
    /// Flags that the benchmark parses as integers (argparse's `int`), so that 1e2 is refused.
    static let integers: Set<String> = [
        "max-concurrency", "num-prompts", "random-input-len", "random-output-len", "input-len",
        "output-len", "random-prefix-len", "seed", "num-warmups", "prefix-repetition-prefix-len",
        "prefix-repetition-suffix-len", "prefix-repetition-num-prefixes",
        "prefix-repetition-output-len", "timed-trace-chunk-hash-size",
    ]
    /// Unused flags with a value: where the server is, what is sampled, what is written.
    static let unusedValues: Set<String> = [
        "label", "base-url", "host", "port", "endpoint", "tokenizer", "tokenizer-mode",
        "logprobs", "result-dir", "result-filename", "percentile-metrics",
        "metric-percentiles", "request-id-prefix", "top-p", "top-k", "min-p", "temperature",
        "frequency-penalty", "presence-penalty", "repetition-penalty", "ready-check-timeout-sec",
        "chat-template-kwargs", "extra-body", "timeline-itl-thresholds", "random-batch-size",
        "lora-assignment",
    ]
    /// Unused flags without a value.
    static let unusedSwitches: Set<String> = [
        "disable-tqdm", "save-result", "save-detailed", "append-result", "profile",
        "trust-remote-code", "insecure", "disable-shuffle", "no-oversample", "no-stream",
        "skip-chat-template", "skip-tokenizer-init", "plot-timeline", "plot-dataset-stats",
        "no-reranker",
    ]
    /// Unused flags with any number of values.
    static let unusedLists: Set<String> = ["header", "metadata"]

    /// Prefixes of options for datasets that are not supported; without such a dataset they have no
    /// effect.
    static let otherDatasets = [
        "custom-", "spec-bench-", "sonnet-", "sharegpt-", "blazedit-", "hf-", "speed-bench-",
        "asr-", "bfcl-", "random-mm-",
    ]
    /// Such options without a value.
    static let otherSwitches: Set<String> = [
        "custom-ensure-client-side-data", "enable-multimodal-chat",
    ]

    /// Flags that change the load in a way that is not simulated, and why.
    static let refused: [String: String] = [
        "use-beam-search": "keeps several answers a request, which are not simulated",
        "help": "prints the benchmark's help and sends nothing",
        "lora-modules": "serves adapters, which are not simulated",
        "timed-trace-label-timestamp": "renames a key of the trace: trace.columns says such names",
        "timed-trace-label-input-length":
            "renames a key of the trace: trace.columns says such names",
        "timed-trace-label-output-length":
            "renames a key of the trace: trace.columns says such names",
        "timed-trace-label-hash-ids": "renames a key of the trace, hash_ids",
    ]
}
