import Basics

/// Compares measurements with a baseline.
///
/// With the baseline's own seeds every case is a paired experiment: the requests are the same, so
/// only the change itself shows. If the seeds overlap partly, common ones are compared in pairs; if
/// not at all, the two sides are independent samples (Welch). ``GateQuestions`` decides what
/// passes.
package struct GateJudgement {
    private let suite: GateSuite
    private let baseline: GateBaseline

    /// Throws `InputError` if the baseline lacks a case or a metric of the suite.
    package init(_ suite: GateSuite, _ baseline: GateBaseline) throws {
        self.suite = suite
        self.baseline = baseline
        for entry in suite.cases {
            guard let known = baseline.cases.first(where: { $0.name == entry.name }) else {
                throw InputError(
                    suite.baseline, "knows no case \"\(entry.name)\"", expected: "--bless anew")
            }
            for (key, _) in entry.metrics where key != "digest" && known.figures[key] == nil {
                throw InputError(
                    suite.baseline, "knows no \(key) of case \"\(entry.name)\"",
                    expected: "--bless anew")
            }
        }
    }

    /// Judges measurements. `exactly`: requires every run to have the baseline's digest instead of
    /// applying margins.
    ///
    /// Throws `InputError` if the requests are not those of the baseline.
    package func judge(_ measured: [GateMeasurement], exactly: Bool = false) throws -> GateResult {
        var findings: [GateFinding] = []
        var notes: [String] = []
        var asked: [(finding: Int, question: GateQuestions.Question)] = []
        for (entry, now) in zip(suite.cases, measured) {
            let before = baseline.cases.first { $0.name == entry.name }!
            let pairs = SeedPairs(before: before.seeds, now: now.seeds)
            try checkWorkloads(entry.name, before, now, pairs.shared)
            if let note = pairs.note(suite: suite.path, before: before.seeds, now: now.seeds),
                !notes.contains(note)
            {
                notes.append(note)
            }
            if now.cutsSessions {
                notes.append(
                    "case \(entry.name): its stretches keep sessions. A turn waits for the turn "
                        + "before it, and comes at the trace's time where that lies outside")
            }
            notes += now.rangeWarnings.map { "case \(entry.name): \($0)" }
            let metrics = exactly ? [(key: "digest", margin: .exact)] : entry.metrics
            for (key, margin) in metrics {
                guard margin != .exact else {
                    findings.append(try exact(entry.name, key, before, now, pairs))
                    continue
                }
                let seeds =
                    pairs.isPaired ? (pairs.shared, pairs.shared) : (before.seeds, now.seeds)
                let change = try GateChange(
                    key, before: before.values(key, seeds: seeds.0),
                    now: now.values(key, seeds: seeds.1), margin, isPaired: pairs.isPaired,
                    place: "case \(entry.name): metrics.\(key)")
                asked.append((findings.count, change.question))
                findings.append(change.finding(of: entry.name))
            }
        }
        let questions = GateQuestions(asked.map(\.question))
        for (place, item) in asked.enumerated() {
            findings[item.finding].decide(place, of: questions)
        }
        var result = GateResult(suite: suite.name, findings: findings, notes: notes)
        result.clocks = measured.map { .init(caseName: $0.name, clock: $0.clock) }
        return result
    }

    /// Adds which requests of failed cases became slower, if the baseline has their costs. Runs
    /// these cases once more with the baseline's seeds.
    package func explained(_ result: GateResult) throws -> GateResult {
        let before = (baseline.costs ?? []).filter { result.unsettled.contains($0.name) }
        var result = result
        result.costs = try before.flatMap { old in
            let seeds = baseline.cases.first { $0.name == old.name }?.seeds
            return try suite.costs(of: [old.name], seeds: seeds).map { GateCostChange(old, $0) }
        }
        return result
    }

    private func checkWorkloads(
        _ name: String, _ before: GateMeasurement, _ now: GateMeasurement, _ seeds: [Int]
    ) throws {
        for seed in seeds
        where before.workloads[before.seeds.firstIndex(of: seed)!]
            != now.workloads[now.seeds.firstIndex(of: seed)!]
        {
            throw InputError(
                "case \(name)", "seed \(seed) replays other requests than the baseline did",
                expected: "the trace that was blessed, or --bless anew")
        }
    }

    private func exact(
        _ name: String, _ key: String, _ before: GateMeasurement, _ now: GateMeasurement,
        _ pairs: SeedPairs
    ) throws -> GateFinding {
        guard !pairs.shared.isEmpty else {
            throw InputError(
                suite.baseline, "knows no seed \(now.seeds[0]) of case \"\(name)\"",
                expected: "--bless anew, for exact metrics")
        }
        var finding = GateFinding(
            caseName: name, metric: key, status: .pass, isRelative: false, isPaired: true,
            seeds: pairs.shared.count, note: "same")
        for seed in pairs.shared {
            let old = before.text(key, seed: seed)
            let new = now.text(key, seed: seed)
            guard old != new else { continue }
            finding.status = .regression
            finding.note = "seed \(seed): \(new), baseline \(old)"
            break
        }
        return finding
    }
}

extension GateMeasurement {
    /// A digest, or a figure with all its digits.
    fileprivate func text(_ key: String, seed: Int) -> String {
        let place = seeds.firstIndex(of: seed)!
        return key == "digest" ? digests[place] : "\(figures[key]![place])"
    }
}

extension GateFinding {
    /// Turns a question's status into the finding's.
    fileprivate mutating func decide(_ place: Int, of questions: GateQuestions) {
        adjustedP = questions.adjusted[place]
        status = questions.status(place)
        switch status {
        case .pass: note = "no worse than the margin"
        case .regression: note = "worse than the margin allows"
        case .inconclusive:
            seedsNeeded = questions.seedsNeeded(place)
            note =
                seedsNeeded.map { total in
                    "\(total - seeds) more \(total - seeds == 1 ? "seed" : "seeds") would settle "
                        + "it: --bless and gate with --seeds \(total)"
                }
                ?? "at the margin: \(GateQuestions.mostSeeds) seeds would not settle it"
        }
    }
}
