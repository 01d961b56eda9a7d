import Scenario
import Testing
import Traces

@testable import Fidelity
@testable import Results
@testable import Simulator

/// Times of tokens, rebuilt from the steps in which requests got them.
private final class Rebuilding: RunObserver {
    private var steps = TokenSteps()
    private var told: [Int: [Int: Int64]] = [:]
    var runs: [StepRun] = []
    var stints: [[TokenSteps.Stint]] = []
    var rows: [[Int64]] = []
    /// Plans, their lists and deliveries seen.
    var seen = 0
    var decisionDetail: DecisionDetail { .plans }
    var watchesDeliveries: Bool { true }

    func decided(_ plans: DecidedPlans) {
        steps.add(plans)
        seen += plans.plans.count + plans.entries.count + plans.changes.count
        seen += plans.deliveries.count
    }

    func record(_ record: RequestRecord) {
        let own = steps.close(record) { run in
            runs.append(run)
            var time = run.time
            for place in 0..<run.count {
                if place > 0 { time += run.gap + run.rise * Int64(place - 1) }
                told[run.replica, default: [:]][run.step + place] = time
            }
        }
        stints.append(own)
        let times = own.flatMap { $0.first..<($0.first + $0.count) }.map {
            told[Int(record.replica)]?[$0] ?? -1
        }
        rows.append(times.map { record.firstToken + $0 - times[0] })
    }
}

/// The same from each gap, told when its token is delivered.
private final class Telling: RunObserver {
    private var gaps: [Int64: [Int64]] = [:]
    private var sequence: Int64 = 0
    var rows: [[Int64]] = []
    var outcomes: [Outcome] = []
    var watchesGaps: Bool { true }

    func decided(_ plans: DecidedPlans) {
        for gap in plans.gaps { gaps[gap.sequence, default: []].append(gap.gap) }
    }
    func record(_ record: RequestRecord) {
        let own = gaps.removeValue(forKey: sequence) ?? []
        sequence += 1
        var times = record.firstToken < 0 ? [] : [record.firstToken]
        for gap in own where !times.isEmpty { times.append(times[times.count - 1] + gap) }
        rows.append(times)
        outcomes.append(record.outcome)
    }
}

@Suite("Times of tokens from the steps that decided them")
struct TokenStepsTests {
    @Test("are those told token by token", arguments: Array(UInt64(1)...240))
    func oracle(seed: UInt64) throws {
        let random = RandomCase(seed: seed, hasImpatientClients: true)
        var plain = random.plan
        plain.isPlain = true
        let (told, rebuilt) = (Telling(), Rebuilding())
        let source = InMemorySource(random.workload)
        guard let oracle = try? simulate(plain, source: source, observer: told) else { return }
        let run = try simulate(random.plan, source: source, observer: rebuilt)
        #expect(run.digest == oracle.digest, "seed \(seed)")
        #expect(rebuilt.rows.count == told.rows.count)
        for (place, times) in told.rows.enumerated() {
            #expect(
                rebuilt.rows[place] == times,
                "seed \(seed), request \(place), \(told.outcomes[place])")
        }
        // Stepping tells the same.
        var stepped = random.plan
        stepped.engine.advance = .step
        let again = Rebuilding()
        _ = try simulate(stepped, source: source, observer: again)
        #expect(again.runs == rebuilt.runs, "seed \(seed)")
        #expect(again.stints == rebuilt.stints, "seed \(seed)")
    }

    @Test("cost by events, not by tokens")
    func cost() throws {
        let resolved = try Configuration.read(
            file: nil,
            changes: ["cluster.replicas=1", "trace.rate_scale=0.2", "trace.limit=1000"]
        ).resolved()
        let source = try resolved.configuration.openTrace().source
        let plain = try simulate(resolved.plan, source: source)
        let rebuilt = Rebuilding()
        let watched = try simulate(resolved.plan, source: source, observer: rebuilt)
        #expect(watched.digest == plain.digest)
        #expect(watched.steps.executed <= plain.steps.executed + plain.steps.executed / 100)
        #expect(4 * rebuilt.seen < plain.counters.outputTokens, "\(rebuilt.seen)")
    }
}
