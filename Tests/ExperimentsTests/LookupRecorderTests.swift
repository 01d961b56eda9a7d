import Simulator
import Testing
import Traces

@testable import Experiments
@testable import Fidelity

private final class Recording: RunObserver {
    var recorder: LookupRecorder?
    var decisionDetail: DecisionDetail { .plans }

    init(_ plan: RunPlan, _ contents: PromptContents) {
        recorder = LookupRecorder(plan, contents)
    }
    func decided(_ plans: DecidedPlans) { recorder?.add(plans) }
    func record(_ record: RequestRecord) { recorder?.add(record) }
}

@Suite("What other pools would have hit of a run's lookups")
struct LookupRecorderTests {
    private func hits(_ plan: RunPlan, _ workload: Workload) throws -> ClairvoyantHits? {
        let contents = PromptContents()
        let recording = Recording(plan, contents)
        let source = NotingSource(source: InMemorySource(workload), contents: contents)
        let result = try simulate(plan, source: source, observer: recording)
        return recording.recorder?.hits(result)
    }

    @Test(
        "the best replacement hits no less than the run's, and no more than a pool without an end",
        arguments: UInt64(1)...200)
    func bounds(seed: UInt64) throws {
        let random = RandomCase(seed: seed, hasImpatientClients: true)
        guard let found = try? hits(random.plan, random.workload) else { return }
        #expect(found.hit <= found.bestReplacement, "seed \(seed): \(found)")
        #expect(found.bestReplacement <= found.endlessPool, "seed \(seed): \(found)")
        #expect(found.bestReplacement.isMultiple(of: random.plan.engine.blockSize))
        var stepped = random.plan
        stepped.engine.advance = .step
        #expect(try hits(stepped, random.workload) == found, "seed \(seed)")
    }

    @Test("some seeds gain from a better replacement, and more from a larger pool")
    func gains() throws {
        var gained = (replacement: 0, room: 0)
        for seed in UInt64(1)...200 {
            let random = RandomCase(seed: seed)
            guard let found = try? hits(random.plan, random.workload) else { continue }
            if found.bestReplacement > found.hit { gained.replacement += 1 }
            if found.endlessPool > found.bestReplacement { gained.room += 1 }
        }
        #expect(gained.replacement > 5 && gained.room > 5, "\(gained)")
    }

    @Test("is not told with windows, without caching and of two requests of one id")
    func untold() throws {
        var random = try #require(
            (UInt64(1)...200).lazy.map { RandomCase(seed: $0) }.first {
                (try? hits($0.plan, $0.workload)) != nil
            })
        var plan = random.plan
        plan.engine.groups = [.full, .sliding(window: 33)]
        #expect(LookupRecorder(plan, PromptContents()) == nil)
        plan = random.plan
        plan.engine.enablePrefixCaching = false
        #expect(LookupRecorder(plan, PromptContents()) == nil)
        random.workload.ids = random.workload.ids.map { _ in 7 }
        random.workload.predecessors = []
        random.workload.waitEnds = []
        random.workload.waits = []
        if random.workload.count > 1 {
            #expect(try hits(random.plan, random.workload) == nil)
        }
    }
}
