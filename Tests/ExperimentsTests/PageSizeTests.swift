import Basics
import Reports
import Results
import Scenario
import Simulator
import StepTime
import TestSupport
import Testing
import Traces

@testable import Experiments

/// Sessions with shared system prompts, small enough to feed many pools.
private func recipe(seed: UInt64) -> Recipe {
    var entry = RequestClass(
        prompt: .lognormal(median: 40, p90: 200, max: 900),
        output: .lognormal(median: 30, p90: 120, max: 300))
    entry.system = .init(count: 6, tokens: .lognormal(median: 70, p90: 300, max: 900))
    entry.turns = .exponential(mean: 3, min: 1, max: 9)
    entry.thinkS = .exponential(mean: 4, min: 0.1, max: 60)
    var recipe = Recipe(arrivals: .init(rate: 3), classes: [entry])
    recipe.requests = 100
    recipe.seed = seed
    return recipe
}

private func source(_ seed: UInt64) -> RecipeSource {
    RecipeSource(recipe(seed: seed), followsSessions: false)
}

/// What a simulated replica hits when requests come one at a time.
private func simulatedHits(_ seed: UInt64, page: Int, pages: Int) throws -> Int {
    var plan = RunPlan(
        stepTime: StepTime(
            LinearStepTime(
                fixedMicroseconds: 100, perTokenMicroseconds: 1, perRequestMicroseconds: 1,
                perThousandContextMicroseconds: 0)))
    plan.engine.blockSize = page
    plan.engine.numGPUBlocks = pages + 1
    plan.arrivals = .closedLoop(concurrency: 1)
    plan.engine.asyncScheduling = false
    let result = try simulate(plan, source: source(seed))
    #expect(result.counters.finished == 100)
    return result.counters.hitTokens
}

