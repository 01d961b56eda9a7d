import Basics
import Traces

extension Verb {
    /// `headway trace synth`.
    static let traceSynth = Verb(
        "trace synth",
        summary: "Make a trace from a recipe, reproducibly from its seed.",
        operands: "[RECIPE.json5]", operandCount: 0...1,
        details: """
            A recipe (JSON5) describes arrivals of sessions, lengths of prompts and outputs, what
            they share, and the loops of agents. traces/README.md explains every key. Without a
            recipe it writes the built-in chat trace that `headway run` replays. The same seed gives
            the same bytes on every machine.
            """,
        flags: TraceSink.flags + [
            Flag("--seed", "N", "Random seed, instead of the recipe's."),
            Flag("--limit", "N", "Number of requests, instead of the recipe's."),
            .json,
        ]
    ) { arguments in
        var recipe = try arguments.operands.first.map(Recipe.read) ?? .builtInChat
        if let limit = try arguments.integer("--limit", atLeast: 1) { recipe.requests = limit }
        let seed = try arguments.integer("--seed").map { UInt64($0) } ?? recipe.seed
        var source = RecipeSource(recipe, seed: seed)
        // A single class distinguishes nothing.
        source.labels = recipe.classes.count > 1 ? RequestLabels(.session) : nil
        try TraceSink(arguments).write(
            source,
            remarks: ["Recipe \(recipe.name.echoed()), seed \(seed)"]
                + (source.labels == nil
                    ? ["Its sessions are of one kind, which is not written"] : []),
            total: recipe.requests, labels: source.labels.map { [$0] } ?? [])
        return 0
    }
}
