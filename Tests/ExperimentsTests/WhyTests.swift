import Basics
import Scenario
import StepTime
import Testing
import Traces

@testable import Experiments
@testable import Fidelity
@testable import Simulator

/// Asks about every request of a run.
private final class Asker: RunObserver {
    var keeper: CulpritKeeper
    var answers: [CulpritKeeper.Answer] = []
    var records: [RequestRecord] = []
    var decisionDetail: DecisionDetail { .plans }

    init(_ plan: RunPlan, _ records: [RequestRecord]) {
        keeper = CulpritKeeper(
            plan,
            requests: records.enumerated().filter { $0.element.finish >= 0 }.map {
                WatchedRequest(
                    sequence: Int64($0.offset), replica: Int($0.element.replica),
                    from: $0.element.arrival)
            })
    }

    func decided(_ plans: DecidedPlans) { keeper.add(plans) }
    func record(_ record: RequestRecord) {
        records.append(record)
        answers.append(keeper.close(record))
    }
}

@Suite("Why requests took their time")
struct WhyTests {
    /// Everything about a run, and the run; nil where it cannot run.
    private func ask(_ plan: RunPlan, _ workload: Workload) -> (Asker, RunResult)? {
        let source = InMemorySource(workload)
        var unwatched = plan
        unwatched.keepsRecords = true
        guard let plain = try? simulate(unwatched, source: source) else { return nil }
        let asker = Asker(plan, plain.records)
        guard let watched = try? simulate(plan, source: source, observer: asker) else {
            return nil
        }
        #expect(watched.digest == plain.digest)
        // Independent replicas stop elsewhere, where their plans are handed on.
        let slack = 2 + plain.steps.executed / 100
        #expect(abs(watched.steps.executed - plain.steps.executed) <= slack)
        return (asker, watched)
    }

    @Test(
        "parts sum to the latency and culprits to no more than their part",
        arguments: Array(UInt64(1)...160) + [4_125, 4_271, 8_691])
    func sums(seed: UInt64) throws {
        let random = RandomCase(seed: seed, hasImpatientClients: true)
        guard let (asker, _) = ask(random.plan, random.workload) else { return }
        for (place, record) in asker.records.enumerated() {
            let answer = asker.answers[place]
            guard let breakdown = answer.breakdown else {
                #expect(record.outcome == .rejected && answer.culprits.isEmpty, "seed \(seed)")
                continue
            }
            let name = "seed \(seed), request \(record.id)"
            let causes = LatencyCauses(breakdown, record, random.plan.engine.host)
            #expect(causes.total == record.finish - record.arrival, "\(name)")
            let first = LatencyCauses(
                breakdown, record, random.plan.engine.host, untilFirstToken: true)
            if record.firstToken >= 0 {
                #expect(first.total == record.firstToken - record.arrival, "\(name)")
            }
            for cause in LatencyCause.allCases {
                #expect(causes[cause] >= 0 && first[cause] >= 0, "\(name): \(cause)")
                let theirs = answer.culprits.filter { $0.cause == cause }
                let sum = theirs.reduce(0) { $0 + $1.time }
                #expect(sum <= causes[cause], "\(name): \(cause)")
                if cause == .interference, record.outcome == .finished {
                    #expect(sum == causes[cause], "\(name): \(cause)")
                }
                #expect(theirs.allSatisfy { $0.time > 0 && $0.sequence != Int64(place) })
                #expect(Set(theirs.map(\.sequence)).count == theirs.count, "\(name): \(cause)")
            }
        }
    }

    @Test("both ways of advancing blame the same", arguments: UInt64(1)...40)
    func advances(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        var plan = random.plan
        plan.engine.advance = .step
        let stepped = ask(plan, random.workload)
        plan.engine.advance = .fastForward
        let forwarded = ask(plan, random.workload)
        guard let (stepped, _) = stepped, let (forwarded, _) = forwarded else {
            #expect(stepped == nil && forwarded == nil)
            return
        }
        for (place, (one, other)) in zip(stepped.answers, forwarded.answers).enumerated() {
            #expect(one.culprits == other.culprits, "seed \(seed), request \(place)")
        }
    }

    @Test("what the cost of all is, is what all lost to others' prefill", arguments: UInt64(1)...60)
    func costs(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        guard let (asker, run) = ask(random.plan, random.workload),
            asker.records.allSatisfy({ $0.outcome == .finished })
        else { return }
        let parts = asker.answers.compactMap(\.breakdown?.whole)
        let cost = asker.keeper.wholeCost
        let slowed = parts.reduce(0.0) { $0 + Double($1[.interference]) }
        #expect(cost.interference >= slowed * (1 - 1e-6) - 100, "seed \(seed)")
        // A step that an ended request wastes is slowed, too.
        if run.counters.wastedEntries == 0 {
            #expect(cost.interference <= slowed * (1 + 1e-6) + 100, "seed \(seed)")
        }
        let preempted = parts.reduce(0.0) { $0 + Double($1[.preempted] + $1[.recompute]) }
        #expect(cost.preemption <= preempted * (1 + 1e-9), "seed \(seed)")
    }

