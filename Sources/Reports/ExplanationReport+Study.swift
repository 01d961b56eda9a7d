import Basics
import Experiments
import Models
import StepTime

extension ExplainScenario.MixedStep {
    /// For example "With a chunk of 512 prompt tokens beside the decodes ...".
    var text: String {
        let added = together - decodesAlone
        return "A chunk of \(Quantity.count(chunkTokens)) prompt tokens in the same step: "
            + "\(Quantity.duration(seconds: together)) instead of "
            + "\(Quantity.duration(seconds: decodesAlone)); each of \(Quantity.count(decodes)) "
            + "decode\(decodes == 1 ? "" : "s") waits "
            + "\(Quantity.duration(seconds: added)) more. A step of its own would take the chunk "
            + Quantity.duration(seconds: chunkAlone) + "."
    }
}

extension ExplainScenario.WholeRequest {
    /// For example "A request of 4,096 + 256 tokens alone: TTFT 103 ms, ...".
    var text: String {
        let others = batch == 1 ? "alone" : "with \(Quantity.count(batch)) decoding together"
        let pieces = Quantity.counted(chunks, "step")
        let decode =
            output == 1
            ? ""
            : ", then \(Quantity.count(output - 1)) x TPOT "
                + "\(Quantity.duration(seconds: timePerOutputToken)) = "
                + "\(Quantity.duration(seconds: endToEnd)) in all"
        let beside = decodeTokensPerGPU.map {
            " with the prompts, \(Quantity.significant($0)) while decoding"
        }
        return "A request of \(Quantity.count(input)) + \(Quantity.count(output)) tokens, "
            + "\(others): TTFT \(Quantity.duration(seconds: timeToFirstToken)) in \(pieces) of at "
            + "most \(Quantity.count(chunkTokens)) tokens\(decode). Each GPU delivers "
            + "\(Quantity.significant(outputTokensPerGPU)) output tokens/s\(beside ?? "").\n"
            + "GPU time and launches alone: no queue, no other prefill, no API server."
    }
}

/// The figures of a scenario that comparisons and tables show, by name.
private struct Headline {
    let figures: [(name: String, text: String, value: Double?)]

    init(_ explained: ExplainScenario.Explained) {
        let all = explained.explanation
        let (seconds, step) = (all.breakdown.seconds, all.breakdown.step)
        let gpus = Double(all.deployment.gpus)
        let rate = Double(step.batch * step.tokens) / seconds
        let attention = all.breakdown.phases.filter { Self.attention.contains($0.name) }
            .reduce(0) { $0 + $1.seconds }
        let draft = all.deployment.draft?.weightBytes(beside: all.deployment) ?? 0
        let weights = Double(all.model.weightBytesPerGPU(all.deployment) + draft)
        let cache = Double(all.cacheBytes + all.draftCacheBytes)
        var figures: [(String, String, Double?)] = [
            ("GPUs", Quantity.count(all.deployment.gpus), gpus),
            ("step", Quantity.duration(seconds: seconds), seconds),
            ("tokens/s", Quantity.significant(rate), rate),
            ("tokens/s per GPU", Quantity.significant(rate / gpus), rate / gpus),
            ("attention", Quantity.percent(attention / seconds), attention / seconds),
            ("weights a GPU", Quantity.bytes(weights), weights),
            ("KV a sequence", Quantity.bytes(cache), cache),
            (
                "sequences that fit", all.sequencesThatFit.map(Quantity.count) ?? "none",
                all.sequencesThatFit.map(Double.init)
            ),
        ]
        if let mixed = explained.mixed {
            figures.append(
                ("with chunk", Quantity.duration(seconds: mixed.together), mixed.together))
        }
        if let request = explained.request {
            figures += [
                (
                    "TTFT", Quantity.duration(seconds: request.timeToFirstToken),
                    request.timeToFirstToken
                ),
                (
                    "TPOT", Quantity.duration(seconds: request.timePerOutputToken),
                    request.timePerOutputToken
                ),
            ]
        }
        self.figures = figures
    }

    /// Phases that read or write the cache, and the launches for them.
    private static let attention: Set = ["attn_launch", "qk_scores", "softmax", "attn_v"]
}

