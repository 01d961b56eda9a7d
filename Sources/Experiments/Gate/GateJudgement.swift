import Basics

/// Holds measurements to a baseline.
///
/// With the baseline's own seeds every case is a paired experiment: the same requests, so only
/// the change itself shows. With other seeds the two sides are independent samples (Welch). A
/// metric passes when the 95 % interval of its worsening ends below the margin; it is a regression
/// when the interval starts above it and still does after correction for the number of metrics
/// (Holm at 2.5 %, one-sided); else it is inconclusive.
public struct GateJudgement {
    private static let tail = 0.025

    private let suite: GateSuite
    private let baseline: GateBaseline

    /// Throws `InputError` when the baseline lacks a case or a metric of the suite.
    public init(_ suite: GateSuite, _ baseline: GateBaseline) throws {
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

    /// The answer. `exactly` holds every run to the baseline's digest instead of the margins.
    ///
    /// Throws `InputError` when the requests are not those of the baseline.
    public func judge(_ measured: [GateMeasurement], exactly: Bool = false) throws -> GateResult {
        var findings: [GateFinding] = []
        var estimates: [(index: Int, estimate: Estimate, margin: Double)] = []
        for (entry, now) in zip(suite.cases, measured) {
            let before = baseline.cases.first { $0.name == entry.name }!
            let paired = now.seeds.filter(before.seeds.contains)
            let isPaired = paired.count == now.seeds.count
            try checkWorkloads(entry.name, before, now, paired)
            if exactly {
                findings.append(try exact(entry.name, "digest", before, now))
                continue
            }
            for (key, margin) in entry.metrics {
                guard margin != .exact else {
                    findings.append(try exact(entry.name, key, before, now))
                    continue
                }
                let side = isPaired ? now.seeds : before.seeds
                let values = (before.values(key, seeds: side), now.values(key, seeds: now.seeds))
                let place = "case \(entry.name): metrics.\(key)"
                let found = try Self.worsening(
                    key, values.0, values.1, margin, isPaired: isPaired, place: place)
                estimates.append((findings.count, found.estimate, found.margin))
                findings.append(
                    Self.finding(entry.name, key, values, margin, found, isPaired: isPaired))
            }
        }
        let corrected = Holm.adjusted(estimates.map { $0.estimate.pValue(atMost: $0.margin) })
        for (place, item) in estimates.enumerated() {
            findings[item.index].decide(
                item.estimate, margin: item.margin, adjustedP: corrected[place],
                seeds: measured[0].seeds.count, tail: Self.tail)
        }
        return GateResult(
            suite: suite.name, seeds: measured.first?.seeds.count ?? 0, findings: findings)
    }

    /// The answer with what it costs whom in the cases that did not pass, where the baseline knows
    /// how their requests fared. Runs those cases once more.
    public func explained(_ result: GateResult) throws -> GateResult {
        let before = (baseline.costs ?? []).filter { result.unsettled.contains($0.name) }
        guard !before.isEmpty else { return result }
        var result = result
        let after = try suite.costs(of: Set(before.map(\.name)))
        result.costs = after.compactMap { now in
            before.first { $0.name == now.name }.map { GateCostChange($0, now) }
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
        _ name: String, _ key: String, _ before: GateMeasurement, _ now: GateMeasurement
    ) throws -> GateFinding {
        var finding = GateFinding(
            caseName: name, metric: key, status: .pass, isRelative: false, isPaired: true,
            note: "same")
        for (place, seed) in now.seeds.enumerated() {
            guard let other = before.seeds.firstIndex(of: seed) else {
                throw InputError(
                    suite.baseline, "knows no seed \(seed) of case \"\(name)\"",
                    expected: "--bless anew, for exact metrics")
            }
            let old = key == "digest" ? before.digests[other] : "\(before.figures[key]![other])"
            let new = key == "digest" ? now.digests[place] : "\(now.figures[key]![place])"
            guard old != new else { continue }
            finding.status = .regression
            finding.note = "seed \(seed): \(new), baseline \(old)"
            break
        }
        return finding
    }

    /// How much worse a metric got, and the margin on the same scale: logarithms of the ratio for
    /// relative margins.
    private static func worsening(
        _ key: String, _ before: [Double], _ now: [Double], _ margin: GateSuite.Margin,
        isPaired: Bool, place: String
    ) throws -> (estimate: Estimate, margin: Double) {
        let sign = Figures.direction(key) == .higher ? -1.0 : 1.0
        var (old, new) = (before, now)
        var limit = 0.0
        switch margin {
        case .relative(let share):
            guard (before + now).allSatisfy({ $0 > 0 }) else {
                throw InputError(
                    place, "is 0 in some runs, so it has no relative change",
                    expected: "an absolute margin")
            }
            (old, new) = (before.map(PortableMath.log), now.map(PortableMath.log))
            limit = sign * PortableMath.log(1 + sign * share)
        case .absolute(let size): limit = size
        case .exact: break
        }
        let estimate =
            isPaired
            ? Estimate(paired: zip(old, new).map { sign * ($1 - $0) })
            : Estimate(from: old.map { sign * $0 }, to: new.map { sign * $0 })
        guard let estimate else {
            throw InputError(place, "one seed shows no spread", expected: "at least 2 seeds")
        }
        return (estimate, limit)
    }

    private static func finding(
        _ name: String, _ key: String, _ values: ([Double], [Double]),
        _ margin: GateSuite.Margin, _ found: (estimate: Estimate, margin: Double), isPaired: Bool
    ) -> GateFinding {
        let sign = Figures.direction(key) == .higher ? -1.0 : 1.0
        var finding = GateFinding(
            caseName: name, metric: key, status: .inconclusive,
            baseline: Moments(values.0).mean, now: Moments(values.1).mean, isRelative: false,
            isPaired: isPaired, note: "")
        let interval = found.estimate.interval(confidence: 1 - 2 * tail)
        var scale: (Double) -> Double = { $0 }
        if case .relative(let share) = margin {
            finding.isRelative = true
            finding.margin = share
            // From logarithms back to shares of the baseline, worse counting up.
            scale = { sign * (PortableMath.exp(sign * $0) - 1) }
        } else if case .absolute(let size) = margin {
            finding.margin = size
        }
        finding.worsening = scale(found.estimate.value)
        finding.low = scale(interval.lowerBound)
        finding.high = scale(interval.upperBound)
        return finding
    }
}

extension GateFinding {
    /// Turns an estimate into an answer.
    fileprivate mutating func decide(
        _ estimate: Estimate, margin: Double, adjustedP: Double, seeds: Int, tail: Double
    ) {
        self.adjustedP = adjustedP
        if estimate.pValue(atLeast: margin) <= tail || (estimate.error == 0 && adjustedP == 1) {
            status = .pass
            note = "no worse than the margin"
        } else if adjustedP <= tail {
            status = .regression
            note = "worse than the margin allows"
        } else {
            status = .inconclusive
            seedsNeeded = SeedsNeeded.total(estimate, seeds: seeds, margin: margin)
            note =
                seedsNeeded.map {
                    $0 > seeds
                        ? "\($0 - seeds) more seeds would settle it"
                        : "beyond the margin, but not after correction for all metrics"
                } ?? "at the margin: no feasible number of seeds would settle it"
        }
    }
}
