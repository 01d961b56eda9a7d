import Basics
import Foundation
import Testing

@testable import Traces

private func generate(_ recipe: Recipe, seed: UInt64? = nil, follow: Bool = true) throws -> Workload
{
    var source = RecipeSource(recipe, seed: seed, followsSessions: follow)
    var all = Workload()
    while let batch = try source.next() { all.append(contentsOf: batch) }
    return all
}

private func median(_ values: [Int32]) -> Int32 { values.sorted()[values.count / 2] }

/// Generated once for all tests.
private let builtIn = Result { try generate(.builtInChat) }

@Suite struct Recipes {
    @Test func theBuiltInTraceIsWhatItsDescriptionSays() throws {
        let trace = try builtIn.get()
        #expect(trace.count == 20_000)
        #expect((900...1_150).contains(median(trace.promptTokens)))
        #expect((120...140).contains(median(trace.outputTokens)))
        let seconds = Double(trace.arrivals.last! - trace.arrivals.first!) * 1e-9
        #expect((56...72).contains(20_000 / seconds))
        #expect(trace.predecessors.count == 20_000)
        #expect(trace.predecessors.contains { $0 >= 0 })
    }

    @Test func requestsAreInOrderAndTheirSegmentsAddUp() throws {
        let trace = try builtIn.get()
        for row in 0..<trace.count {
            let total = trace.segments(of: row).reduce(0) { $0 + $1.length }
            #expect(total == trace.promptTokens[row])
            if row > 0 { #expect(trace.arrivals[row] >= trace.arrivals[row - 1]) }
        }
    }

    @Test func aLaterTurnQuotesItsPredecessorAndTheAnswer() throws {
        let trace = try builtIn.get()
        let row = trace.predecessors.firstIndex { $0 >= 0 }!
        let before = Int(trace.predecessors[row])
        let quoted = Array(trace.segments(of: before))
        let prompt = Array(trace.segments(of: row))
        #expect(Array(prompt.prefix(quoted.count)) == quoted)
        #expect(
            prompt[quoted.count]
                == Segment(
                    content: trace.outputContents[before], length: trace.outputTokens[before]))
    }

    @Test func theSeedDecidesEverything() throws {
        var recipe = Recipe.builtInChat
        recipe.requests = 500
        #expect(try generate(recipe) == generate(recipe))
        #expect(try generate(recipe) != generate(recipe, seed: 2))
    }

    @Test func withoutSessionsNobodyWaits() throws {
        var recipe = Recipe.builtInChat
        recipe.requests = 500
        let open = try generate(recipe, follow: false)
        #expect(open.predecessors.isEmpty)
        #expect(open.arrivals == (try generate(recipe).arrivals))
    }

    @Test func theDigestOfTheBuiltInTraceIsTheSameEverywhere() throws {
        let traces = [try builtIn.get(), try generate(.builtInChat, seed: 1)]
        for (trace, expected) in zip(traces, ["09ee448c97ff8350", "1b418247de0e20c3"]) {
            var digest = Fingerprint()
            for row in 0..<trace.count {
                digest.add(Int(trace.arrivals[row]))
                digest.add(Int(trace.promptTokens[row]))
                digest.add(Int(trace.outputTokens[row]))
            }
            #expect(digest.hexadecimal == expected)
        }
    }
}

@Suite struct Distributions {
    @Test(arguments: [0.3, 1.0, 4.0])
    func gammaAndWeibullHaveTheirMeanAndVariation(_ cv: Double) throws {
        for kind in [Distribution.Kind.gamma, .weibull] {
            var distribution = Distribution(kind: kind, mean: 50)
            distribution.cv = cv
            let sampler = Sampler(distribution)
            var random = SeededRandom(seed: 7)
            var sum = 0.0
            var squares = 0.0
            let count = 200_000
            for _ in 0..<count {
                let value = sampler.draw(&random)
                sum += value
                squares += value * value
            }
            let mean = sum / Double(count)
            let deviation = (squares / Double(count) - mean * mean).squareRoot()
            #expect(abs(mean / 50 - 1) < 0.05)
            #expect(abs(deviation / mean / cv - 1) < 0.1)
        }
    }

    @Test func quantilesAreInterpolated() throws {
        var distribution = Distribution(kind: .quantiles)
        distribution.points = [[0, 10], [0.5, 20], [1, 100]]
        let sampler = Sampler(distribution)
        #expect(sampler.quantile(0.25) == 15)
        #expect(sampler.quantile(0.75) == 60)
    }

