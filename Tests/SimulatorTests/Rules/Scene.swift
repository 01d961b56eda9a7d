import Basics
import Simulator
import StepTime
import Testing
import Traces

/// A scheduler set up by hand: blocks of four tokens, and steps of a millisecond whatever they
/// hold, so that the n-th step of a busy synchronous engine starts at n milliseconds.
///
/// `run` runs it in every way the simulator has, and holds these to one another: a rule that a test
/// states is stated of all of them.
struct Scene {
    var plan: RunPlan
    private(set) var workload = Workload()
    private var contents: [[(content: Int64, tokens: Int32)]] = []
    private var answers: [Int64?] = []
    private var limits: [Int64?] = []

    /// The null block is not counted in `usable`.
    init(usable: Int, async: Bool = false, _ change: (inout RunPlan) -> Void = { _ in }) {
        plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 1000, perTokenMicroseconds: 0, perRequestMicroseconds: 0)))
        plan.engine.blockSize = 4
        plan.engine.numGPUBlocks = usable + 1
        plan.engine.maxNumSeqs = 8
        plan.engine.maxNumBatchedTokens = 64
        plan.engine.maxModelLen = 100
        plan.engine.asyncScheduling = async
        change(&plan)
    }

    /// A request, in order of arrival. Times are milliseconds. `limit` is the number of outputs
    /// that the scheduler foresees where it is more than `output`: the last output is a stop token.
    mutating func add(
        _ id: Int64, at time: Double = 0, prompt: Int32, output: Int32 = 1, limit: Int64? = nil,
        priority: Int32 = 0, abort: Double? = nil
    ) {
        add(
            id, at: time, content: [(0, prompt)], output: output, limit: limit, priority: priority,
            abort: abort)
    }

    /// The same with a prompt of pieces, each so many tokens of a content; content 0 is nobody
    /// else's. `answer` is the content of the outputs.
    mutating func add(
        _ id: Int64, at time: Double = 0, content: [(content: Int64, tokens: Int32)],
        output: Int32 = 1, answer: Int64? = nil, limit: Int64? = nil, priority: Int32 = 0,
        abort: Double? = nil
    ) {
        workload.ids.append(id)
        workload.arrivals.append(Int64(time * 1e6))
        workload.promptTokens.append(content.reduce(0) { $0 + $1.tokens })
        workload.outputTokens.append(output)
        workload.priorities.append(priority)
        workload.aborts.append(abort.map { Int64($0 * 1e6) } ?? -1)
        limits.append(limit)
        contents.append(content)
        answers.append(answer)
    }

    /// The requests as they are run.
    var requests: Workload { filled }

    /// The requests as columns, those without a meaning left empty: the simulator keeps prompts
    /// that nobody shares in another form.
    private var filled: Workload {
        var filled = workload
        if filled.aborts.allSatisfy({ $0 < 0 }) { filled.aborts = [] }
        if filled.priorities.allSatisfy({ $0 == 0 }) { filled.priorities = [] }
        if limits.contains(where: { $0 != nil }) {
            filled.maxTokens = zip(limits, filled.outputTokens).map { $0 ?? Int64($1) }
        }
        if answers.contains(where: { $0 != nil }) {
            filled.outputContents = zip(answers, filled.ids).map { $0 ?? 2000 + $1 }
        }
        guard contents.contains(where: { $0.contains { $0.content > 0 } }) else { return filled }
        for (row, pieces) in contents.enumerated() {
            for piece in pieces {
                let content = piece.content > 0 ? piece.content : 1000 + filled.ids[row]
                filled.segments.append(Segment(content: content, length: piece.tokens))
            }
            filled.segmentEnds.append(filled.segments.count)
        }
        return filled
    }

    /// Runs it and expects these decisions, in order; see `Sight.lines`.
    @discardableResult
    func expect(_ lines: [String], at place: SourceLocation = #_sourceLocation) throws -> Sight {
        let sight = try run(at: place)
        #expect(sight.lines == lines, sourceLocation: place)
        return sight
    }

    /// Runs it both ways of stepping, over blocks with and without numbers, watched and not.
    func run(at place: SourceLocation = #_sourceLocation) throws -> Sight {
        // Only single blocks have numbers, and only stepping logs them.
        var plan = plan
        plan.engine.advance = .step
        plan.numbersBlocks = true
        let sight = try watch(plan, .decisionsAndBlocks)
        let plain = sight.decisions.map(\.withoutBlocks)
        for advance in EngineConfiguration.Advance.allCases {
            for numbered in [false, true] {
                plan.engine.advance = advance
                plan.numbersBlocks = numbered
                let way = "\(advance), \(numbered ? "numbered" : "counted") blocks"
                let watched = try watch(plan, .decisions)
                #expect(watched.decisions == plain, "\(way)", sourceLocation: place)
                let unwatched = try simulate(plan, source: InMemorySource(filled))
                for run in [watched.result, unwatched] {
                    let isSame =
                        run.records == sight.result.records && run.digest == sight.result.digest
                        && run.counters == sight.result.counters
                        && run.usedBlockSeconds == sight.result.usedBlockSeconds
                    #expect(isSame, "\(way)", sourceLocation: place)
                }
            }
        }
        return sight
    }

    private func watch(_ plan: RunPlan, _ detail: DecisionDetail) throws -> Sight {
        let keeper = DecisionKeeper(detail)
        let result = try simulate(plan, source: InMemorySource(filled), observer: keeper)
        return Sight(decisions: keeper.decisions, result: result)
    }
}

private final class DecisionKeeper: RunObserver {
    let decisionDetail: DecisionDetail
    private(set) var decisions: [Decision] = []

    init(_ detail: DecisionDetail) { decisionDetail = detail }

    func decided(_ decision: Decision) { decisions.append(decision) }
}

extension Decision {
    fileprivate var withoutBlocks: Decision {
        guard case .scheduled(var call) = self else { return self }
        call.queueDigest = nil
        call.tablesDigest = nil
        return .scheduled(call)
    }
}
