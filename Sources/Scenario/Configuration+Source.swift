import Basics
import Traces

extension Configuration.TraceSection {
    /// How the trace is read.
    package func options(seed: UInt64) throws -> TraceOptions {
        var options = TraceOptions()
        options.format = format
        options.timeUnit = timeUnit
        options.blockTokens = blockTokens
        options.columns = try columns.map { try TraceColumns($0, place: "trace.columns") }
        options.model = model
        options.isStrict = strict
        options.limit = limit
        options.followsSessions = followsSessions
        options.sessionRate = sessionRate
        options.seed = seed
        if rateScale != 1 {
            // Keeps six decimals of the factor, so that times scale exactly.
            options.timeScale = try TimeScale(
                multiplier: 1_000_000, divisor: Int64((rateScale * 1e6).rounded()),
                place: "trace.rate_scale")
        }
        try options.keep(from: startSeconds, to: endSeconds, place: "trace.end_s")
        return options
    }
}

/// The amount of trace to replay, as far as it is known in advance.
package struct TraceExtent: Sendable {
    /// Most requests.
    package var requests: Int?
    /// Seconds over which requests arrive.
    package var seconds: Double?

    /// The share done when `ended` requests have ended after `now` simulated seconds; nil if
    /// nothing is known in advance.
    package func share(ended: Int, seconds now: Double) -> Double? {
        let shares = [
            requests.map { Double(ended) / Double(max(1, $0)) },
            seconds.map { now / max($0, 1e-9) },
        ].compactMap(\.self)
        return shares.max()
    }
}

/// A trace ready to be replayed.
public struct OpenedTrace {
    /// The trace's name in reports.
    public var name: String
    /// The requests, in order of arrival.
    public var source: any RequestSource
    /// The reader's counts, complete when the source has ended; nil for the built-in trace.
    package var notes: TraceNotes?
    /// Whether it came through a pipe and cannot be opened again.
    package var isReadOnce = false
    package var extent = TraceExtent()
    /// What the configuration assumes about it, one sentence each.
    var assumed: [String] = []
    /// How the answers of a measured trace are assumed to end, if the configuration does not say.
    var assumedEnd: String?
    /// The request names for output.by; nil if the trace cannot have any.
    package var labels: RequestLabels?

    /// What was assumed, dropped, repaired and skipped, one line each.
    package var remarks: [String] {
        let pipe =
            "the trace came through a pipe: to repeat the run from config.resolved.json, write it"
            + " to a file first"
        let end = notes?.measured == nil ? nil : assumedEnd
        return (notes.map(Self.remarks) ?? []) + assumed + (end.map { [$0] } ?? [])
            + (isReadOnce ? [pipe] : [])
    }

    /// What a reader assumed, dropped, repaired and skipped, one line each.
    package static func remarks(of notes: TraceNotes) -> [String] {
        let quirks = notes.quirks.map { item in
            "\(Quantity.counted(item.count, "row")) of the trace "
                + "\(item.quirk.drops ? "dropped" : "mended"): " + item.quirk.words
        }
        return (notes.assumptions + notes.remarks).map { "the trace: \($0)" } + quirks
    }
}

extension Configuration {
    /// Opens the trace: a file, a recipe (a `.json5` file) or the built-in recipe. Throws
    /// `InputError` for anything else.
    public func openTrace() throws -> OpenedTrace {
        if let random = try randomDataset() { return try sent(random) }
        if let recipe = try recipe() { return try sent(synthesized(recipe)) }
        let file = trace.file!
        var options = try trace.options(seed: drawingSeed)
        options.labels = output.by?.label.map { [$0] } ?? []
        let (source, notes) = try Traces.openTrace(file, options: options)
        let name = file == "-" ? "standard input" : file.split(separator: "/").last ?? file[...]
        var opened = OpenedTrace(
            name: String(name).echoed(), source: source, notes: notes,
            isReadOnce: InputFile.isReadOnce(file),
            extent: TraceExtent(requests: trace.limit),
            labels: output.by?.label.flatMap(notes.labels))
        if engine.asyncScheduling, !gives("trace.stop") { opened.assumedEnd = Self.assumedEnd }
        if gives("seed"), let seed, !draws(notes) {
            opened.assumed.append(
                "seed=\(seed) has no effect: the trace is recorded, and nothing else is drawn")
        }
        return try sent(opened)
    }

    private static let assumedEnd =
        "measured answers are taken to end by a stop token (trace.stop=eos), behind which one more"
        + " step is in flight; a load with --ignore-eos wants trace.stop=length"

    /// The recipe used as the trace: the built-in one, or a file recognised by its content.
    func recipe() throws -> Recipe? {
        guard trace.randomInputTokens == nil else { return nil }
        guard let file = trace.file else { return .builtInChat }
        return try Recipe.isRecipe(file) ? Recipe.read(file) : nil
    }

    /// The seed of everything drawn except a recipe, which has its own seed if none is given. This
    /// way a recipe and the trace written from it give the same run.
    var drawingSeed: UInt64 { UInt64(seed ?? 0) }

    /// The seed that draws the requests: the given one, else the recipe's own, else 0. A recipe
    /// whose file is gone counts as 0.
    package var seedOfRequests: UInt64 {
        if let seed { return UInt64(seed) }
        return (try? recipe())?.seed ?? 0
    }

    /// What to say of a trace whose `requests` are fewer than `trace.limit` asks for; nil where
    /// they are as many, or where something else may end it.
    package func endOfTrace(after requests: Int) -> String? {
        guard let limit = trace.limit, requests < limit, trace.stages == nil else { return nil }
        return "trace.limit is \(Quantity.count(limit)), and the trace ends after "
            + Quantity.counted(requests, "request")
    }

    private static let notOfRecipes =
        "applies to recorded traces only; write one first: headway trace synth --out t.jsonl"

    /// A recipe's requests. The rate is scaled before drawing, so that sessions keep their think
    /// times.
    private func synthesized(_ recipe: Recipe) throws -> OpenedTrace {
        var recipe = recipe
        if trace.startSeconds > 0 {
            throw InputError(
                "trace.start_s", Self.notOfRecipes)
        }
        let readers = [
            ("trace.time_unit", trace.timeUnit != nil),
            ("trace.block_size", trace.blockTokens != nil),
            ("trace.columns", trace.columns != nil), ("trace.model", trace.model != nil),
        ]
        for (key, isGiven) in readers where isGiven {
            throw InputError(key, Self.notOfRecipes)
        }
        recipe.arrivals.rate *= trace.rateScale
        if let limit = trace.limit { recipe.requests = min(limit, recipe.requests ?? limit) }
        if let end = trace.endSeconds { recipe.durationS = min(end, recipe.durationS ?? end) }
        let seed = seed.map(UInt64.init) ?? recipe.seed
        var source = RecipeSource(
            recipe, seed: seed, followsSessions: trace.followsSessions)
        let labels = output.by == .session ? RequestLabels(.session) : nil
        source.labels = labels
        return OpenedTrace(
            name: "\(recipe.name.echoed()) (seed \(seed))", source: source, notes: nil,
            extent: TraceExtent(requests: recipe.requests, seconds: recipe.durationS),
            labels: labels)
    }
}