    @Test func correlatedDrawsAreCorrelated() throws {
        var entry = RequestClass(
            prompt: .lognormal(median: 100, p90: 300, max: 1e6),
            output: .lognormal(median: 100, p90: 300, max: 1e6))
        entry.correlation = 0.9
        var recipe = Recipe(arrivals: .init(rate: 1), classes: [entry])
        recipe.requests = 5_000
        let trace = try generate(recipe)
        let x = trace.promptTokens.map { PortableMath.log(Double($0)) }
        let y = trace.outputTokens.map { PortableMath.log(Double($0)) }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let covariance = mean(zip(x, y).map { $0 * $1 }) - mean(x) * mean(y)
        let spread =
            (mean(x.map { $0 * $0 }) - mean(x) * mean(x))
            * (mean(y.map { $0 * $0 }) - mean(y) * mean(y))
        #expect(abs(covariance / spread.squareRoot() - 0.9) < 0.03)
    }

    @Test func aRhythmMovesRequestsToItsPeaks() throws {
        var recipe = Recipe(
            arrivals: .init(rate: 0.5),
            classes: [RequestClass(prompt: .fixed(1), output: .fixed(1))])
        recipe.durationS = 86_400
        var daily = [Double](repeating: 1, count: 24)
        daily[12] = 10
        recipe.arrivals.daily = daily
        recipe.arrivals.spikes = [.init(atS: 3_600, durationS: 600, factor: 20)]
        let trace = try generate(recipe)
        func count(_ from: Int64, _ to: Int64) -> Int {
            trace.arrivals.filter { $0 >= from * 1_000_000_000 && $0 < to * 1_000_000_000 }.count
        }
        let quiet = count(0, 3_600)
        #expect(abs(Double(count(12 * 3_600, 13 * 3_600)) / Double(quiet) - 10) < 1.5)
        #expect(abs(Double(count(3_600, 4_200)) * 6 / Double(quiet) - 20) < 3)
    }
}

@Suite struct RecipeFiles {
    private func error(_ text: String) -> String {
        do {
            _ = try Recipe.parse(Data(text.utf8), place: "r.json5")
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func aSmallRecipeReads() throws {
        let text = """
            {
                // Comments are fine.
                requests: 100,
                arrivals: { rate: 2, process: "gamma", cv: 3 },
                classes: [{ prompt: 100, output: { kind: "exponential", mean: 50, min: 1 } }],
            }
            """
        let recipe = try Recipe.parse(Data(text.utf8), place: "r.json5")
        #expect(try generate(recipe).count == 100)
    }

    @Test(arguments: [
        ("", "r.json5"), ("[1]", "r.json5: has the wrong type"),
        ("{ requests: 1, arrivals: { rate: 1 } }", "r.json5: the key classes is missing"),
        ("{ requets: 1 }", "r.json5: unknown key requets; did you mean requests?"),
        ("{ arrivals: { rate: 1, proces: 2 } }", "r.json5: arrivals: unknown key proces"),
        ("{ requests: 1, arrivals: { rate: 0 }, classes: [] }", "r.json5: arrivals.rate: is out"),
        ("{ requests: 1, arrivals: { rate: 1 }, classes: [] }", "r.json5: classes: 0 classes"),
        (
            "{ arrivals: { rate: 1 }, classes: [{ prompt: 1, output: 1 }] }",
            "r.json5: requests: the trace would have no end"
        ),
        (
            "{ requests: 1, arrivals: { rate: 1 }, classes: [{ prompt: -1, output: 1 }] }",
            "r.json5"
        ),
        (
            "{ requests: 1, arrivals: { rate: 1 },"
                + " classes: [{ prompt: { kind: \"gamma\", mean: 3 },"
                + " output: 1 }] }", "r.json5: classes[0].prompt: gamma needs mean"
        ),
        (
            "{ requests: 1, arrivals: { rate: 1 }, classes: [{ prompt: 1, output: 1, share: 0 }] }",
            "r.json5: classes[0].share"
        ),
        (
            "{ requests: 1, arrivals: { rate: \"1\" }, classes: [] }",
            "r.json5: arrivals.rate: has the wrong type; expected a number"
        ),
    ])
    func whatIsWrongIsNamed(_ text: String, _ message: String) {
        #expect(error(text).hasPrefix(message), "\(error(text))")
    }
}