/// A scenario at several values of one flag.
package struct ExplanationTable: Encodable {
    private let range: ExplainRange

    /// A table of the explained values.
    package init(_ range: ExplainRange) { self.range = range }

    /// Figures that many tables do not change.
    private static let mayBeConstant: Set = [
        "GPUs", "weights a GPU", "KV a sequence", "TTFT",
    ]

    /// One row per value.
    package var text: String {
        let rows = range.rows.map { row in
            (value: Int(row.value).map(Quantity.count) ?? row.value, row: row)
        }
        let headlines = rows.map { row in
            row.row.explained.map { explained in
                Dictionary(
                    uniqueKeysWithValues: Headline(explained).figures.map {
                        ($0.name, $0.text)
                    })
            }
        }
        let found = headlines.compactMap(\.self)
        // With a chunk or a request there are more; not every row need have one.
        let names =
            rows.compactMap(\.row.explained).map { Headline($0).figures.map(\.name) }
            .max { $0.count < $1.count } ?? []
        // What no row changes is told below the table, which so fits the page.
        let same = names.filter { name in
            Self.mayBeConstant.contains(name) && Set(found.map { $0[name] }).count == 1
        }
        let shown = names.filter { !same.contains($0) }
        var table = TextTable([range.name] + shown, alignments: [.right])
        var problems: [String] = []
        for ((value, row), figures) in zip(rows, headlines) {
            table.add([value] + (figures.map { figures in shown.map { figures[$0] ?? "" } } ?? []))
            if figures == nil { problems.append("\(range.name) \(value): \(row.problem ?? "")") }
        }
        let constants = same.map { "\($0) \(found[0][$0] ?? "")" }.joined(separator: ", ")
        return [
            table.text, constants.isEmpty ? "" : "In every row: \(constants).",
            problems.joined(separator: "\n"), notes.joined(separator: "\n"),
        ]
        .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The notes: those of all rows once, others with the values they apply to.
    private var notes: [String] {
        let explained = range.rows.filter { $0.explained != nil }
        var places: [String: [String]] = [:]
        var notes: [String] = []
        for row in explained {
            for note in row.explained?.explanation.notes ?? [] {
                if places[note] == nil { notes.append(note) }
                places[note, default: []].append(Int(row.value).map(Quantity.count) ?? row.value)
            }
        }
        let clocks = ClockLine.lines(
            explained.compactMap { row in
                row.explained.map {
                    ("\(range.name) \(row.value)", ClockLine.words($0.explanation))
                }
            })
        return clocks
            + notes.map { note in
                let values = places[note, default: []]
                guard values.count < explained.count else { return "Note: \(note)" }
                let which =
                    values.count > 4 ? values.prefix(3) + ["...", values.last!] : values[...]
                return "Note, \(range.name) \(which.joined(separator: ", ")): \(note)"
            }
    }

    private struct Row: Encodable {
        var value: String
        var explanation: ExplanationReport?
        var problem: String?
    }

    private enum Keys: String, CodingKey { case over, rows }

    /// `{over, rows: [{value, explanation | problem}]}`.
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        try keys.encode(range.name, forKey: .over)
        try keys.encode(
            range.rows.map {
                Row(
                    value: $0.value, explanation: $0.explained.map(ExplanationReport.init),
                    problem: $0.problem)
            }, forKey: .rows)
    }
}

