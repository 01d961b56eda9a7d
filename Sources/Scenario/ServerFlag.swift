/// A flag of vLLM 0.33.0's server, and its effect on a simulation.
///
/// The table follows the server's own argument parser: names, aliases, kinds, choices and defaults.
/// `ServerLine` parses command lines with it. A key under `engine` that exists only as a server
/// flag is refused with the flag's explanation.
package struct ServerFlag: Sendable {
    /// The syntax of a value.
    package enum Kind: Sendable {
        /// No value; has `--no-` forms.
        case toggle
        /// No value and no negated form.
        case bare
        case text
        case integer
        /// An integer. The suffixes k, m, g, t are powers of 1000, and K, M, G, T powers of 1024.
        case count
        /// A count, or auto, or -1.
        case length
        case number
        case json
        case texts
        case integers
    }

    /// The effect on a simulation.
    package enum Verdict: Sendable, Equatable {
        /// It sets this key.
        case used(String)
        /// It changes neither times nor decisions.
        case noEffect
        /// It changes a server in a way that is not simulated; says what the result then means.
        case notModelled(Meaning)
        /// The server would clearly do something else; says what.
        case refused(String)
    }

    /// What a result means without the effect of a flag, to follow "is not modelled: ".
    package enum Meaning: String, Sendable, CaseIterable {
        case clock = "steps are priced with the measured kernels"
        case host = "host times are those of engine.host"
        case replicas = "the cluster section places and balances replicas, which run by themselves"
        case exchange = "experts and their exchange are priced as measured"
        case interleaving = "positions are dealt evenly over the GPUs of a group"
        case shape = "the model is what the catalogue or its config.json says"
        case answers =
            "answers are as long as the trace says, and nothing else of them is simulated"
        case delivery = "each token reaches its client by itself, as soon as it is made"
        case media = "prompts are tokens, without media"
        case towers = "a model's towers take their memory as by default"
        case adapters = "requests run on the base model, without adapters' memory and time"
        case alone = "alone it does nothing, and the flag that it goes with is refused"
    }

    /// The name without dashes, "tensor-parallel-size"; "model_tag" for the operand.
    package let name: String
    /// Other names, with their dashes: "-tp".
    package let aliases: [String]
    package let kind: Kind
    /// Allowed values; empty: any.
    package let choices: [String]
    /// The default; "null" if the server derives it.
    package let usual: String
    package let verdict: Verdict
    /// Values other than the default that also change nothing.
    let harmless: [String]

    /// Negated forms, such as "--no-enforce-eager".
    package var negations: [String] {
        guard kind == .toggle else { return [] }
        let forms = ["--no-" + name]
        if name.hasPrefix("enable-") { return forms + ["--disable-" + name.dropFirst(7)] }
        if name.hasPrefix("disable-") { return forms + ["--enable-" + name.dropFirst(8)] }
        return forms
    }

    /// Whether it is one of `former`.
    var isFormer: Bool { Self.former.contains { $0.name == name } }

    /// The flag as a command line has it; the operand in capitals.
    package var spelled: String { name == "model_tag" ? "MODEL" : "--" + name }

    private init(
        _ name: String, _ kind: Kind, _ usual: String, _ verdict: Verdict, _ aliases: [String],
        _ choices: String, _ harmless: [String]
    ) {
        self.name = name
        self.kind = kind
        self.usual = usual
        self.verdict = verdict
        self.aliases = aliases
        self.choices = choices.split(separator: " ").map(String.init)
        self.harmless = harmless
    }

    // Not inlined: the tables have hundreds of rows, and copies of this slow down the compiler.
    @inline(never)
    static func used(
        _ name: String, _ kind: Kind, _ usual: String, _ key: String, aliases: [String] = [],
        choices: String = "", harmless: [String] = []
    ) -> ServerFlag {
        ServerFlag(name, kind, usual, .used(key), aliases, choices, harmless)
    }

    @inline(never)
    static func idle(
        _ name: String, _ kind: Kind, _ usual: String, aliases: [String] = [],
        choices: String = "", harmless: [String] = []
    ) -> ServerFlag {
        ServerFlag(name, kind, usual, .noEffect, aliases, choices, harmless)
    }

    @inline(never)
    static func noted(
        _ name: String, _ kind: Kind, _ usual: String, _ meaning: Meaning, aliases: [String] = [],
        choices: String = "", harmless: [String] = []
    ) -> ServerFlag {
        ServerFlag(name, kind, usual, .notModelled(meaning), aliases, choices, harmless)
    }

    @inline(never)
    static func refused(
        _ name: String, _ kind: Kind, _ usual: String, _ why: String, aliases: [String] = [],
        choices: String = "", harmless: [String] = []
    ) -> ServerFlag {
        ServerFlag(name, kind, usual, .refused(why), aliases, choices, harmless)
    }

    /// Every flag.
    package static let all: [ServerFlag] = used + refused + noted + frontEnd + idle

    /// The flag of each spelling, dashes included.
    private static let spellings: [String: (flag: ServerFlag, isNegated: Bool)] = {
        var spellings: [String: (flag: ServerFlag, isNegated: Bool)] = [:]
        for flag in all where flag.name != "model_tag" {
            for word in ["--" + flag.name] + flag.aliases { spellings[word] = (flag, false) }
            for word in flag.negations { spellings[word] = (flag, true) }
        }
        return spellings
    }()

    /// Every spelling, sorted.
    static let words: [String] = spellings.keys.sorted()

    /// The flag of this full name, dashes included.
    static func named(_ word: String) -> (flag: ServerFlag, isNegated: Bool)? { spellings[word] }

    /// Whether a flag of the server can say a change such as "engine.async_scheduling=false". None
    /// says null where that is not the default.
    package static func says(_ setting: String) -> Bool {
        let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
        return parts.last != "null" && sets(parts[0])
    }

    /// Whether a flag of the server sets a key.
    static func sets(_ path: String) -> Bool {
        used.contains { if case .used(path) = $0.verdict { true } else { false } }
    }

    /// Why a key under `engine` that only exists as a server flag is refused; nil if it is not such
    /// a flag. `key`: the key that the flag sets, or "".
    static func refusal(ofKey name: String) -> (problem: String, key: String)? {
        guard let (flag, _) = named("--" + name.replacing("_", with: "-")) else { return nil }
        switch flag.verdict {
        case .used(let key): return ("is the server's flag \(flag.spelled)", key)
        case .noEffect: return ("of no effect here: it changes no time and no decision", "")
        case .notModelled(let meaning): return ("not modelled: \(meaning.rawValue)", "")
        case .refused(let why): return ("not modelled: the server's flag \(why)", "")
        }
    }
}
