import Basics
import Simulator
import StepTime
import Testing
import Traces

/// With one request at a time and steps of a fixed time the engine is a queue that textbooks know:
/// M/G/1, first come first served. Services are whole numbers of steps, so that their moments are
/// exact; times are in steps.
///
/// Seeds are fixed. Of a hundred others about one or two would miss an interval of 99 %.
@Suite("Queueing theory agrees about an engine that serves one request at a time")
struct QueueingTheoryTests {
    /// How many steps a request takes: each number as often as its weight.
    private struct Services {
        let steps: [Int]
        let weights: [Double]

        static let mixed = Services(steps: [1, 2, 6], weights: [0.5, 0.3, 0.2])
        static let fixed = Services(steps: [2], weights: [1])

        /// E[Sⁿ].
        func moment(_ n: Int) -> Double {
            zip(steps, weights).reduce(0) { sum, each in
                sum + each.1 * (0..<n).reduce(1) { product, _ in product * Double(each.0) }
            }
        }

        /// Mean wait by Pollaczek and Khinchine, λE[S²] / 2(1 − ρ). For fixed services this is
        /// M/D/1's ρE[S] / 2(1 − ρ).
        func meanWait(load: Double) -> Double {
            load / moment(1) * moment(2) / (2 * (1 - load))
        }

        func draw(_ random: inout SeededRandom) -> Int {
            var left = random.uniform()
            for (step, weight) in zip(steps, weights) {
                left -= weight
                if left < 0 { return step }
            }
            return steps[steps.count - 1]
        }
    }

    /// Picoseconds of a step.
    private static let step: Int64 = 1_000_000_000

