import Basics
import Foundation
import Testing

@testable import Traces

private func collect(_ source: RecipeSource) throws -> Workload {
    var source = source
    var all = Workload()
    while let batch = try source.next() { all.append(contentsOf: batch) }
    return all
}

/// Chat in a small context, with pauses about as long as the warm-up, over a changing rate.
private func recipe(rate: Double) -> Recipe {
    var entry = RequestClass(prompt: .lognormal(median: 50, p90: 200, max: 900), output: .fixed(20))
    entry.turns = .exponential(mean: 3, min: 1, max: 9)
    entry.thinkS = .exponential(mean: 10, min: 0, max: 200)
    var single = RequestClass(prompt: .fixed(30), output: .fixed(5))
    single.share = 0.5
    var recipe = Recipe(arrivals: .init(rate: rate), classes: [entry, single])
    recipe.arrivals.spikes = [.init(atS: -12, durationS: 5, factor: 4)]
    recipe.warmUpS = 30
    recipe.durationS = 20
    recipe.maxContext = 900
    return recipe
}

/// What the sessions under way at time 0 bring: requests, and their prompts' and times' sums.
private struct Joined {
    var requests = 0.0
    var tokens = 0.0
    var seconds = 0.0
    var turns = 0.0

    init(_ trace: Workload) {
        for row in 0..<trace.count where trace.predecessors[row] < 0 {
            let segments = trace.segments(of: row)
            // A first turn has no answers in its prompt.
            guard segments.count > 1 else { continue }
            requests += 1
            tokens += Double(trace.promptTokens[row])
            seconds += Double(trace.arrivals[row]) * 1e-9
            turns += Double(segments.count)
        }
    }
}

@Suite struct WarmUps {
    /// Both ways to draw a warm-up, over many seeds: the same law within five standard errors.
    @Test func sessionsDrawnAsTheyTurnUpHaveTheLawOfThoseDrawnFromTheirStart() throws {
        let recipe = recipe(rate: 40)
        let seeds = 40
        func sample(_ mostSimple: Double) throws -> [Joined] {
            try (0..<seeds).map { seed in
                Joined(
                    try collect(
                        RecipeSource(recipe, seed: UInt64(seed), mostSimple: mostSimple)))
            }
        }
        let (simple, joined) = (try sample(1e9), try sample(0))
        for figure in [\Joined.requests, \.tokens, \.seconds, \.turns] {
            func mean(_ all: [Joined]) -> Double {
                all.reduce(0) { $0 + $1[keyPath: figure] } / Double(seeds)
            }
            let (a, b) = (mean(simple), mean(joined))
            let variance = (simple + joined).reduce(0.0) {
                let rest = $1[keyPath: figure] - (a + b) / 2
                return $0 + rest * rest
            }
            let error = (variance / Double(2 * seeds * seeds) * 2).squareRoot()
            #expect(a > 0 && abs(a - b) < 5 * error, "\(figure): \(a) and \(b), ± \(error)")
        }
    }

    @Test func aHugeRateIsDrawnAtOnceAndRequestsStayInOrder() throws {
        var recipe = Recipe.builtInChat
        recipe.arrivals.rate *= 1e6
        recipe.requests = 2_000
        let trace = try collect(RecipeSource(recipe))
        #expect(trace.count == 2_000)
        #expect(zip(trace.arrivals, trace.arrivals.dropFirst()).allSatisfy { $0 <= $1 })
        // Of the requests, as many are later turns of sessions under way as in the built-in trace.
        let later = (0..<trace.count).filter { trace.segments(of: $0).count > 2 }.count
        #expect((0.3...0.6).contains(Double(later) / 2_000))
    }

    @Test func whatCannotBeDrawnIsRefused() throws {
        var huge = recipe(rate: 1e9)
        huge.arrivals.process = .gamma
        #expect(throws: InputError.self) { try collect(RecipeSource(huge)) }
        for rate in [1e-9, 1e-300] {
            for rhythm in [nil, Array(repeating: 1.0, count: 23) + [2]] {
                var slow = recipe(rate: rate)
                slow.arrivals.daily = rhythm
                slow.durationS = nil
                slow.requests = 5
                #expect(throws: InputError.self) { try collect(RecipeSource(slow)) }
            }
        }
        let batch =
            "{requests: 5, warm_up_s: 1, arrivals: {rate: 1, process: 'batch'},"
            + " classes: [{prompt: 1, output: 1}]}"
        #expect(throws: InputError.self) {
            try Recipe.parse(Data(batch.utf8), place: "recipe")
        }
    }

    @Test func aRecipeIsToldByItsContent() throws {
        let text =
            "{ // a recipe\n requests: 5, arrivals: {rate: 1}, classes: [{prompt: 9, output: 2}]}"
        try withFile(text, name: "r.txt") { #expect(Recipe.isRecipe($0)) }
        let row = "{\"arrival_us\": 0, \"prompt_tokens\": 5, \"output_tokens\": 5}\n"
        for name in ["t.json5", "t.jsonl"] {
            try withFile(row + row, name: name) { #expect(!Recipe.isRecipe($0)) }
        }
        try withFile("{nothing: 1}", name: "x.json5") { #expect(Recipe.isRecipe($0)) }
    }
}
