import Basics

/// How a checkpoint stores its weights: a format for each module, by its name.
///
/// The rules are those of vLLM 0.33.0's quantisation methods: lists of modules that stay in 16
/// bits, targets by name, by pattern or by class, and one format for what no rule names.
package struct Quantization: Equatable, Sendable {
    /// What a module is, beside its name.
    package enum Role: Equatable, Sendable {
        case linear
        case experts
        /// The output head, which is quantised only where a rule names it.
        case head
    }

    /// Names and patterns of modules, with what they say of a module's format.
    struct Rule: Equatable, Sendable {
        /// Names as `ModuleName.canonical` spells them; a name stands for all below it too.
        var names: Set<String> = []
        /// Beginnings of such names.
        var prefixes: [String] = []
        /// Parts of names.
        var parts: [String] = []
        var patterns: [ModulePattern] = []
        /// Whether every linear layer and expert is meant.
        var isEverything = false
        /// nil: 16 bits.
        var format: StoredFormat?

        /// Whether it names nothing.
        var isEmpty: Bool {
            names.isEmpty && prefixes.isEmpty && parts.isEmpty && patterns.isEmpty && !isEverything
        }
    }

    /// The method, as the engine resolves its name.
    package var method: String
    /// In order; the first that names a module decides.
    var rules: [Rule] = []
    /// Formats of modules that no rule names; nil: 16 bits.
    package var linear: StoredFormat?
    package var experts: StoredFormat?
    /// The output head's; nil: 16 bits. modelopt quantises it unless its list names it.
    package var head: StoredFormat?
    /// Whether routers that take a format take this one's (not GPTQ's).
    package var quantizesRouters = true
    /// What `kv_cache_dtype: auto` means; nil: the model's own type.
    package var cache: CacheFormat?
    /// Bytes that the method keeps beside attention with heads, and beside latent attention:
    /// scales of keys, values and queries, created whether or not they are used.
    package var attentionBytes = 0
    package var latentAttentionBytes = 0
    /// Why vLLM 0.33.0 refuses it; nil: it does not.
    package var unserved: InputError?
    /// What the reader has to say, one line each.
    package var notes: [String] = []

    /// A method that stores all linear layers and experts alike.
    init(_ method: String, linear: StoredFormat?, experts: StoredFormat?) {
        self.method = method
        self.linear = linear
        self.experts = experts
    }

    init(_ method: String, _ format: StoredFormat) {
        self.init(method, linear: format, experts: format)
    }

    /// The format of a module; 16 bits where no rule says otherwise. O(rules).
    package func format(of path: String, _ role: Role) -> StoredFormat {
        let name = ModuleName(path, isExperts: role == .experts)
        for rule in rules where rule.names(name, role) { return rule.format ?? .plain }
        switch role {
        case .linear: return linear ?? .plain
        case .experts: return experts ?? .plain
        case .head: return head ?? .plain
        }
    }

    /// Every format that a rule may give.
    var formats: [StoredFormat] {
        (rules.map(\.format) + [linear, experts]).compactMap(\.self)
    }

    /// The format of a tower's linear layers: 16 bits where a list names the tower or a part of it.
    var tower: StoredFormat? {
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
        // A list names a part of the model with all its modules.
        if !names.isEmpty, module.ancestors.contains(where: { names.contains($0) }) { return true }
        guard !patterns.isEmpty else { return false }
        let spellings = module.spellings
        return patterns.contains { pattern in spellings.contains { pattern.matches($0) } }
    }
}

/// A module's name in the spellings that checkpoints and the engine have for it.
struct ModuleName {
    /// Without the words before the decoder's own, which publishers write differently:
    /// "layers.0.mlp.gate_proj". The name, those of what it is fused of or into, and of an expert's
    /// matrices.
    let names: [String]
    private let path: String

    /// Words that lead to the decoder and say nothing else.
    private static let leading: Set<Substring> = [
        "model", "language_model", "text_model", "transformer", "backbone", "decoder", "llm",
    ]

    /// Modules that the engine fuses, with what checkpoints call the parts.
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

    /// A name without the words before the decoder's own.
    static func canonical(_ path: String) -> String {
        var words = path.split(separator: ".", omittingEmptySubsequences: false)[...]
        while words.count > 1, let first = words.first, leading.contains(first) {
            words = words.dropFirst()
        }
        return words.joined(separator: ".")
    }

    /// The name of the module that the engine makes of a matrix: `qkv_proj` of `q_proj`.
    static func fused(_ path: String) -> String {
        let cut = path.lastIndex(of: ".").map { path.index(after: $0) } ?? path.startIndex
        let last = String(path[cut...])
        guard let fusion = fusions.first(where: { $0.parts.contains(last) }) else { return path }
        return path[..<cut] + fusion.whole
    }

    /// Names of what it is a part of.
    var ancestors: [String] {
        var name = names[0][...]
        var all: [String] = []
        while let dot = name.lastIndex(of: ".") {
            name = name[..<dot]
            all.append(String(name))
        }
        return all
    }

    /// Whole names as a pattern may spell them.
    var spellings: [String] {
        let starts = [
            "", "model.", "language_model.model.", "model.language_model.", "language_model.",
            "backbone.",
        ]
        return [path] + names.flatMap { name in starts.map { $0 + name } }
    }
}
