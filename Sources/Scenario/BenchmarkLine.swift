import Basics
import Models

/// Translates a command line of vLLM 0.33's serving benchmark into keys of a configuration.
///
/// `vllm bench serve --request-rate 10 --max-concurrency 8 --random-input-len 512`: the load and
/// the dataset (random, prefix_repetition, timed_trace) become keys. Notes list what has no use in
/// a simulation; everything else is refused. `BenchmarkFlags` has the tables.
package struct BenchmarkLine: Sendable {
    /// `key=value`, as for `--set`.
    package internal(set) var changes: [String] = []
    /// The flag that set a key, if the line gave it.
    private var flags: [String: String] = [:]
    /// Notes on flags that have no effect here, one sentence each.
    package private(set) var notes: [String] = []

    var values: [String: String] = [:]
    /// Whether a timed trace keeps its times; nil: not given.
    private var keepsTimes: Bool?
    private var unused: [String] = []
    /// The note on a model that is not known, for a benchmark without a server's line.
    private var unknownModel: String?

    /// What is known of the variables of a script.
    private var references = ShellReferences()

    /// Reads a line, `@FILE` or a file with one in it. Throws `InputError` if it is not a
    /// benchmark's, and for an unknown flag or value.
    package init(_ text: String) throws {
        let line = try PastedText(text, place: "--bench", "vllm bench serve ...").text
        var words = try command(ShellScript(line, place: "--bench"))
        while let word = words.popFirst() { try read(word, &words) }
        try translate()
        if !unused.isEmpty {
            notes.append(
                "--bench: no meaning in a simulation: " + unused.joined(separator: ", "))
        }
    }

    /// The words after the program. What a script does besides is named.
    private mutating func command(_ script: ShellScript) throws -> ArraySlice<String> {
        let found = script.commands.enumerated().compactMap { index, command in
            Self.start(command.words).map { (index: index, start: $0) }
        }
        guard let (index, start) = found.first else {
            throw InputError(
                "--bench", "is not a line of vLLM's benchmark",
                expected: "\"vllm bench serve --request-rate 10 ...\", or @FILE with it")
        }
        guard found.count == 1 else {
            throw InputError(
                "--bench", "starts more than one benchmark", expected: "the line of one")
        }
        let command = script.commands[index]
        references = script.references
        let before =
            script.commands[..<index].flatMap(\.words) + command.words[..<(start.lowerBound)]
        let others = before.filter { ShellAssignment($0) == nil && $0 != "export" }
        if !others.isEmpty {
            notes.append(
                "--bench: what stands before the benchmark is not read: "
                    + others.joined(separator: " ").echoed())
        }
        let after =
            command.redirections
            + script.commands[(index + 1)...].flatMap { $0.words + $0.redirections }
        notes += script.notes(after: after, of: "the benchmark")
        notes += references.notes(place: "--bench")
        return command.words[start.upperBound...]
    }

    /// The words of the benchmark's program, if a command has them: `vllm bench serve`, as a
    /// module, or the script that it was before.
    static func start(_ words: [String]) -> Range<Int>? {
        for (index, word) in words.enumerated() {
            let name = ServerProgram.lastName(word)
            let isProgram = name == "vllm" || word == "vllm.entrypoints.cli.main"
            if isProgram, words[(index + 1)...].starts(with: ["bench", "serve"]) {
                return index..<(index + 3)
            }
            if name == "benchmark_serving.py" { return index..<(index + 1) }
        }
        return nil
    }

    private mutating func read(_ word: String, _ words: inout ArraySlice<String>) throws {
        if let found = references.unknown(in: word), !word.hasPrefix("--") {
            throw found.error(place: "--bench", in: "")
        }
        guard word.hasPrefix("--"), word.count > 2 else {
            throw Self.error(word.echoed(), "is not a flag", "a flag of vllm bench serve")
        }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
        let given = (parts.first ?? "").replacing("_", with: "-")
        let name = try BenchmarkFlags.name("--" + given) ?? given
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
        if BenchmarkFlags.keys[name] != nil {
            let word = try value()
            let mayBeUnknown = ["backend", "model", "served-model-name"].contains(name)
            if let found = references.unknown(in: word), !mayBeUnknown {
                throw found.error(place: "--bench", in: "--" + name)
            }
            guard !BenchmarkFlags.integers.contains(name) || Int(word) != nil else {
                throw Self.error("--" + name, "is \(word.echoed())", "an integer")
            }
            values[name] = word
            if ["backend", "served-model-name"].contains(name) { unused.append("--" + name) }
        } else if name == "ignore-eos", parts.count == 1 {
            changes.append("trace.stop=length")
        } else if name.hasSuffix("self-timed"), ["self-timed", "no-self-timed"].contains(name) {
            keepsTimes = name == "self-timed"
        } else if name == "goodput" {
            try readGoodput(rest())
        } else if let reason = BenchmarkFlags.refused[name] {
            throw Self.error("--" + name, reason, "a line without it")
        } else if BenchmarkFlags.unusedSwitches.contains(name)
            || BenchmarkFlags.otherSwitches.contains(name), parts.count == 1
        {
            unused.append("--" + name)
        } else if BenchmarkFlags.unusedValues.contains(name)
            || BenchmarkFlags.otherDatasets.contains(where: name.hasPrefix)
        {
            _ = try value()
            unused.append("--" + name)
        } else if BenchmarkFlags.unusedLists.contains(name) {
            _ = rest()
            unused.append("--" + name)
        } else {
            throw Self.error(
                "--" + name.echoed(), "is not understood",
                "flags of vllm bench serve 0.33 for generation")
        }
    }

    private mutating func readGoodput(_ pairs: [String]) throws {
        let keys = ["ttft": "slo.ttft_ms", "tpot": "slo.tpot_ms", "e2el": "slo.e2e_ms"]
        // The benchmark sets no limit for a latency that the line does not name.
        changes += ["ttft", "tpot", "itl", "e2e"].map { "slo.\($0)_ms=null" }
        for pair in pairs {
            let parts = pair.split(separator: ":").map(String.init)
            guard parts.count == 2, let key = keys[parts[0]], Double(parts[1]) != nil else {
                throw Self.error(
                    "--goodput", "\(pair.echoed()) is not a limit", "ttft:, tpot: or e2el: and ms")
            }
            set(key, parts[1], from: "goodput")
        }
    }

    /// Sets a key to a flag's value.
    mutating func set(_ key: String, _ value: String, from flag: String) {
        changes.append("\(key)=\(value)")
        flags[key] = "--" + flag
    }

    /// An error about one of the changes. Names the flag that the user typed, not the key.
    func blamed(_ error: InputError, _ change: String) -> InputError {
        guard let flag = flags[String(change.prefix { $0 != "=" })] else { return error }
        return InputError(
            "--bench", "\(flag) \(error.problem)", expected: error.expected,
            suggestion: error.suggestion)
    }

    private mutating func translate() throws {
        try refuseOtherLoads()
        for (name, key) in BenchmarkFlags.keys.sorted(by: { $0.key < $1.key }) {
            if let key, let value = values[name] { set(key, value, from: name) }
        }
        set("seed", values["seed"] ?? "0", from: "seed")
        let dataset = values["dataset-name"] ?? "random"
        let isTimed = dataset == "timed_trace" && keepsTimes != false
        if dataset != "timed_trace", keepsTimes != nil {
            throw Self.error(
                keepsTimes == true ? "--self-timed" : "--no-self-timed",
                "is of use with --dataset-name timed_trace alone", "that dataset")
        }
        switch dataset {
        case "random": try drawRandom()
        case "prefix_repetition": try drawPrefixes()
        case "timed_trace": try readTrace()
        default:
            throw Self.error(
                "--dataset-name", "\(dataset.echoed()) is not drawn here",
                "random, prefix_repetition, timed_trace, or --trace FILE with trace.request_rate")
        }
        let isUnlimited = ["inf", "infinity"].contains(values["request-rate"] ?? "inf")
        if isTimed, values["ramp-up-strategy"] != nil || !isUnlimited {
            unused.append("--request-rate and the like, as the trace is timed")
            changes.removeAll { $0.hasPrefix("trace.ramp_up") || $0.hasPrefix("trace.burst") }
        } else if !isUnlimited, let rate = values["request-rate"] {
            set("trace.request_rate", rate, from: "request-rate")
        } else if dataset == "timed_trace", !isTimed, values["ramp-up-strategy"] == nil {
            throw Self.error(
                "--no-self-timed", "sends all requests at once without --request-rate",
                "--request-rate R")
        }
        if let cap = values["max-concurrency"] {
            // All requests are due at once, so the next is sent when one ends: a closed loop.
            let isLoop = isUnlimited && values["ramp-up-strategy"] == nil && !isTimed
            let key = isLoop ? "trace.concurrency" : "trace.max_concurrency"
            set(key, cap, from: "max-concurrency")
        }
        if let model = values["model"] { take(model: model) }
    }

    /// Refuses requests that the benchmark sends in addition to the dataset's, and tasks other than
    /// generation.
    private mutating func refuseOtherLoads() throws {
        if let warmUps = values["num-warmups"], Int(warmUps) != 0 {
            notes.append(
                "--bench: the \(warmUps) requests of --num-warmups, of which no figure is, are not "
                    + "sent")
        }
        if let rate = values["probe-request-rate"], Double(rate) != 0 {
            throw Self.error(
                "--probe-request-rate", "sends requests besides those of the dataset", "0")
        }
        if let backend = values["backend"],
            ["embedding", "pooling", "rerank", "audio"].contains(where: backend.contains)
        {
            throw Self.error(
                "--backend", "\(backend.echoed()) is not for generation", "openai or openai-chat")
        }
    }

    private mutating func take(model: String) {
        let name = String(model.split(separator: "/").last ?? "")
        if let known = [model, name].first(where: { (try? Catalogue.model(named: $0)) != nil }) {
            changes.append("model.name=\(known)")
        } else {
            unknownModel =
                "--bench: the catalogue does not know --model \(model.echoed()): the "
                + "configuration's model serves"
        }
    }

    /// The notes of the line, beside a server's line.
    ///
    /// The server answers 404 to a request that names a model it does not serve under that name.
    package func notes(beside server: ServerLine?) -> [String] {
        guard let server, let served = server.names else {
            return notes + (unknownModel.map { [$0] } ?? [])
        }
        let flag = values["served-model-name"] != nil ? "--served-model-name" : "--model"
        guard let asked = values[String(flag.dropFirst(2))], !served.contains(asked),
            references.unknown(in: asked) == nil
        else { return notes }
        let same = served.contains { Self.model($0) != nil && Self.model($0) == Self.model(asked) }
        guard !same else { return notes }
        return notes + [
            "--bench: \(flag) \(asked.echoed()) is not what the server of --serve answers to ("
                + served.joined(separator: ", ").echoed()
                + "), and it would refuse each request: its own model serves the load"
        ]
    }

    /// The model of the catalogue that a name means.
    private static func model(_ name: String) -> String? {
        (try? Catalogue.model(named: name))?.name
    }

    private static func error(_ flag: String, _ problem: String, _ expected: String) -> InputError {
        InputError("--bench", "\(flag) \(problem)", expected: expected)
    }
}
