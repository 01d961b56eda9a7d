import Results
import Scenario
import Testing
import Traces

@testable import Experiments
@testable import Simulator

/// Times of tokens, rebuilt from the steps in which requests got them.
private final class Rebuilding: RunObserver {
    private var times = TokenTimes()
    var rows: [String] = []
    /// Plans, their lists and deliveries seen.
    var seen = 0
    var decisionDetail: DecisionDetail { .plans }
    var watchesDeliveries: Bool { true }

    func decided(_ plans: DecidedPlans) {
        times.add(plans)
        seen += plans.plans.count + plans.entries.count + plans.changes.count
        seen += plans.deliveries.count
    }
    func record(_ record: RequestRecord) { rows.append(times.close(record)) }
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
                TokenTimes.times(rebuilt.rows[place][...]) == times,
                "seed \(seed), request \(place), \(told.outcomes[place])")
        }
        // Stepping writes the same text.
        var stepped = random.plan
        stepped.engine.advance = .step
        let again = Rebuilding()
        _ = try simulate(stepped, source: source, observer: again)
        #expect(again.rows == rebuilt.rows, "seed \(seed)")
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
