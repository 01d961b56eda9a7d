import Basics
import Models

/// A command line of vLLM 0.33's serving benchmark, read as keys of a configuration.
///
/// `vllm bench serve --request-rate 10 --max-concurrency 8 --random-input-len 512`: the load and
/// the "random" dataset become keys, what a simulation has no use for is named, and everything else
/// is refused.
public struct BenchmarkLine: Sendable {
    /// `key=value`, as for `--set`.
    public private(set) var changes: [String] = []
    /// What was read and has no meaning here, a sentence each.
    public private(set) var notes: [String] = []

    private var values: [String: String] = [:]
    private var unused: [String] = []

    /// Flags that become keys, and the keys of those that are keys as they stand.
    private static let keys: [String: String?] = [
        "request-rate": nil, "max-concurrency": nil, "burstiness": "trace.burstiness",
        "num-prompts": nil, "random-input-len": nil, "random-output-len": nil,
        "input-len": nil, "output-len": nil, "random-range-ratio": "trace.random_range_ratio",
        "random-prefix-len": "trace.random_prefix_len",
        "ramp-up-strategy": "trace.ramp_up_strategy",
        "ramp-up-start-rps": "trace.ramp_up_start_rps",
        "ramp-up-end-rps": "trace.ramp_up_end_rps", "seed": nil, "dataset-name": nil,
        "model": nil,
    ]
    /// Flags that say where the server is, what is sampled and what is written: with a value.
    private static let unusedValues: Set<String> = [
        "label", "backend", "base-url", "host", "port", "endpoint", "tokenizer", "tokenizer-mode",
        "served-model-name", "logprobs", "result-dir", "result-filename", "percentile-metrics",
        "metric-percentiles", "request-id-prefix", "top-p", "top-k", "min-p", "temperature",
        "frequency-penalty", "presence-penalty", "repetition-penalty", "ready-check-timeout-sec",
    ]
    /// The same without one.
    private static let unusedSwitches: Set<String> = [
        "disable-tqdm", "save-result", "save-detailed", "append-result", "profile",
        "trust-remote-code", "insecure", "disable-shuffle", "no-oversample",
    ]
    /// The same with any number of them.
    private static let unusedLists: Set<String> = ["header", "metadata"]

    /// Reads a line. Throws `InputError` for one that is none, and for a flag or a value that is
    /// not understood.
    public init(_ line: String) throws {
        var words = try Self.words(line)[...]
        guard words.starts(with: ["vllm", "bench", "serve"]) else {
            throw InputError(
                "--bench", "is no line of vLLM's benchmark",
                expected: "\"vllm bench serve --request-rate 10 ...\"")
        }
        words = words.dropFirst(3)
        while let word = words.popFirst() { try read(word, &words) }
        try translate()
        if !unused.isEmpty {
            notes.append(
                "--bench: no meaning in a simulation: " + unused.joined(separator: ", "))
        }
    }

    private mutating func read(_ word: String, _ words: inout ArraySlice<String>) throws {
        guard word.hasPrefix("--"), word.count > 2 else {
            throw Self.error(word.echoed(), "is no flag", "a flag of vllm bench serve")
        }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
        let name = (parts.first ?? "").replacing("_", with: "-")
        func value() throws -> String {
            if parts.count > 1 { return parts[1] }
            guard let next = words.popFirst(), !next.hasPrefix("--") else {
                throw Self.error("--" + name, "has no value", "one")
            }
            return next
        }
        func rest() -> [String] {
            var list = parts.count > 1 ? [parts[1]] : []
            while let next = words.first, !next.hasPrefix("--") {
                list.append(next)
                words.removeFirst()
            }
            return list
        }
        if Self.keys[name] != nil {
            values[name] = try value()
        } else if name == "ignore-eos", parts.count == 1 {
            changes.append("trace.stop=length")
        } else if name == "goodput" {
            try readGoodput(rest())
        } else if Self.unusedSwitches.contains(name), parts.count == 1 {
            unused.append("--" + name)
        } else if Self.unusedValues.contains(name) {
            _ = try value()
            unused.append("--" + name)
        } else if Self.unusedLists.contains(name) {
            _ = rest()
            unused.append("--" + name)
        } else {
            throw Self.error(
                "--" + name.echoed(), "is not understood",
                "flags of the rate, the cap and the random dataset")
        }
    }

    private mutating func readGoodput(_ pairs: [String]) throws {
        let keys = ["ttft": "slo.ttft_ms", "tpot": "slo.tpot_ms", "e2el": "slo.e2e_ms"]
        for pair in pairs {
            let parts = pair.split(separator: ":").map(String.init)
            guard parts.count == 2, let key = keys[parts[0]], Double(parts[1]) != nil else {
                throw Self.error(
                    "--goodput", "\(pair.echoed()) is no limit", "ttft:, tpot: or e2el: and ms")
            }
            changes.append("\(key)=\(parts[1])")
        }
    }

    private mutating func translate() throws {
        guard ["random", nil].contains(values["dataset-name"]) else {
            throw Self.error(
                "--dataset-name", "\(values["dataset-name"]!.echoed()) is not drawn here",
                "random, or --trace FILE with trace.request_rate")
        }
        for (name, key) in Self.keys.sorted(by: { $0.key < $1.key }) {
            if let key, let value = values[name] { changes.append("\(key)=\(value)") }
        }
        let input = values["random-input-len"] ?? values["input-len"] ?? "1024"
        let output = values["random-output-len"] ?? values["output-len"] ?? "128"
        changes += [
            "trace.file=null", "trace.random_input_len=\(input)",
            "trace.random_output_len=\(output)",
            "trace.limit=\(values["num-prompts"] ?? "1000")", "seed=\(values["seed"] ?? "0")",
        ]
        let isUnlimited = ["inf", "infinity"].contains(values["request-rate"] ?? "inf")
        if !isUnlimited, let rate = values["request-rate"] {
            changes.append("trace.request_rate=\(rate)")
        }
        if let cap = values["max-concurrency"] {
            // All are due at once, so that the next is sent when one ends.
            let isLoop = isUnlimited && values["ramp-up-strategy"] == nil
            changes.append("trace.\(isLoop ? "concurrency" : "max_concurrency")=\(cap)")
        }
        if let model = values["model"] { try take(model: model) }
    }

    private mutating func take(model: String) throws {
        let name = String(model.split(separator: "/").last ?? "")
        if let known = [model, name].first(where: { (try? Catalogue.model(named: $0)) != nil }) {
            changes.append("model.name=\(known)")
        } else {
            notes.append(
                "--bench: the catalogue does not know --model \(model.echoed()): the "
                    + "configuration's model serves")
        }
    }

    private static func error(_ flag: String, _ problem: String, _ expected: String) -> InputError {
        InputError("--bench", "\(flag) \(problem)", expected: expected)
    }

    /// The words of a line as a shell would part them: quotes, and a backslash before a character
    /// or a line's end.
    static func words(_ line: String) throws -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                isEscaped = false
                if !character.isNewline { word = (word ?? "") + String(character) }
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = word! + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else {
            throw InputError("--bench", "ends inside a quotation", expected: "a whole line")
        }
        return words + [word].compactMap(\.self)
    }
}