/// Two scenarios side by side.
package struct ExplanationComparison: Encodable {
    private let (first, second): (ExplainScenario.Explained, ExplainScenario.Explained)
    private let change: String

    /// A scenario, and the same one with the flags `change`.
    package init(
        _ first: ExplainScenario.Explained, _ second: ExplainScenario.Explained, change: String
    ) {
        (self.first, self.second) = (first, second)
        self.change = change
    }

    /// Figures, then the time of every phase.
    package var text: String {
        let models = [first, second].map(\.explanation)
        let title =
            "\(models[0].model.name) on \(models[0].deployment.gpus) x "
            + "\(models[0].gpu.name), and with \(change.echoed(atMost: 200))"
        var figures = TextTable(["", "before", "after", "change"])
        let (before, after) = (Headline(first).figures, Headline(second).figures)
        let rows =
            before.map(\.name)
            + after.map(\.name).filter { name in
                !before.contains { $0.name == name }
            }
        for name in rows {
            // What one side alone has: without a chunk the step is the decodes' own.
            let other = name == "with chunk" ? "step" : name
            let left = before.first { $0.name == name } ?? before.first { $0.name == other }
            let right = after.first { $0.name == name } ?? after.first { $0.name == other }
            figures.add([
                name, left?.text ?? "", right?.text ?? "",
                Self.ratio(left?.value, right?.value),
            ])
        }
        var phases = TextTable(["phase", "before", "after", "change", "share of the change"])
        let times = models.map(Self.times)
        let whole = models[1].breakdown.seconds - models[0].breakdown.seconds
        let names =
            times[0].map(\.name)
            + times[1].map(\.name).filter { name in
                !times[0].contains { $0.name == name }
            }
        for name in names {
            let pair = times.map { list in list.first { $0.name == name }?.seconds ?? 0 }
            guard pair[0] > 0 || pair[1] > 0 else { continue }
            phases.add([
                name, Quantity.duration(seconds: pair[0]), Quantity.duration(seconds: pair[1]),
                Self.ratio(pair[0], pair[1]),
                whole == 0 ? "" : Quantity.percent((pair[1] - pair[0]) / whole),
            ])
        }
        let clocks = ClockLine.lines(
            Array(zip(["before", "after"], models.map(ClockLine.words))))
        let notes = models.flatMap(\.notes).reduce(into: [String]()) { notes, note in
            if !notes.contains(note) { notes.append(note) }
        }
        return
            ([title, figures.text, phases.text]
            + [(clocks + notes.map { "Note: " + $0 }).joined(separator: "\n")])
            .joined(separator: "\n\n")
    }

    private static func times(_ explanation: Explanation) -> [(name: String, seconds: Double)] {
        explanation.breakdown.phases.map { ($0.name, $0.seconds) }
            + [("host", explanation.breakdown.hostSeconds)]
    }

    private static func ratio(_ before: Double?, _ after: Double?) -> String {
        guard let before, let after, before > 0 else { return "" }
        let change = after / before - 1
        if change >= 10 { return "x " + Quantity.significant(after / before) }
        return (change >= 0 ? "+" : "") + Quantity.percent(change)
    }

    private enum Keys: String, CodingKey { case change, before, after }

    /// `{change, before, after}`, both as explanations.
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        try keys.encode(change, forKey: .change)
        try keys.encode(ExplanationReport(first), forKey: .before)
        try keys.encode(ExplanationReport(second), forKey: .after)
    }
}

/// The models of the catalogue.
package struct ModelList: Encodable {
    /// One model as it is served.
    package struct Entry: Encodable {
        package var family: String
        package var name: String
        package var parametersTotal: Int64
        package var parametersActive: Int64
        package var weights: String
        package var layers: Int
        package var kvBytesPerToken: Int64
        package var maxModelLen: Int
    }

    package let models: [Entry]

    /// The models of which a spelling or the family contains a word, by family; all if it is empty.
    ///
    /// - Throws: `InputError` with the nearest names if none does.
    package init(with word: String = "") throws {
        models = try Catalogue.groups.flatMap { group in
            try group.names(with: word).map { name in
                let model = try Catalogue.model(named: name)
                return Entry(
                    family: group.family, name: name, parametersTotal: model.totalParameters,
                    parametersActive: model.activeParameters,
                    weights: model.nativeWeights.rawValue, layers: model.layers.count,
                    kvBytesPerToken: KVCacheLayout(model, Deployment()).bytesPerToken,
                    maxModelLen: model.maxContext)
            }
        }
        if models.isEmpty {
            throw InputError(
                "--list-models", "no name contains \"\(word)\"",
                expected: "a part of a model's or a family's name",
                suggestion: Catalogue.nearestNames(to: word).joined(separator: ", "))
        }
    }

    /// One row per model, below its family.
    package var text: String {
        var table = TextTable(
            ["model", "parameters", "active", "weights", "layers", "KV bytes/token", "context"],
            alignments: [.left, .right, .right, .left])
        var family = ""
        for model in models {
            if model.family != family { table.add(heading: model.family) }
            family = model.family
            table.add([
                model.name, Quantity.decimal(Double(model.parametersTotal) * 1e-9, 2) + "B",
                Quantity.decimal(Double(model.parametersActive) * 1e-9, 2) + "B", model.weights,
                Quantity.count(model.layers), Quantity.count(Int(model.kvBytesPerToken)),
                Quantity.count(model.maxModelLen),
            ])
        }
        return table.text
            + "\n\nA published name or the path of a config.json does as well (--model)."
    }
}
