import Basics

/// How a checkpoint stores its weights: a format for each module, by name.
///
/// Follows vLLM 0.33.0's quantisation methods: lists of modules that stay in 16 bits, targets by
/// name, pattern or class, and one format for modules that no rule names.
package struct Quantization: Equatable, Sendable {
    /// The kind of a module.
    package enum Role: Equatable, Sendable {
        case linear
        case experts
        /// The output head, which is only quantised if a rule names it.
        case head
    }

    /// Names and patterns of modules, with their format.
    struct Rule: Equatable, Sendable {
        /// Names as `ModuleName.canonical` writes them. A name also covers the modules below it.
        var names: Set<String> = []
        /// Prefixes of such names.
        var prefixes: [String] = []
        /// Substrings of names.
        var parts: [String] = []
        var patterns: [ModulePattern] = []
        /// Whether the rule covers every linear layer and expert.
        var isEverything = false
        /// Their format; nil: 16 bits.
        var format: StoredFormat?

        /// Whether it names no module.
        var isEmpty: Bool {
            names.isEmpty && prefixes.isEmpty && parts.isEmpty && patterns.isEmpty && !isEverything
        }
    }

    /// The method, by the name that the engine resolves it to.
    package var method: String
    /// The rules in order; the first that names a module decides.
    var rules: [Rule] = []
    /// Formats of modules that no rule names; nil: 16 bits.
    package var linear: StoredFormat?
    package var experts: StoredFormat?
    /// Format of the experts in prediction layers, if another (NVIDIA's files of DeepSeek-V4).
    package var predictorExperts: StoredFormat?
    /// Format of the output head; nil: 16 bits. modelopt quantises it unless its list names it.
    package var head: StoredFormat?
    /// Whether the engine reads from the checkpoint's files which modules it quantises (GPTQ and
    /// AWQ without a list). Published ones leave routers and towers in 16 bits.
    package var followsFiles = false
    /// The cache format that `kv_cache_dtype: auto` selects; nil: the model's own type.
    package var cache: CacheFormat?
    /// Bytes that the method keeps beside attention with heads, and beside latent attention: scales
    /// of keys, values and queries, created even if unused.
    package var attentionBytes = 0
    package var latentAttentionBytes = 0
    /// Why vLLM 0.33.0 refuses it; nil if it does not.
    package var unserved: InputError?
    /// The last release that has the method, if vLLM 0.33.0 does not: "0.27.0".
    var lastRelease: String?
    /// The reader's notes, one line each.
    package var notes: [String] = []

    /// A method that stores all linear layers alike, and all experts alike.
    init(_ method: String, linear: StoredFormat?, experts: StoredFormat?) {
        self.method = method
        self.linear = linear
        self.experts = experts
    }

    init(_ method: String, _ format: StoredFormat) {
        self.init(method, linear: format, experts: format)
    }

    /// The format of a module; 16 bits unless a rule says otherwise. O(rules).
    package func format(of path: String, _ role: Role) -> StoredFormat {
        let name = ModuleName(path, isExperts: role == .experts)
        for rule in rules where rule.names(name, role) { return rule.format ?? .plain }
        switch role {
        case .linear: return linear ?? .plain
        case .experts: return experts ?? .plain
        case .head: return head ?? .plain
        }
    }

    /// Every format that may occur.
    var formats: [StoredFormat] {
        (rules.map(\.format) + [linear, experts]).compactMap(\.self)
    }

    /// The format of a tower's linear layers; nil, 16 bits, if a list excludes the tower or a part
    /// of it.
    var tower: StoredFormat? {
        if followsFiles { return nil }
        let words = ["vision", "visual", "tower", "projector"]
        let samples = ["vision_tower.layers.0.self_attn.q_proj", "visual.blocks.0.attn.qkv"]
        for rule in rules where rule.format == nil {
            let names = Array(rule.names) + rule.prefixes + rule.parts
            let isNamed = names.contains { name in words.contains { name.contains($0) } }
            if isNamed { return nil }
            if rule.patterns.contains(where: { samples.contains(where: $0.matches) }) { return nil }
        }
        return linear
    }
}

