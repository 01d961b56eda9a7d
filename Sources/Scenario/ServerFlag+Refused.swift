extension ServerFlag {
    /// Flags with which the server would clearly do something else.
    static let refused: [ServerFlag] = [
        .refused("help", .bare, "", "prints the server's help and serves nothing", aliases: ["-h"]),
        .refused(
            "headless", .bare, "false",
            "starts ranks of another server's engine: the line of that server says what "
                + "to run"),
        .refused(
            "runner", .text, "auto", "runs no generation",
            choices: "auto draft generate pooling", harmless: ["generate"]),
        .refused(
            "convert", .text, "auto", "turns the model into one that does not generate",
            choices: "auto classify embed none", harmless: ["none"]),
        .refused(
            "quantization-config", .json, "null",
            "gives kinds of layers formats of their own; model.weights has one format for "
                + "all"),
        .refused(
            "disable-sliding-window", .toggle, "false",
            "caps the context at a model's window and keeps no windows; only models with "
                + "their windows are simulated"),
        .refused(
            "prefill-context-parallel-size", .integer, "1",
            "splits prompts over more GPUs; a prompt is computed by one tensor-parallel "
                + "group here", aliases: ["-pcp"]),
        .refused(
            "enable-elastic-ep", .toggle, "false",
            "changes the number of ranks at run time; replicas are fixed here"),
        .refused(
            "kv-cache-dtype-skip-layers", .texts, "[]",
            "mixes formats in the cache, which changes the number of blocks"),
        .refused(
            "swa-bounded-replay", .toggle, "true",
            "keeps windows another way: prompts are computed from the hit's end here"),
        .refused(
            "mamba-block-size", .integer, "null",
            "changes the blocks of recurrent layers, which are the engine's own here"),
        .refused(
            "prefix-match-unit", .integer, "null",
            "lets hits end inside a block; hits are whole blocks here"),
        .refused(
            "enable-mamba-shared-prefix-checkpoint", .toggle, "false",
            "keeps states at shared prefixes, which are not kept here"),
        .refused(
            "use-replayssm", .toggle, "false",
            "stores states lazily, which changes memory and steps"),
        .refused(
            "kv-offloading-size", .number, "null",
            "keeps evicted blocks on the host and reads them back; an evicted block is "
                + "lost here"),
        .refused(
            "cpu-offload-gb", .number, "0",
            "leaves weights on the host: more memory for the cache, and slower steps"),
        .refused(
            "offload-group-size", .integer, "0",
            "leaves weights on the host: more memory for the cache, and slower steps"),
        .refused("mm-encoder-only", .toggle, "false", "runs no language model"),
        .refused(
            "mm-ipc-gpu-memory-gb", .number, "0",
            "takes memory from the cache; engine.kv_cache_memory_bytes can say what is "
                + "left"),
        .refused(
            "max-num-queued-reqs", .integer, "null",
            "turns requests away when so many are in flight; all are queued here"),
        .refused(
            "max-num-queued-tokens", .count, "null",
            "turns requests away when so many tokens are in prefill; all are queued here"),
        .refused(
            "scheduler-cls", .text, "null",
            "puts another scheduler in; engine.scheduler runs a program as one"),
        .refused(
            "diffusion-config", .json, "null",
            "serves a diffusion model, whose steps are others", aliases: ["-dc"]),
        .refused(
            "kv-transfer-config", .json, "null",
            "moves cache between servers or to the host; each replica has its own GPUs' "
                + "cache here"),
        .refused("engram-config", .json, "null", "loads tables that take memory from the cache"),
        .refused(
            "performance-mode", .text, "balanced",
            "changes limits that are not given; give --max-num-batched-tokens, "
                + "--max-num-seqs and --cudagraph-capture-sizes in place of it",
            choices: "balanced interactivity throughput"),
    ]
}