    @Test("where reuse went sums to what a naive endless cache hits", arguments: UInt64(1)...80)
    func reuse(seed: UInt64) throws {
        let random = RandomCase(seed: seed, hasFeatures: false)
        var plan = random.plan
        plan.keepsRecords = true
        plan.arrivals = .openLoop
        let workload = random.workload
        guard let run = try? simulate(plan, source: InMemorySource(workload)) else { return }
        var lost = LostReuse()
        for record in run.records { lost.add(record.lostReuse) }
        #expect(lost == run.counters.sharedTokensLost, "seed \(seed)")
        let sum = run.records.reduce(0) { $0 + Int($1.reusableTokens) }
        #expect(sum == run.counters.sharedTokens, "seed \(seed)")
        guard !workload.segmentEnds.isEmpty, plan.engine.enablePrefixCaching else { return }
        let prompts = workload.ids.indices.map { tokens(workload, $0, answer: false) }
        let whole = workload.ids.indices.map { tokens(workload, $0, answer: true) }
        for (row, record) in run.records.enumerated() where record.admitted >= 0 {
            let known = whole[..<row].map { other in
                zip(prompts[row], other).prefix { $0 == $1 }.count
            }
            let bound = max(known.max() ?? 0, Int(record.hitTokens))
            #expect(Int(record.reusableTokens) == bound, "seed \(seed), request \(record.id)")
            #expect(record.lostReuse.total >= 0, "seed \(seed), request \(record.id)")
        }
    }

    @Test(
        "where reuse went sums to the bound with sessions, retries, policies, windows and replicas",
        arguments: UInt64(1)...160)
    func reuseOfAnyRun(seed: UInt64) throws {
        let random = RandomCase(seed: seed, hasImpatientClients: true)
        var plan = random.plan
        plan.keepsRecords = true
        let workload = random.workload
        guard let run = try? simulate(plan, source: InMemorySource(workload)) else { return }
        var (lost, sum) = (LostReuse(), 0)
        for record in run.records {
            lost.add(record.lostReuse)
            sum += Int(record.reusableTokens)
            #expect(
                record.lostReuse.total >= 0
                    && record.reusableTokens == record.hitTokens + record.lostReuse.total,
                "seed \(seed), request \(record.id)")
        }
        #expect(lost == run.counters.sharedTokensLost, "seed \(seed)")
        #expect(sum == run.counters.sharedTokens, "seed \(seed)")
        guard !workload.segmentEnds.isEmpty, plan.engine.enablePrefixCaching else { return }
        let rows = Dictionary(uniqueKeysWithValues: zip(workload.ids, workload.ids.indices))
        let prompts = workload.ids.indices.map { tokens(workload, $0, answer: false) }
        let whole = workload.ids.indices.map { tokens(workload, $0, answer: true) }
        for (place, record) in run.records.enumerated() where record.admitted >= 0 {
            let row = try #require(rows[record.id])
            // Of requests that arrive together either may be seen first.
            func known(_ isEarlier: (RequestRecord) -> Bool) -> Int {
                run.records.enumerated().filter { $0.offset != place && isEarlier($0.element) }
                    .map { other in
                        zip(prompts[row], whole[rows[other.element.id]!]).prefix { $0 == $1 }.count
                    }.max() ?? 0
            }
            let reusable = Int(record.reusableTokens)
            let name = "seed \(seed), request \(record.id)"
            #expect(reusable >= known { $0.arrival < record.arrival }, "\(name)")
            let most = known { $0.arrival <= record.arrival }
            #expect(reusable <= max(most, Int(record.hitTokens)), "\(name)")
        }
    }

    /// A prompt token by token, and with the answer that others may quote.
    private func tokens(_ workload: Workload, _ row: Int, answer: Bool) -> [[Int64]] {
        var segments = Array(workload.segments(of: row))
        if answer, !workload.outputContents.isEmpty, workload.outputTokens[row] > 1 {
            segments.append(
                Segment(
                    content: workload.outputContents[row],
                    length: workload.outputTokens[row] - 1))
        }
        return segments.flatMap { segment in
            (0..<segment.length).map { [segment.content, Int64(segment.offset + $0)] }
        }
    }

    private func pair(preempting: Bool = false) throws -> Asker {
        let (plan, workload) = decodingPair(preempting: preempting)
        return try #require(ask(plan, workload)).0
    }

    @Test("two requests, by hand")
    func byHand() throws {
        let asker = try pair()
        let microsecond: Int64 = 1_000_000
        // Its prefill makes one of the first one's steps 40 µs longer.
        #expect(
            asker.answers[0].culprits == [
                Culprit(id: 2, sequence: 1, cause: .interference, time: 40 * microsecond)
            ])
        // It comes at 50 µs and waits for the end of the first one's step, at 130 µs.
        #expect(
            asker.answers[1].culprits == [
                Culprit(id: 1, sequence: 0, cause: .queue, time: 80 * microsecond)
            ])
        #expect(abs(asker.keeper.wholeCost.queue - Double(80 * microsecond)) < 1)
        let costs = asker.keeper.costliest(5)
        #expect(costs.map(\.id).contains(2) && asker.keeper.wholeCost.preemption == 0)
    }

    @Test("who is preempted for another's blocks blames that one")
    func preemption() throws {
        let asker = try pair(preempting: true)
        let blamed = asker.answers[1].culprits.filter { $0.cause == .preempted }
        let whole = try #require(asker.answers[1].breakdown?.whole)
        #expect(blamed.map(\.id) == [1] && blamed.first?.time == whole[.preempted])
        let again = asker.answers[1].culprits.filter { $0.cause == .recompute }
        #expect(again.map(\.id) == [1] && again.first?.time == whole[.recompute])
        #expect(
            asker.keeper.wholeCost.preemption
                == Double(whole[.preempted] + whole[.recompute]))
    }
}
