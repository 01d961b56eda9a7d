import Basics
import Simulator
import Testing
import Traces

/// Keeps the ids of the records it is handed, and what had been decided when.
private final class RecordKeeper: RunObserver {
    private(set) var ids: [Int64] = []
    /// For each record the largest time of a decision seen before it, picoseconds.
    private(set) var times: [Int64] = []
    private var latest: Int64 = 0
    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) {
        if case .updated(let update) = decision { latest = max(latest, update.time) }
    }

    func record(_ record: RequestRecord) {
        ids.append(record.id)
        times.append(latest)
    }
}

@Suite("Arrivals, and the order in which requests leave")
struct ArrivalRules {
    /// To the nanosecond: an abort may be known to others a picosecond after it.
    private func milliseconds(_ time: Int64) -> Double { Double(time / 1000) / 1e6 }

    private func arrivals(_ run: RunResult) -> [Double] {
        run.records.map { milliseconds($0.arrival) }
    }

    @Test("rows out of order are refused, rows of one moment keep their order")
    func orderOfArrival() throws {
        var scene = Scene(usable: 20)
        scene.add(1, at: 2, prompt: 4)
        scene.add(2, at: 1, prompt: 4)
        #expect(throws: InputError.self) { try scene.run() }
        var together = Scene(usable: 20)
        for id in [8, 3, 5] as [Int64] { together.add(id, at: 2, prompt: 4) }
        let sight = try together.run()
        #expect(sight.result.records.map(\.id) == [8, 3, 5])
        #expect(sight.result.start == 2_000_000_000)
    }

    @Test("a batch of a source follows the one before it, in order of arrival")
    func batches() throws {
        struct Parts: RequestSource {
            var parts: [Workload]
            mutating func next() -> Workload? { parts.isEmpty ? nil : parts.removeFirst() }
        }
        func part(_ id: Int64, at time: Int64) -> Workload {
            var part = Workload()
            part.ids = [id]
            part.arrivals = [time]
            part.promptTokens = [4]
            part.outputTokens = [1]
            return part
        }
        let plan = Scene(usable: 20).plan
        let parts = Parts(parts: [part(1, at: 0), Workload(), part(2, at: 1), part(3, at: 1)])
        let run = try simulate(plan, source: parts)
        #expect(run.records.map(\.id) == [1, 2, 3])
        let late = Parts(parts: [part(1, at: 5), part(2, at: 4)])
        #expect(throws: InputError.self) { try simulate(plan, source: late) }
    }

    @Test("in a closed loop the next arrives at an end, whatever the trace's times")
    func closedLoop() throws {
        var scene = Scene(usable: 20) { $0.arrivals = .closedLoop(concurrency: 2) }
        scene.add(1, at: 3, prompt: 4, output: 2)
        scene.add(2, at: 4, prompt: 4, output: 5)
        scene.add(3, at: 500, prompt: 4, output: 2)
        scene.add(4, at: 900, prompt: 4)
        let sight = try scene.expect([
            "0: admit 1 x4, admit 2 x4", "1: run 1 x1, run 2 x1", "1 ends 1",
            "2: run 2 x1, admit 3 x4", "3: run 2 x1, run 3 x1", "3 ends 3",
            "4: run 2 x1, admit 4 x4", "4 ends 2 4",
        ])
        #expect(arrivals(sight.result) == [0, 0, 2, 4])
    }

    @Test("a rejected or an aborted request makes room in a closed loop, too")
    func closedLoopWithoutEnds() throws {
        var scene = Scene(usable: 20) {
            $0.arrivals = .closedLoop(concurrency: 1)
            $0.engine.maxModelLen = 20
        }
        scene.add(1, prompt: 30)
        scene.add(2, prompt: 4, output: 9, abort: 2)
        scene.add(3, prompt: 4)
        let sight = try scene.run()
        #expect(sight.result.records.map(\.outcome) == [.rejected, .aborted, .finished])
        #expect(arrivals(sight.result) == [0, 0, 2])
    }

    /// Runs a scene whose rows follow others.
    private func follow(
        _ scene: Scene, _ predecessors: [Int64], thinking milliseconds: [Int64]
    ) throws -> RunResult {
        var workload = scene.workload
        workload.priorities = []
        workload.predecessors = predecessors
        workload.thinkTimes = milliseconds.map { $0 * 1_000_000 }
        return try simulate(scene.plan, source: InMemorySource(workload))
    }