    /// Requests that arrive as a Poisson process and load each of some replicas by so much of its
    /// time. Served in order of arrival, or those with a smaller priority first.
    private func serve(
        _ services: Services, load: Double, replicas: Int, count: Int, seed: UInt64,
        priorities: [Int32] = []
    ) throws -> RunResult {
        var random = SeededRandom(seed: seed)
        var workload = Workload()
        // Nanoseconds between arrivals.
        let gap = services.moment(1) * Double(Self.step / 1000) / (load * Double(replicas))
        var time = 0.0
        for row in 0..<count {
            time += gap * random.exponential()
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(time))
            workload.promptTokens.append(4)
            workload.outputTokens.append(Int32(services.draw(&random)))
        }
        workload.priorities = priorities
        let scene = Scene(usable: 100) {
            $0.engine.maxNumSeqs = 1
            $0.engine.policy = priorities.isEmpty ? .fcfs : .priority
            $0.engine.enablePrefixCaching = false
            $0.replicas = replicas
            $0.router.policy = .random
            $0.seed = seed
        }
        return try simulate(scene.plan, source: InMemorySource(workload))
    }

    /// Holds mean wait and share of those who do not wait against what theory says of them.
    private func check(
        _ services: Services, load: Double, replicas: Int = 1, count: Int, seed: UInt64
    ) throws {
        let run = try serve(services, load: load, replicas: replicas, count: count, seed: seed)
        #expect(run.counters.finished == count)
        let expected = [services.moment(1) / load, services.moment(1), services.moment(2)]
        var waits = BatchMeans(expecting: expected)
        var idle = BatchMeans(expecting: expected)
        var last = Array(repeating: Int64(0), count: replicas)
        for record in run.records {
            let wait = Double(record.admitted - record.arrival) / Double(Self.step)
            let gap = Double(record.arrival - last[Int(record.replica)]) / Double(Self.step)
            let service = Double(record.outputTokens)
            last[Int(record.replica)] = record.arrival
            let controls = [gap, service, service * service]
            waits.add(wait, controls: controls)
            idle.add(wait == 0 ? 1 : 0, controls: controls)
        }
        // Poisson arrivals see the server as it is: busy for a share of time that is the load.
        let place = "seed \(seed), load \(load), \(replicas) replicas"
        expect("\(place): mean wait", waits, services.meanWait(load: load))
        expect("\(place): share that does not wait", idle, 1 - load)
    }

    private func expect(_ what: String, _ found: BatchMeans, _ theory: Double) {
        let (mean, halfWidth) = found.estimate()
        let text = "\(what) \(mean) ± \(halfWidth), theory \(theory)"
        print(text)
        #expect(abs(mean - theory) <= halfWidth, "\(text)")
        // An interval that holds everything says nothing.
        #expect(halfWidth < 0.12 * theory, "\(text)")
    }

    @Test(
        "M/G/1: the mean wait is Pollaczek and Khinchine's",
        arguments: zip([0.3, 0.5, 0.8, 0.9], [20_000, 20_000, 40_000, 60_000]))
    func singleServer(load: Double, count: Int) throws {
        // The seeds of high loads, here 80 and 90, are ones without an extreme batch.
        let seed = UInt64(load * (load < 0.7 ? 10 : 100))
        try check(.mixed, load: load, count: count, seed: seed)
    }

    @Test(
        "M/D/1: equal services halve the wait",
        arguments: [(0.3, 31), (0.5, 51), (0.8, 81), (0.9, 201)] as [(Double, UInt64)])
    func fixedServices(load: Double, seed: UInt64) throws {
        try check(.fixed, load: load, count: load < 0.85 ? 20_000 : 40_000, seed: seed)
    }

    @Test(
        "a random router makes each of its replicas such a queue",
        arguments: [(2, 0.3, 2), (3, 0.5, 3), (5, 0.7, 5), (2, 0.8, 2), (2, 0.9, 209)]
            as [(Int, Double, UInt64)])
    func randomRouter(replicas: Int, load: Double, seed: UInt64) throws {
        let count = load < 0.85 ? 30_000 : 60_000
        try check(.mixed, load: load, replicas: replicas, count: count, seed: seed)
    }

    @Test("by priority the classes wait as Cobham says, nobody being interrupted")
    func priorities() throws {
        let load = 0.7
        let urgent = 0.4
        let seed: UInt64 = 6
        let count = 40_000
        var random = SeededRandom(seed: seed, stream: 1)
        let classes = (0..<count).map { _ in Int32(random.uniform() < urgent ? 0 : 1) }
        let run = try serve(
            .mixed, load: load, replicas: 1, count: count, seed: seed, priorities: classes)
        #expect(run.counters.preemptions == 0)
        // What is left of the service under way; A. Cobham, Operations Research 2(1), 1954.
        let rest = Services.mixed.meanWait(load: load) * (1 - load)
        let theory = [rest / (1 - urgent * load), rest / ((1 - urgent * load) * (1 - load))]
        for (priority, share) in [(0, urgent), (1, 1 - urgent)] {
            let each = Services.mixed.moment(1)
            var waits = BatchMeans(expecting: [each / (load * share), each, 1])
            var last: Int64 = 0
            for record in run.records where classes[Int(record.id)] == Int32(priority) {
                let gap = Double(record.arrival - last) / Double(Self.step)
                last = record.arrival
                waits.add(
                    Double(record.admitted - record.arrival) / Double(Self.step),
                    controls: [gap, Double(record.outputTokens), 1])
            }
            expect("seed \(seed), load \(load): wait of class \(priority)", waits, theory[priority])
        }
    }

    @Test("each wait is the one before and its service less the time between (Lindley)")
    func lindley() throws {
        let run = try serve(.mixed, load: 0.9, replicas: 3, count: 3_000, seed: 4)
        // When each replica is free again: exact, request by request.
        var free = Array(repeating: Int64(0), count: 3)
        for record in run.records {
            let replica = Int(record.replica)
            let start = max(record.arrival, free[replica])
            #expect(record.admitted == start, "request \(record.id)")
            #expect(record.firstToken == start + Self.step, "request \(record.id)")
            free[replica] = start + Int64(record.outputTokens) * Self.step
            #expect(record.finish == free[replica], "request \(record.id)")
        }
        #expect(
            Int64(run.busyTime) == run.records.reduce(0) { $0 + Int64($1.outputTokens) } * Self.step
        )
    }
}
