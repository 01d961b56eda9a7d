import Basics
import Models
import StepTime

/// The input of `headway explain`: a model on its GPUs, and a step. Every field is set by its
/// flag's name, so that tables over a flag and comparisons use the same words.
package struct ExplainScenario: Sendable {
    /// A flag with a value: its name, a placeholder, its meaning, and what it sets.
    package struct Field: Sendable {
        package let name: String
        package let placeholder: String
        package let meaning: String
        let set: @Sendable (inout ExplainScenario, _ text: String, _ place: String) throws -> Void
    }

    /// A flag without a value that changes the model or the clock.
    package struct Switch: Sendable {
        package let name: String
        package let meaning: String
        let set: @Sendable (inout ExplainScenario) -> Void
    }

    var model = "llama-3.1-8b"
    var gpu = GPU.h100
    var profile = "vllm"
    var routing = ExpertRouting.served
    var attentionKernel = AttentionKernel.flash
    var usesCache = true
    var headGroups = HeadGroups.own
    var hasWindows = true
    /// Nil: the smallest of 1, 2, 4 and 8 that fits, else 8.
    var tensorParallel: Int?
    var pipelineParallel = 1
    var expertParallel = 1
    var gpusPerNode = 8
    var weights: WeightFormat?
    var cache: CacheFormat?
    var batch = 1
    var tokens = 1
    /// Nil: 2048, or the new tokens; of a whole request, half of its output later.
    var context: Int?
    var blockSize: Int?
    var utilization = MemoryBudget.defaultUtilization
    /// What drafts in the server's memory.
    var specMethod: Draft.Method?
    var specModel: String?
    var specTokens: Int?
    /// Prompt tokens computed beside the step's decodes; 0: none.
    var chunk = 0
    /// Prompt and output of a whole request, tokens.
    var input: Int?
    var output: Int?
    /// The flags that were set, each once, in order.
    private(set) var given: [Given] = []

    /// A flag as it was given; without a text it is a switch.
    struct Given: Sendable {
        var flag: String
        var text: String?

        /// The flag as a shell takes it.
        var words: String { flag + (text.map { " " + ShellWord.quoted($0) } ?? "") }
    }

    /// Tokens of context after the step.
    var stepContext: Int {
        if let context { return context }
        guard let input, let output else { return max(2048, tokens) }
        // The mean step of its decodes. Sums beyond any context are refused with the request.
        return max(tokens, input + min(output, 1 << 40) / 2)
    }

    /// How query heads share keys and values.
    enum HeadGroups: Sendable {
        /// As in the model.
        case own
        /// One KV head per query head: multi-head attention.
        case none
        /// One KV head in total: multi-query attention.
        case one
    }

    /// A decode step with one token of Llama-3.1-8B.
    package init() {}

    /// Sets a flag by its name, with or without dashes.
    ///
    /// - Throws: `InputError` for an unknown flag or an invalid value.
    package mutating func set(_ name: String, to text: String) throws {
        let flag = name.hasPrefix("--") ? name : "--" + name
        guard let field = Self.fields.first(where: { $0.name == flag }) else {
            throw InputError(
                "explain", "unknown flag \(flag.echoed())", word: flag,
                among: Self.fields.map(\.name))
        }
        try field.set(&self, text, flag)
        take(Given(flag: flag, text: text))
    }

    /// Sets a flag without a value. False if it is unknown.
    package mutating func turn(_ name: String) -> Bool {
        guard let found = Self.switches.first(where: { $0.name == name }) else { return false }
        found.set(&self)
        take(Given(flag: name))
        return true
    }

    private mutating func take(_ flag: Given) {
        given.removeAll { $0.flag == flag.flag }
        given.append(flag)
    }

    /// The same scenario with the flags of a line: "--kv fp8 --tp 4".
    ///
    /// - Throws: `InputError` at `--compare`.
    package func changed(by line: String) throws -> ExplainScenario {
        var copy = self
        var words = line.split(whereSeparator: \.isWhitespace).map(String.init)[...]
        guard !words.isEmpty else {
            throw InputError("--compare", "is empty", expected: "flags such as \"--kv fp8\"")
        }
        var seen: Set<String> = []
        while let word = words.popFirst() {
            guard word.hasPrefix("--") else {
                throw InputError(
                    "--compare", "\(word.echoed()) is no flag", expected: "\"--kv fp8 --tp 4\"")
            }
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard seen.insert(parts[0]).inserted else {
                throw InputError(
                    "--compare", "\(parts[0].echoed()) is given twice", expected: "it once")
            }
            if copy.turn(word) { continue }
            guard let value = parts.count > 1 ? parts[1] : words.popFirst() else {
                throw InputError("--compare", "\(parts[0].echoed()) has no value", expected: "one")
            }
            try copy.set(parts[0], to: value)
        }
        return copy
    }
}

extension ExplainScenario {
    private static func field(
        _ name: String, _ placeholder: String, _ meaning: String,
        _ set: @escaping @Sendable (inout ExplainScenario, String, String) throws -> Void
    ) -> Field {
        Field(name: name, placeholder: placeholder, meaning: meaning, set: set)
    }