extension Quantization.Rule {
    fileprivate func names(_ module: ModuleName, _ role: Quantization.Role) -> Bool {
        if isEverything { return role != .head }
        for name in module.names {
            if names.contains(name) { return true }
            if prefixes.contains(where: { name.hasPrefix($0) }) { return true }
            if parts.contains(where: { name.contains($0) }) { return true }
        }
        // The name of a part covers all its modules.
        if !names.isEmpty, module.ancestors.contains(where: { names.contains($0) }) { return true }
        guard !patterns.isEmpty else { return false }
        let spellings = module.spellings
        return patterns.contains { pattern in spellings.contains { pattern.matches($0) } }
    }
}

/// A module's name in the forms that checkpoints and the engine use.
struct ModuleName {
    /// Names without the prefix before the decoder's own, which publishers write differently:
    /// "layers.0.mlp.gate_proj". Includes the names of the modules that it fuses or is fused into,
    /// and of an expert's matrices.
    let names: [String]
    private let path: String

    /// Words that lead to the decoder and carry no other meaning.
    private static let leading: Set<Substring> = [
        "model", "language_model", "text_model", "transformer", "backbone", "decoder", "llm",
    ]

    /// Fused modules of the engine, with the checkpoints' names for their parts.
    private static let fusions: [(whole: String, parts: [String])] = [
        ("qkv_proj", ["q_proj", "k_proj", "v_proj"]), ("gate_up_proj", ["gate_proj", "up_proj"]),
        ("in_proj_qkvz", ["in_proj_qkv", "in_proj_z"]), ("in_proj_ba", ["in_proj_b", "in_proj_a"]),
        ("fused_qkv_a_proj", ["q_a_proj", "kv_a_proj_with_mqa"]),
        ("kv_a_proj_with_mqa", ["kv_a_proj"]), ("gate_up_proj", ["w1", "w3"]),
    ]

    init(_ path: String, isExperts: Bool) {
        self.path = path
        let name = Self.canonical(path)
        var names = [name]
        let cut = name.lastIndex(of: ".").map { name.index(after: $0) } ?? name.startIndex
        let (before, last) = (name[..<cut], name[cut...])
        for fusion in Self.fusions {
            if fusion.whole == last { names += fusion.parts.map { before + $0 } }
            if fusion.parts.contains(String(last)) { names.append(before + fusion.whole) }
        }
        if isExperts {
            for matrix in ["gate_proj", "up_proj", "down_proj", "w1", "w2", "w3"] {
                names.append("\(name).0.\(matrix)")
            }
        }
        self.names = names
    }

    /// A name without the prefix before the decoder's own.
    static func canonical(_ path: String) -> String {
        var words = path.split(separator: ".", omittingEmptySubsequences: false)[...]
        while words.count > 1, let first = words.first, leading.contains(first) {
            words = words.dropFirst()
        }
        return words.joined(separator: ".")
    }

    /// The engine's fused module for a matrix: `qkv_proj` for `q_proj`.
    static func fused(_ path: String) -> String {
        let cut = path.lastIndex(of: ".").map { path.index(after: $0) } ?? path.startIndex
        let last = String(path[cut...])
        guard let fusion = fusions.first(where: { $0.parts.contains(last) }) else { return path }
        return path[..<cut] + fusion.whole
    }

    /// Names of the modules that contain it.
    var ancestors: [String] {
        var name = names[0][...]
        var all: [String] = []
        while let dot = name.lastIndex(of: ".") {
            name = name[..<dot]
            all.append(String(name))
        }
        return all
    }

    /// Full names that a pattern may match.
    var spellings: [String] {
        let starts = [
            "", "model.", "language_model.model.", "model.language_model.", "language_model.",
            "backbone.",
        ]
        return [path] + names.flatMap { name in starts.map { $0 + name } }
    }
}
