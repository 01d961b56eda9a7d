import Basics
import Results
import Scenario
import Simulator

/// Why a run's requests took as long as they did: for chosen ones, each part of the time with its
/// culprits; for all, the parts of TTFT, the requests that cost others most, and where reuse was
/// lost.
package struct WhyStudy: Sendable {
    /// The explanation of one request.
    package struct Answer: Sendable {
        package let record: RequestRecord
        /// Its time from arrival to end by cause; all zero if it was rejected.
        package let causes: LatencyCauses
        /// The parts of its TTFT; all zero without a first token.
        package let toFirstToken: LatencyParts
        /// The requests that caused it, by cause, then the worst first.
        package let culprits: [Culprit]

        /// From arrival to end, picoseconds; 0 if it was rejected.
        package var latency: Int64 {
            record.finish < 0 || record.outcome == .rejected ? 0 : record.finish - record.arrival
        }
    }

    /// The default question.
    package static let usual = WhyQuestion.worst(5)

    /// The explained requests. Those of a moment, or with one id, are in order of arrival; the
    /// worst are the worst first.
    package let requests: [Answer]
    /// TTFT of finished requests by cause, within the run's margins.
    package let toFirstToken: BreakdownSums
    /// The requests that cost others most, the worst first, and the total of all requests.
    package let costliest: [(id: Int64, cost: InflictedCost)]
    package let wholeCost: InflictedCost
    /// What other pools would have hit; nil without content or caching, with windows and states,
    /// and for more than a million lookups.
    package let clairvoyant: ClairvoyantHits?
    package let result: RunResult
    /// Notes from the run's trace and configuration.
    package let notes: [String]

    /// How many of the costliest requests are named.
    private static let told = 10

    /// Explains a run: a folder that `headway run --out` wrote, which is run again, a configuration
    /// file, or nil for the built-in default. `progress` is called now and then with the number of
    /// ended requests.
    ///
    /// Throws `InputError` for any other path, for a folder whose run cannot be repeated, and for a
    /// question that no request answers.
    package init(
        _ path: String?, changes: [String] = [], question: WhyQuestion = usual,
        progress: @escaping (Int) -> Void = { _ in }
    ) throws {
        let run = try WhyRun(path, changes: changes)
        let chosen = try run.choose(question, progress)
        let resolved = try run.configuration.resolved()
        let trace = try WhyRun.open(resolved)
        var plan = resolved.plan
        plan.keepsRecords = false
        let contents = PromptContents()
        let observer = WhyObserver(plan, chosen, contents, progress)
        result = try simulate(
            plan, source: NotingSource(source: trace.source, contents: contents),
            observer: observer)
        try run.check(result.digest)
        observer.finish()
        toFirstToken = observer.toFirstToken
        costliest = observer.keeper.costliest(Self.told)
        wholeCost = observer.keeper.wholeCost
        clairvoyant = observer.lookups?.hits(result)
        notes = resolved.warnings + trace.remarks + ["clock: " + resolved.clockDescription]
        var answers = chosen.compactMap { observer.answers[$0.sequence] }
        if case .worst = question {
            // Rows have times to the microsecond.
            answers = answers.enumerated().sorted {
                ($0.element.latency, $1.offset) > ($1.element.latency, $0.offset)
            }.map(\.element)
        }
        requests = answers
    }
}

/// Observes a run for a study.
private final class WhyObserver: RunObserver {
    private(set) var keeper: CulpritKeeper
    private(set) var answers: [Int64: WhyStudy.Answer] = [:]
    private(set) var toFirstToken = BreakdownSums(parts: LatencyCause.allCases.count)
    private(set) var lookups: LookupRecorder?
    private let wanted: Set<Int64>
    private let host: HostTimes
    private let progress: (Int) -> Void
    /// Leaves out requests outside the margins.
    private var filter: MarginFilter<LatencyCauses?>?
    private var count: Int64 = 0

    init(
        _ plan: RunPlan, _ chosen: [WhyChoice.Chosen], _ contents: PromptContents,
        _ progress: @escaping (Int) -> Void
    ) {
        self.progress = progress
        // Rows of requests.csv are rounded to the microsecond.
        let rounding: Int64 = 1_000_000
        keeper = CulpritKeeper(
            plan,
            requests: chosen.filter { $0.row.finish >= 0 && $0.row.replica >= 0 }.map {
                WatchedRequest(
                    sequence: $0.sequence, replica: $0.row.replica,
                    from: $0.row.arrival - rounding)
            })
        wanted = Set(chosen.map(\.sequence))
        host = plan.engine.host
        lookups = LookupRecorder(plan, contents)
        filter = plan.margins.isNone ? nil : MarginFilter(plan.margins)
    }

    var decisionDetail: DecisionDetail { .plans }

    func decided(_ plans: DecidedPlans) {
        keeper.add(plans)
        lookups?.add(plans)
    }

    func record(_ record: RequestRecord) {
        let answer = keeper.close(record)
        lookups?.add(record)
        count(answer.breakdown, record)
        if wanted.contains(count) {
            let causes = answer.breakdown.map { LatencyCauses($0, record, host) }
            answers[count] = WhyStudy.Answer(
                record: record, causes: causes ?? LatencyCauses(),
                toFirstToken: answer.breakdown?.toFirstToken ?? LatencyParts(),
                culprits: answer.culprits)
        }
        count += 1
    }

    func progress(ended: Int, time: Int64) { progress(ended) }

    func finish() {
        filter?.finish()
        takeOn()
    }

    /// Adds a finished request's TTFT parts to the sums.
    private func count(_ breakdown: RequestBreakdown?, _ record: RequestRecord) {
        let causes =
            record.outcome == .finished
            ? breakdown.map { LatencyCauses($0, record, host, untilFirstToken: true) } : nil
        guard filter != nil else {
            if let causes { toFirstToken.add(causes) }
            return
        }
        filter?.push(causes, record)
        takeOn()
    }

    private func takeOn() {
        while let causes = filter?.pop() {
            if let causes { toFirstToken.add(causes) }
        }
    }
}