    /// Every flag with a value, in the order of the help text.
    package static let fields: [Field] = modelFields + stepFields

    private static let modelFields: [Field] = [
        field("--model", "M", "Catalogue name, config.json or its folder (llama-3.1-8b).") {
            $0.model = $1
            _ = $2
        },
        field("--gpu", "G", "GPU, as hardware.gpu names it (default h100-sxm).") {
            scenario, text, _ in scenario.gpu = try GPU.named(text)
        },
        field("--tp", "N", "tensor_parallel_size (default: the smallest that fits, else 8).") {
            $0.tensorParallel = try integer($1, $2)
        },
        field("--pp", "N", "pipeline_parallel_size.") {
            $0.pipelineParallel = try integer($1, $2)
        },
        field("--ep", "N", "GPUs per expert-parallel group, at most --tp.") {
            $0.expertParallel = try integer($1, $2)
        },
        field("--gpus-per-node", "N", "GPUs per node (default 8); the network joins nodes.") {
            $0.gpusPerNode = try integer($1, $2)
        },
        field("--weights", "D", "bf16, fp8, int4, int8, nvfp4 or mxfp4; else the checkpoint's.") {
            $0.weights = try choice($1, $2)
        },
        field("--kv", "D", "Format of the KV cache: bf16, fp8 or int4; else the checkpoint's.") {
            $0.cache = try choice($1, $2)
        },
        field("--block-size", "N", "Tokens per KV block.") { $0.blockSize = try integer($1, $2) },
        field("--gpu-memory-utilization", "X", "Share of GPU memory for the engine (default 0.92).")
        {
            scenario, text, place in
            guard let share = Double(text), share.isFinite, share >= 0 else {
                throw InputError(
                    place, "\"\(text.echoed())\" is not right", expected: "a number, at least 0")
            }
            scenario.utilization = share
        },
        field("--spec-method", "M", "Who drafts: mtp, eagle, eagle3, draft_model or ngram.") {
            $0.specMethod = try choice($1, $2)
        },
        field("--spec-model", "M", "The draft's config.json or its folder.") {
            $0.specModel = $1
            _ = $2
        },
        field("--spec-tokens", "N", "Tokens drafted for a request in a step.") {
            $0.specTokens = try integer($1, $2)
        },
        field("--profile", "P", "Engine profile: vllm, vllm-0.16 to 0.18, trtllm or sglang.") {
            $0.profile = $1
            _ = $2
        },
        field("--routing", "R", "How tokens spread over experts: served, balanced or power_law.") {
            $0.routing = try choice($1, $2)
        },
        field("--attention-kernel", "K", "flash, or naive (writes scores to memory).") {
            $0.attentionKernel = try choice($1, $2)
        },
    ]

    private static let stepFields: [Field] = [
        field("--context", "N", "Tokens of context after the step (2k is 2048).") {
            $0.context = try integer($1, $2)
        },
        field("--tokens", "N", "New tokens per sequence: 1 decodes, more is a prefill chunk.") {
            $0.tokens = try integer($1, $2)
        },
        field("--batch", "B", "Sequences in the step.") { $0.batch = try integer($1, $2) },
        field("--chunk", "N", "Prompt tokens of one more request, computed with the decodes.") {
            $0.chunk = try integer($1, $2)
        },
        field("--input", "N", "Prompt tokens of a whole request (with --output).") {
            $0.input = try integer($1, $2)
        },
        field("--output", "N", "Output tokens of that request (with --input).") {
            $0.output = try integer($1, $2)
        },
    ]

    /// Every flag without a value.
    package static let switches: [Switch] = [
        Switch(name: "--no-kv-cache", meaning: "Recompute the whole context in every step.") {
            $0.usesCache = false
        },
        Switch(name: "--mha", meaning: "Own keys and values for every query head (no GQA, no MLA).")
        {
            $0.headGroups = .none
        },
        Switch(name: "--mqa", meaning: "One pair of keys and values per layer (MQA).") {
            $0.headGroups = .one
        },
        Switch(name: "--no-window", meaning: "Full attention in windowed layers.") {
            $0.hasWindows = false
        },
    ]

    /// An integer from 1. "2k" and "1M" mean 2 x 1024 and 1024 x 1024, as is usual for contexts.
    static func integer(_ text: String, _ place: String) throws -> Int {
        let units: [Character: Int] = ["k": 1024, "K": 1024, "m": 1 << 20, "M": 1 << 20]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard let number = Int(digits), number >= 1, number <= 1 << 40 else {
            throw InputError(
                place, "\"\(text.echoed())\" is not right",
                expected: "an integer from 1 (2k is 2048)")
        }
        return number * (unit ?? 1)
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ place: String
    ) throws -> Choice {
        if let choice = Choice(rawValue: text) { return choice }
        throw InputError(
            place, "\"\(text.echoed())\" is not known", word: text,
            among: Choice.allCases.map(\.rawValue))
    }
}