@Suite struct PageSizes {
    @Test(arguments: zip([1 as UInt64, 2, 3], [16, 48, 16]))
    func curvesEqualASimulatedPoolFedOneRequestAtATime(_ seed: UInt64, _ page: Int) throws {
        let curve = PageCurve(try ReuseLog(source(seed)), pageTokens: page)
        let least = curve.largestRequest
        for pages in [least, 2 * least, 5 * least, curve.uniquePages + 9] {
            let simulated = try simulatedHits(seed, page: page, pages: pages)
            #expect(
                curve.hitTokens(pages: pages) == simulated,
                "seed \(seed), pages of \(page), \(pages) of them")
        }
    }

    @Test func theBoundIsABound() throws {
        var setting = PageStudy.Setting(capacityTokens: 8_000)
        setting.pageSizes = [1, 4, 16, 64]
        let study = try PageStudy(try ReuseLog(source(7)), setting: setting)
        for row in study.rows {
            for point in row.curve + [row.atCapacity] {
                #expect(point.lru <= point.optimal)
                #expect(point.optimal <= row.infinite)
            }
            #expect(row.curve.last!.lru == row.infinite)
            #expect(row.curve.last!.optimal == row.infinite)
        }
    }

    @Test func finePagesHitAtLeastAsMuchWithoutALimit() throws {
        let log = try ReuseLog(source(5))
        let hits = [1, 2, 4, 8, 16, 32].map {
            PageCurve(log, pageTokens: $0).hitTokens(pages: .max)
        }
        #expect(hits == hits.sorted(by: >))
        #expect(hits[0] > 0)
    }

    @Test func lengthsAloneHitNothingAndTheStudySaysWhy() throws {
        var lengths = Workload()
        lengths.ids = [0, 1]
        lengths.arrivals = [0, 1]
        lengths.promptTokens = [100, 100]
        lengths.outputTokens = [5, 5]
        let setting = PageStudy.Setting(capacityTokens: 8_000)
        let silent = try PageStudy(try ReuseLog(InMemorySource(lengths)), setting: setting)
        #expect(!silent.holdsContent)
        #expect(PageStudyReport.text(silent).contains("holds lengths and no content"))
        #expect(try jsonText(PageStudyReport(silent)).contains("no content"))
        let telling = try PageStudy(try ReuseLog(source(7)), setting: setting)
        #expect(telling.holdsContent)
        #expect(!PageStudyReport.text(telling).contains("no content"))
    }

    private func setting(_ changes: String...) throws -> PageStudy.Setting {
        try .init(Configuration.read(file: nil, changes: changes).resolved())
    }

    @Test("models that keep more or less than every token are told apart")
    func otherCaches() throws {
        #expect(try setting().notes.isEmpty && setting().serverPage == nil)
        let windows = try setting("model.name=gpt-oss-20b")
        #expect(windows.notes[0].contains("windows") && windows.serverPage == nil)
        let states = try setting(
            "model.name=qwen3-next-80b-a3b", "engine.tensor_parallel_size=4")
        let page = try #require(states.serverPage)
        #expect(states.notes[0].contains("states") && states.pageSizes.contains(page))
        #expect(throws: InputError.self) { try setting("model.name=falcon-mamba-7b") }
        var own = PageStudy.Setting(capacityTokens: 8_000)
        (own.pageSizes, own.serverPage, own.notes) = ([16, 64], 64, ["it has states"])
        let log = try ReuseLog(source(7))
        let study = try PageStudy(log, setting: own)
        #expect(study.best?.pageTokens == 64)
        #expect(PageStudyReport.text(study).contains("Note: it has states."))
        #expect(try jsonText(PageStudyReport(study)).contains("it has states"))
        own.serverPage = 320
        let none = try PageStudy(log, setting: own)
        #expect(none.best == nil && PageStudyReport.text(none).contains("pages of 320"))
    }

    @Test("keys that the study does not use are refused")
    func keys() throws {
        for change in ["trace.limit=10", "seed=3", "slo.ttft_ms=4", "cluster.router=random"] {
            #expect(throws: InputError.self, "\(change)") {
                try PageStudy.checkKeys([change], confirms: false)
            }
        }
        try PageStudy.checkKeys(["model.name=a", "engine.block_size=32"], confirms: false)
        try PageStudy.checkKeys(["cluster.router=random"], confirms: true)
        #expect(throws: InputError.self) {
            try PageStudy.checkKeys(["trace.limit=10"], confirms: true)
        }
    }

    @Test func onlySizesThatKernelsRunAreRecommended() throws {
        var setting = PageStudy.Setting(capacityTokens: 8_000)
        setting.pageSizes = [1, 4, 24, 16, 64]
        let log = try ReuseLog(source(7))
        let study = try PageStudy(log, setting: setting)
        let best = try #require(study.best)
        #expect(best.pageTokens == 16)
        #expect(study.rows.contains { $0.loss < best.loss })
        #expect(study.ranked.map(\.pageTokens) == [16, 64])
        let text = PageStudyReport.text(study)
        #expect(text.contains("\nPages of 16 tokens lose least"))
        #expect(text.contains("multiples of 16"))
        #expect(text.contains("no price in the step time"))
        setting.pageSizes = [1, 24]
        let none = try PageStudy(log, setting: setting)
        #expect(none.best == nil)
        #expect(PageStudyReport.text(none).contains("None of these page sizes can be chosen"))
        let json = try jsonText(PageStudyReport(none))
        #expect(!json.contains("best_page_size"))
    }

    /// Short prompts in huge pages: nearly all room is empty, and nothing is hit any more.
    @Test func lossesOfUnlikeThingsAreNoPercentage() throws {
        var setting = PageStudy.Setting(capacityTokens: 100_000)
        setting.pageSizes = [16, 4_096]
        let study = try PageStudy(try ReuseLog(source(7)), setting: setting)
        let row = try #require(study.rows.last)
        #expect(row.loss > 1)
        let text = PageStudyReport.text(study)
        let sum = (row.loss * 100).rounded()
        for line in text.split(separator: "\n") where line.hasSuffix("%") || line.contains("% ") {
            #expect(!line.contains("\(Int(sum))."), "\(line)")
        }
        #expect(text.contains("only ranks and may exceed 100"))
        for part in ["lost: share of prompt tokens", "empty room: share", "metadata: bytes"] {
            #expect(text.contains(part))
        }
    }

    @Test(arguments: [(24, true), (4, true), (16, false), (32, false), (1, true), (544, false)])
    func otherBlockSizesGetANote(_ size: Int, _ isNoted: Bool) throws {
        let warnings = try small(["engine.block_size=\(size)"]).resolved().warnings
        #expect(warnings.contains { $0.hasPrefix("engine.block_size is \(size):") } == isNoted)
    }

    @Test func aCacheSmallerThanARequestIsRefused() throws {
        let log = try ReuseLog(source(5))
        #expect(throws: InputError.self) {
            try PageStudy(log, setting: .init(capacityTokens: 100))
        }
    }

    @Test(.enabled(if: evidence != nil)) func mooncakeHitsWhatVLLMsRuleAllows() throws {
        let path = evidence!.appendingPathComponent(
            "traces/mooncake_fast25/conversation_trace.jsonl"
        ).path
        let log = try ReuseLog(try openTrace(path).source)
        let ratio = PageCurve(log, pageTokens: 512).hitRatio(pages: .max)
        #expect((ratio * 10_000).rounded() == 3_734)
    }
}
