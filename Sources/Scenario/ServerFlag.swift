/// A flag of vLLM 0.33.0's server, and what a simulation makes of it.
///
/// The table is that of the server's own argument parser: names, aliases, kinds, choices and
/// defaults. `ServerLine` reads a command line by it, and keys under `engine` that are flags of the
/// server and no keys here are refused with its words.
package struct ServerFlag: Sendable {
    /// How a value is written.
    package enum Kind: Sendable {
        /// No value, with `--no-` forms.
        case toggle
        /// No value and no other form.
        case bare
        case text
        case integer
        /// An integer, k, m, g, t for powers of 1000 and K, M, G, T for powers of 1024.
        case count
        /// The same, or auto, or -1.
        case length
        case number
        case json
        case texts
        case integers
    }

    /// What becomes of it.
    package enum Verdict: Sendable, Equatable {
        /// It sets this key.
        case used(String)
        /// It changes no time and no decision.
        case noEffect
        /// It changes a server in a way that is not simulated: what the result then is.
        case notModelled(Meaning)
        /// The same, where the server would do plainly something else: what it does.
        case refused(String)
    }

    /// What a result is without what some flags do, after "is not modelled: ".
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

    /// Without dashes, "tensor-parallel-size"; "model_tag" for the operand.
    package let name: String
    /// With their dashes, "-tp".
    package let aliases: [String]
    package let kind: Kind
    /// The values it may have; empty: any.
    package let choices: [String]
    /// Its default: "null" where the server derives it.
    package let usual: String
    package let verdict: Verdict
    /// Values besides the default that change nothing either.
    let harmless: [String]

    /// Its other forms, "--no-enforce-eager".
    package var negations: [String] {
        guard kind == .toggle else { return [] }
        let forms = ["--no-" + name]
        if name.hasPrefix("enable-") { return forms + ["--disable-" + name.dropFirst(7)] }
        if name.hasPrefix("disable-") { return forms + ["--enable-" + name.dropFirst(8)] }
        return forms
    }

    /// As a line has it; the operand's name in capitals.
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

    // Not inlined: the tables have hundreds of rows, and copies of these take the compiler long.
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

    /// Every spelling with its dashes, and the flag that it means.
    private static let spellings: [String: (flag: ServerFlag, isNegated: Bool)] = {
        var spellings: [String: (flag: ServerFlag, isNegated: Bool)] = [:]
        for flag in all where flag.name != "model_tag" {
            for word in ["--" + flag.name] + flag.aliases { spellings[word] = (flag, false) }
            for word in flag.negations { spellings[word] = (flag, true) }
        }
        return spellings
    }()

    /// Every spelling, in alphabetical order.
    static let words: [String] = spellings.keys.sorted()

    /// The flag that a word with its dashes means, in full.
    static func named(_ word: String) -> (flag: ServerFlag, isNegated: Bool)? { spellings[word] }

    /// The spellings that a word with two dashes is the beginning of, as argparse abbreviates.
    static func beginning(with word: String) -> [String] {
        word.count > 2 ? words.filter { $0.hasPrefix(word) } : []
    }

    /// What to say of a key under `engine` that is a flag of the server and no key here; nil: it
    /// is none. Without a problem there is a key of another name.
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
