import Basics

/// How to build a family of decoders from the fields of its config.json: a table, with code only
/// where a rule needs it.
///
///     static let qwen3 = llama.with {
///         $0.heads.norms = .perHead
///     }
///
/// Field names and class defaults are the engine's (vLLM 0.33.0's model classes and the
/// configuration classes that they read). A new family is an entry of `Families`. A rule that does
/// not fit a table is a function in its own file, named in `layer` or `finish`.
struct Family: Sendable {
    var heads = HeadRule()
    var network = NetworkRule()
    var norms = NormRule()
    var windows = WindowRule()
    var experts: ExpertRule?
    var latent: LatentRule?
    /// Replaces the tables' mixers of all layers, for families in which some layers keep a state.
    var mixers: (@Sendable (ConfigFields, [Attention]) throws -> [Attention])?
    /// The number of layers, if none of the usual fields gives it.
    var layerNumber: (@Sendable (ConfigFields) throws -> Int)?
    /// Whether the tables' heads are read at all; false if no layer has any.
    var hasHeads = true
    /// Whether the tables' networks are read.
    var hasNetworks = true
    /// Changes one layer: further matrices or vectors, and anything else that the tables cannot
    /// express.
    var layer: (@Sendable (ConfigFields, Int, inout Layer) throws -> Void)?
    /// Changes the whole model where the tables cannot express it.
    var finish: (@Sendable (ConfigFields, inout TransformerModel) throws -> Void)?
    /// Builds the whole model, for families that no table describes: recurrent layers, compressed
    /// caches.
    var whole: (@Sendable (ConfigFields) throws -> TransformerModel)?
    /// What the publisher's number of active parameters includes.
    var activeCounting = ActiveCounting.everything
    /// The prefix of a layer's modules in the engine.
    var layersPath = "model.layers"

    /// A family with the usual rules. Not inlined, like `with`: a hundred tables begin with both,
    /// and inlining would double the optimiser's time.
    @inline(never)
    init() {}

    /// A copy modified by `change`.
    @inline(never)
    func with(_ change: (inout Family) -> Void) -> Family {
        var copy = self
        change(&copy)
        return copy
    }
}

/// A yes or no that a file may decide.
enum Flag: Sendable {
    case no
    case yes
    /// The value of a field; no if neither the file nor the class has it.
    case field(String)
    /// Whether any of some fields is true.
    case any([String])
    /// The value of a field if the file has it, whatever the others say; else any of these.
    case over(String, [String])
    /// The value of a field; yes if neither the file nor the class has it.
    case unless(String)
    /// Whether a field has the given word.
    case word(String, String)
    /// Whether a field does not have the given word.
    case not(String, String)

    func value(_ fields: ConfigFields) throws -> Bool {
        switch self {
        case .no: return false
        case .yes: return true
        case .field(let name): return try fields.flag(name, default: false)
        case .any(let names):
            for name in names where try fields.flag(name, default: false) { return true }
            return false
        case .over(let name, let others):
            return try fields.has(name)
                ? fields.flag(name, default: false) : Flag.any(others).value(fields)
        case .unless(let name): return try fields.flag(name, default: true)
        case .word(let name, let word): return fields.word(name) == word
        case .not(let name, let word): return fields.word(name) != word
        }
    }
}

/// How to read heads with their own keys and values.
struct HeadRule: Sendable {
    /// Norms over q and k.
    enum Norms: Sendable {
        case none
        /// One over each head's elements, for q and for k (Qwen3).
        case perHead
        /// One over whole q and one over whole k (OLMo 2), replicated on every GPU.
        case whole
        /// The same, sharded by heads (Cohere).
        case wholeByHeads
        /// Sharded by heads, with squares summed over all GPUs (MiniMax-M2).
        case wholeSummed
    }

    var queries = ["num_attention_heads", "n_head", "n_heads", "num_heads"]
    var keyValues = [
        "num_key_value_heads", "num_kv_heads", "n_head_kv", "num_attention_groups",
    ]
    var width = ["head_dim", "attention_head_dim", "hidden_size_per_head"]
    var inputBias = Flag.no
    var outputBias = Flag.no
    var norms = Norms.none
    /// Whether these norms exist.
    var hasNorms = Flag.yes
    var gatesOutput = Flag.no
    /// Whether each query head has a learned number that joins the softmax (gpt-oss).
    var sinks = Flag.no
}

/// How to read the gated or plain network of a dense layer.
struct NetworkRule: Sendable {
    var width = ["intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim"]
    /// Its width in multiples of the hidden size, if the file has none of the names (GPT-2: 4).
    var timesHidden: Int?
    var isGated = true
    var bias = Flag.no
}

/// How to read norms over the hidden state.
struct NormRule: Sendable {
    var perLayer = 2
    /// Whether they have biases (layer norms).
    var bias = Flag.no
    /// Whether they have weights (not in OLMo 1).
    var hasWeights = true
    /// Whether there is one after the last layer.
    var hasFinal = true

    /// Elements per norm, in multiples of the hidden size.
    func vectors(_ fields: ConfigFields) throws -> Int {
        (hasWeights ? 1 : 0) + (try bias.value(fields) ? 1 : 0)
    }
}

/// Which layers are windowed.
struct WindowRule: Sendable {
    /// Without `layer_types` in the file: every `period`-th layer is full, the others have the
    /// window; 0: all alike.
    var period = 0
    /// A field that gives the period.
    var periodField: String?
    /// Whether the first layer of a period is the full one, rather than the last.
    var isFullFirst = false
    /// Added to the file's window (Cohere 2 sees the window before a token, plus the token).
    var plus = 0
    /// Whether windows only count if the flag use_sliding_window is set (Qwen 2).
    var needsFlag = false
    /// Whether window fields have no effect: the engine's class does not read them.
    var isIgnored = false
    /// Whether a window without a list of layers has no effect: the class drops the model's own.
    var hasNoFallback = false
    /// A field with one window per layer.
    var list: String?
}
