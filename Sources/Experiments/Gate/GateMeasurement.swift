import Basics
import Results
import Scenario
import Simulator

/// Results of a case by seed.
package struct GateMeasurement: Sendable, Codable, Equatable {
    package var name: String
    package var seeds: [Int]
    /// Digests of the replayed requests. Only equal ones are comparable.
    package var workloads: [String]
    /// Digests of the runs.
    package var digests: [String]
    /// The suite's figures, by key of summary.json.
    package var figures: [String: [Double]]
    /// Whether its seeds replay stretches of a trace in which requests wait for others. Not saved.
    var cutsSessions = false
    /// The source of its step times and its host. Not saved.
    var clock = ""
    /// How the first run that did so left the clock's range, one line each. Not saved.
    var rangeWarnings: [String] = []

    private enum CodingKeys: CodingKey {
        case name, seeds, workloads, digests, figures
    }

    /// The values of some seeds, all of which must have been measured.
    func values(_ key: String, seeds wanted: [Int]) -> [Double] {
        wanted.map { seed in figures[key]![seeds.firstIndex(of: seed)!] }
    }
}

extension GateSuite {
    /// One run: a case with a seed.
    struct Outcome: Sendable {
        var workload: String
        var digest: String
        var figures: [String: Double]
        var rangeWarnings: [String]
    }

    /// Runs every case with every seed on all cores. The result does not depend on the number of
    /// cores.
    ///
    /// Throws the error of the first failing run, in order.
    package func measure(seeds: [Int]? = nil) throws -> [GateMeasurement] {
        let seeds = seeds ?? self.seeds
        let prepared = try cases.map { try PreparedCase($0, policy: policy) }
        let jobs = prepared.indices.flatMap { number in seeds.map { (number, $0) } }
        let finished = try mapOnAllCores(jobs) { number, seed in
            try prepared[number].run(seed: seed)
        }
        return cases.enumerated().map { number, entry in
            let runs = finished[(number * seeds.count)..<((number + 1) * seeds.count)]
            let keys = entry.metrics.map(\.key).filter { $0 != "digest" }
            return GateMeasurement(
                name: entry.name, seeds: seeds, workloads: runs.map(\.workload),
                digests: runs.map(\.digest),
                figures: Dictionary(
                    uniqueKeysWithValues: keys.map { key in (key, runs.map { $0.figures[key]! }) }),
                cutsSessions: prepared[number].cutsSessions,
                clock: prepared[number].resolved.clockDescription,
                rangeWarnings: runs.map(\.rangeWarnings).first { !$0.isEmpty } ?? [])
        }
    }

    /// A case with everything that its seeds share.
    struct PreparedCase: Sendable {
        let entry: Case
        /// Resolved without a seed. All runs share the plan's tables.
        let resolved: ResolvedConfiguration
        let policy: (any SchedulingPolicy)?
        /// Requests in the recorded trace, if stretches are taken from it.
        let traceCount: Int
        /// Whether requests of that trace wait for others.
        let cutsSessions: Bool

        init(_ entry: Case, policy: (any SchedulingPolicy)?) throws {
            self.entry = entry
            self.policy = policy
            resolved = try entry.configuration.resolved()
            guard let stretch = entry.stretch else {
                (traceCount, cutsSessions) = (0, false)
                return
            }
            var trace = try entry.configuration.openTrace()
            var (count, hasTurns) = (0, false)
            while let batch = try trace.source.next() {
                count += batch.count
                hasTurns = hasTurns || (0..<batch.count).contains(where: batch.follows)
            }
            guard count > stretch else {
                throw InputError(
                    "case \(entry.name)", "a stretch of \(stretch) of \(count) requests",
                    expected: "fewer than the trace has")
            }
            (traceCount, cutsSessions) = (count, hasTurns)
        }

        /// Runs a seed and returns the figures of its summary.
        func run(seed: Int) throws -> Outcome {
            let watcher = SummaryObserver(resolved.plan, by: nil, measured: nil)
            var observer: any RunObserver = watcher
            let (workload, result) = try replay(seed: seed, watching: &observer)
            let figures = try Figures.of(watcher.summary(of: result, resolved, remarks: []))
            try check(figures, seed)
            return Outcome(
                workload: workload, digest: result.digest, figures: figures,
                rangeWarnings: resolved.rangeWarnings(result))
        }

        /// Runs a seed, and returns the digest of its requests too.
        func replay(
            seed: Int, watching observer: inout any RunObserver
        ) throws -> (workload: String, result: RunResult) {
            var configuration = resolved.configuration
            configuration.seed = seed
            var plan = resolved.plan
            plan.seed = UInt64(seed)
            plan.keepsRecords = false
            plan.policy = policy ?? plan.policy
            var source = try configuration.openTrace().source
            if let stretch = entry.stretch {
                var random = SeededRandom(seed: UInt64(seed), stream: 0x57e7)
                let start = random.below(traceCount - stretch + 1)
                source = TraceStretch(source, passOver: start, keep: stretch)
            }
            let digest = WorkloadDigest(source, namesWaits: entry.stretch != nil)
            let result = try simulate(plan, source: digest, watching: &observer)
            return (digest.digest.hexadecimal, result)
        }

        private func check(_ figures: [String: Double], _ seed: Int) throws {
            for (key, _) in entry.metrics where key != "digest" && figures[key] == nil {
                if Figures.isLatency(key) {
                    throw InputError(
                        "case \(entry.name): metrics.\(key)",
                        "no request gave one with seed \(seed)",
                        expected: "a case whose requests finish, or another metric")
                }
                throw InputError(
                    "case \(entry.name): metrics.\(key)", "is not a figure of summary.json",
                    word: key, among: figures.keys.sorted(),
                    otherwise: "a key of summary.json such as mean_tpot_ms")
            }
        }
    }
}