    @Test("a turn comes its think time after the turn before, among the others by time")
    func sessions() throws {
        var scene = Scene(usable: 20)
        scene.add(1, prompt: 4, output: 3)
        scene.add(2, at: 1, prompt: 4)
        scene.add(3, at: 2, prompt: 4)
        scene.add(4, at: 6, prompt: 4)
        // Request 2 follows 1, which ends at 3 ms; request 3 follows 2, which ends at 8 ms.
        let run = try follow(scene, [-1, 1, 2, -1], thinking: [0, 4, 0, 0])
        #expect(run.records.map(\.id) == [1, 4, 2, 3])
        #expect(arrivals(run) == [0, 6, 7, 8])
    }

    @Test("turns that follow one turn come by their think times, and then by row")
    func siblings() throws {
        var scene = Scene(usable: 20)
        for id in Int64(1)...4 { scene.add(id, prompt: 4) }
        let run = try follow(scene, [-1, 1, 1, 1], thinking: [0, 5, 2, 2])
        #expect(run.records.map(\.id) == [1, 3, 4, 2])
        #expect(arrivals(run) == [0, 3, 3, 6])
    }

    @Test("a turn comes after a turn that was rejected or aborted, too; patience moves with it")
    func followersOfTheUnfinished() throws {
        var scene = Scene(usable: 20) { $0.engine.maxModelLen = 20 }
        scene.add(1, prompt: 30)
        scene.add(2, prompt: 4, output: 9, abort: 2)
        scene.add(3, prompt: 4)
        let run = try follow(scene, [-1, 1, 2], thinking: [0, 3, 1])
        #expect(run.records.map(\.outcome) == [.rejected, .aborted, .finished])
        // It gives up two milliseconds after it has come, at 5.
        #expect(arrivals(run) == [0, 3, 6])
        #expect(run.records[1].finish == 5_000_000_000)
    }

    @Test("a turn that follows nobody, or itself, is refused")
    func unknownPredecessors() {
        for predecessor in [2, 77] as [Int64] {
            var scene = Scene(usable: 20)
            scene.add(1, prompt: 4)
            scene.add(2, prompt: 4)
            #expect(throws: InputError.self) {
                try follow(scene, [-1, predecessor], thinking: [0, 0])
            }
        }
    }

    @Test("records leave in order of arrival, each as soon as every earlier one has ended")
    func reorderBuffer() throws {
        var scene = Scene(usable: 20)
        scene.add(1, prompt: 4, output: 2)
        scene.add(2, prompt: 4, output: 6)
        scene.add(3, prompt: 4, output: 1)
        scene.add(4, at: 1, prompt: 200)
        scene.add(5, at: 12, prompt: 4, output: 3)
        for advance in EngineConfiguration.Advance.allCases {
            var plan = scene.plan
            plan.engine.advance = advance
            let keeper = RecordKeeper()
            let run = try simulate(
                plan, source: InMemorySource(scene.workload), observer: keeper)
            #expect(keeper.ids == [1, 2, 3, 4, 5])
            #expect(run.records.map(\.id) == keeper.ids)
            // Requests 3, at 1 ms, and 4, rejected, wait for request 2 to end at 6 ms.
            let order = keeper.times.map(milliseconds)
            #expect(order[1] >= 6 && order[1] == order[2] && order[2] == order[3])
            #expect(order[4] == 15)
        }
    }

    @Test("nor does the number of threads or replicas change the order", arguments: [1, 2, 5])
    func reorderAcrossReplicas(replicas: Int) throws {
        var scene = Scene(usable: 50) {
            $0.replicas = replicas
            $0.router.policy = .random
            $0.seed = 7
        }
        var random = SeededRandom(seed: 11)
        for id in Int64(0)..<200 {
            scene.add(
                id, at: Double(id), prompt: Int32(1 + random.below(9)),
                output: Int32(1 + random.below(30)))
        }
        var digests: Set<String> = []
        for threads in [1, 4] {
            scene.plan.threads = threads
            let keeper = RecordKeeper()
            let source = InMemorySource(scene.workload)
            let watched = try simulate(scene.plan, source: source, observer: keeper)
            let run = try simulate(scene.plan, source: source)
            #expect(keeper.ids == Array(0..<200))
            #expect(run.records.map(\.id) == keeper.ids)
            digests.formUnion([watched.digest, run.digest])
        }
        #expect(digests.count == 1)
    }
}
