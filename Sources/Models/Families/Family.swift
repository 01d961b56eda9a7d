import Basics

/// How a family of decoders is put together from the fields of its config.json: a table, and code
/// only where a rule needs it.
///
///     static let qwen3 = llama.with {
///         $0.heads.norms = .perHead
///     }
///
/// The fields' names and the class defaults are the engine's (vLLM 0.33.0's model classes and the
/// configuration classes that they read). A new family is an entry of `Families`; a rule that no
/// table says is a function of a file of its own, named in `layer` or `finish`.
struct Family: Sendable {
    var heads = HeadRule()
    var network = NetworkRule()
    var norms = NormRule()
    var windows = WindowRule()
    var experts: ExpertRule?
    var latent: LatentRule?
    /// The mixers of all layers, from those that the tables say: where some layers keep a state.
    var mixers: (@Sendable (ConfigFields, [Attention]) throws -> [Attention])?
    /// The number of layers where no field of the usual names says it.
    var layerNumber: (@Sendable (ConfigFields) throws -> Int)?
    /// Whether the tables' heads are read at all; not where no layer has any.
    var hasHeads = true
    /// Whether the tables' networks are read.
    var hasNetworks = true
    /// Elements of other matrices or vectors of each layer, and whatever else the tables do not
    /// say of one layer.
    var layer: (@Sendable (ConfigFields, Int, inout Layer) throws -> Void)?
    /// What the tables do not say of the whole.
    var finish: (@Sendable (ConfigFields, inout TransformerModel) throws -> Void)?
    /// All of it, for families that no table describes: recurrent layers, compressed caches.
    var whole: (@Sendable (ConfigFields) throws -> TransformerModel)?
    /// What a publisher's number of active parameters includes.
    var activeCounting = ActiveCounting.everything
    /// The largest batch with a CUDA graph.
    var largestGraph = 512
    /// What the engine's modules call a layer.
    var layersPath = "model.layers"

    /// A family of the usual rules. Not inlined, like `with`: a hundred tables begin with both, and
    /// the optimiser is at each for as long as at all the rest of it.
    @inline(never)
    init() {}

    /// A copy that `change` has changed.
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
    /// A field of the name; no where neither the file nor the class has it.
    case field(String)
    /// Any of some fields.
    case any([String])
    /// A field of the name where the file has it, whatever the others say; else any of these.
    case over(String, [String])
    /// A field of the name; yes where neither the file nor the class has it.
    case unless(String)
    /// A field that has the word.
    case word(String, String)
    /// A field that has not the word.
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

/// Heads with keys and values of their own.
struct HeadRule: Sendable {
    /// Norms over q and k.
    enum Norms: Sendable {
        case none
        /// One over a head's elements, for q and for k (Qwen3).
        case perHead
        /// One over all of q and one over all of k (OLMo 2); every GPU holds all of it.
        case whole
        /// The same, cut by heads (Cohere).
        case wholeByHeads
        /// Cut by heads, and the squares of all GPUs are summed (MiniMax-M2).
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
    /// Whether the norms are there.
    var hasNorms = Flag.yes
    var gatesOutput = Flag.no
    /// A number a query head that joins the softmax (gpt-oss).
    var sinks = Flag.no
}

/// The gated or plain network of a dense layer.
struct NetworkRule: Sendable {
    var width = ["intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim"]
    /// Its width in hidden sizes where the file has none of the names (GPT-2: 4).
    var timesHidden: Int?
    var isGated = true
    var bias = Flag.no
}

/// Norms over the hidden state.
struct NormRule: Sendable {
    var perLayer = 2
    /// Whether they have biases (layer norms).
    var bias = Flag.no
    /// Whether they have weights at all (OLMo 1 has none).
    var hasWeights = true
    /// Whether there is one after the last layer.
    var hasFinal = true

    /// Elements of one, in hidden sizes.
    func vectors(_ fields: ConfigFields) throws -> Int {
        (hasWeights ? 1 : 0) + (try bias.value(fields) ? 1 : 0)
    }
}

/// Which layers see a window.
struct WindowRule: Sendable {
    /// Where the file lists no `layer_types`: every `period`-th layer is full, the others have the
    /// window; 0: all alike.
    var period = 0
    /// A field that gives the period.
    var periodField: String?
    /// Whether the first of a period is the full one, not the last.
    var isFullFirst = false
    /// Added to the file's window (Cohere 2 sees the window before a token, and the token).
    var plus = 0
    /// Whether full attention is said by a flag that must be on for windows to count (Qwen 2).
    var needsFlag = false
    /// Whether the fields of windows say nothing here: the engine's class does not read them.
    var isIgnored = false
    /// Whether a window without a list of layers is none: the class drops the model's own.
    var hasNoFallback = false
    /// A field with a window for each layer.
    var list: String?
}
