import Basics
import Experiments
import Results
import Scenario

/// A capacity study as a page for a terminal and as JSON.
package struct CapacityReport {
    let study: CapacityStudy
    private let run: String

    /// The page of a study. `run` is the command of the studied run; a change of the load can be
    /// appended.
    package init(_ study: CapacityStudy, run: String = "headway run") {
        self.study = study
        self.run = run
    }

    /// The answer, what limits it, the curve, and what to do next.
    package var text: String {
        var parts = [study.headline, facts, curve]
        if let chart { parts.append(chart) }
        if !study.layouts.isEmpty { parts.append(layouts) }
        parts.append(next)
        let notes = study.notes.map { "Note: \($0)" }
        if !notes.isEmpty { parts.append(notes.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    private var facts: String {
        let lines = [
            (isRate ? "highest rate" : "fewest", answer), ("sure", certainty),
            ("promised", promises), ("breaks first", study.breaksFirst ?? ""),
            ("nearest limit", study.pressures.first.map { words($0) } ?? ""),
            ("", study.pressures.dropFirst().map(words).joined(separator: "\n")),
            ("GPUs", busy), ("load", load),
            ("runs", "\(Quantity.count(study.runs)) of \(samples), \(shown) shown"),
        ].filter { !$0.1.isEmpty }
        let indent = "\n" + padded("", to: 15, .left)
        return lines.map { padded($0.0, to: 15, .left) + $0.1.replacing("\n", with: indent) }
            .joined(separator: "\n")
    }

    private var shown: String {
        Quantity.counted(study.points.count, "load")
    }

    /// Prefill and decode alternate, so GPUs may be busy with no limit near.
    private var busy: String {
        study.beyond?.figure("gpu_busy_share").map { "\(Quantity.percent($0)) of the time busy" }
            ?? ""
    }

    private var isRate: Bool { study.axis.over == .rate }

    func amount(_ x: Double) -> String {
        isRate ? Quantity.significant(x) : Quantity.count(Int(x.rounded()))
    }

    private var answer: String {
        switch study.ending {
        case .nothing:
            let easiest = study.points.first.map { amount($0.x) } ?? "0"
            return "none: even \(easiest) \(study.axis.unitName) do not hold what is promised"
        case .undecided(let why):
            guard isRate, let low = study.low else { return "not decided: " + why }
            return "not decided: at least \(amount(low)) \(study.axis.unitName); " + why
        case .found:
            guard let value = study.value else { return "" }
            let unit = study.axis.unitName
            let answer =
                isRate
                ? "\(amount(value)) \(unit)"
                : Quantity.counted(Int(value.rounded()), String(unit.dropLast()))
            if study.isBound { return "at least \(answer): the trace brings no more, see the note" }
            guard let low = study.low else {
                return answer + (study.high.map { ", \(amount($0)) or less" } ?? "")
            }
            guard let high = study.high else { return answer + ", \(amount(low)) or more" }
            return low == high ? answer : answer + ", \(amount(low)) to \(amount(high))"
        }
    }

    private var certainty: String {
        guard study.ending == .found else { return "" }
        guard study.safe != nil else {
            return "the whole trace holds what is promised; some stretch of it misses it at any "
                + "load, so that there is no bound on that side"
        }
        guard let low = study.low, let high = study.high else { return "" }
        let (all, none) = (
            amount(high),
            low > 1 ? "fewer than \(amount(low)) none does" : "1 not all of them do"
        )
        let least = "with 1 each of \(samples) holds what is promised, and there are no fewer"
        let ends =
            isRate
            ? rateEnds
            : high == 1
                ? least
                : "with \(all) each of \(samples) holds what is promised, with \(none)"
        let doubt = study.isConfirmed ? "" : "; not all agree at both ends"
        guard study.confidence > 0 else {
            return ends + doubt
                + ". One replication says nothing of other days: a longer trace, or"
                + " more --seeds, gives an interval"
        }
        let edge = study.seeds.isEmpty ? "The median edge of such stretches" : "The median edge"
        return ends + doubt + ".\n\(edge) lies between with "
            + "\(Quantity.percent(study.confidence, decimals: 0)) confidence"
    }

    /// For example "at trace.rate_scale 2.308 each of 6 seeds holds what is promised, at 2.639 none
    /// does".
    private var rateEnds: String {
        guard let safe = study.safe, let tooHard = study.tooHard else { return "" }
        return "at \(study.axis.key) \(safe) each of \(samples) holds what is promised, at "
            + "\(tooHard) none does"
    }

    /// For example "6 seeds (0 to 5)" or "the trace and 6 stretches of it".
    private var samples: String {
        let seeds = study.seeds
        guard !seeds.isEmpty else {
            let stretches = study.replications.count - 1
            return stretches > 0
                ? "the trace and \(stretches) stretches of it"
                : "the trace alone (too short to cut)"
        }
        let isRow = seeds == Array(seeds[0]..<(seeds[0] + seeds.count))
        let named =
            isRow && seeds.count > 1
            ? "\(seeds[0]) to \(seeds[seeds.count - 1])"
            : seeds.map(String.init).joined(separator: ", ")
        return Quantity.counted(seeds.count, "seed") + " (\(named))"
    }

    private var promises: String {
        let limits = study.requirements.map(\.text).joined(separator: ", ")
        guard !limits.isEmpty else { return "nothing but that the queue does not grow" }
        let good = study.objective.isEmpty ? "" : "; good is \(study.objective)"
        return limits + good + "; the queue does not grow"
    }

    /// How the load is changed, and what that means.
    private var load: String {
        switch study.axis.load {
        case nil:
            return "the same requests at each number; as many nodes as the replicas need"
        case .recipe(let rate)?:
            return "trace.rate_scale times the recipe's \(Quantity.significant(rate)) requests/s, "
                + "drawn anew at each rate; pauses inside sessions stay as they are"
        case .recorded?:
            return "trace.rate_scale squeezes the recorded times: the same requests and bursts at "
                + "each rate, pauses inside sessions as they are. headway trace scale from factor "
                + "2 on lays copies over each other instead: bursts even out, and less is shared"
        case .drawn?, .atOnce?:
            return "trace.request_rate draws times in place of the trace's own"
        }
    }

    private var curve: String {
        var table = TextTable(
            (isRate ? ["req/s", "set"] : [study.axis.unitName])
                + ["hold", "TTFT", "p99", "TPOT", "p99", "tokens/s", "KV", "behind"],
            alignments: [.right])
        for point in study.points {
            let level = isRate ? [Quantity.significant(point.level)] : []
            table.add(
                [amount(point.x)] + level + [
                    Self.holding(point),
                    milliseconds(point, "mean_ttft_ms"), milliseconds(point, "p99_ttft_ms"),
                    milliseconds(point, "mean_tpot_ms"), milliseconds(point, "p99_tpot_ms"),
                    point.figure("output_throughput").map(Quantity.significant) ?? "-",
                    point.figure("peak_kv_use").map { Quantity.percent($0) } ?? "-",
                    point.behind.map { Quantity.percent(max(0, $0)) } ?? "-",
                ])
        }
        let of =
            study.points.contains { $0.runs.count > 1 } ? "Means over the runs of a load; " : ""
        let open =
            study.points.contains { $0.undecided > 0 }
            ? " A range under \"hold\": some runs break no promise and are too short to tell"
                + " whether the queue grows."
            : ""
        return table.text + "\n\n" + of
            + (isRate
                ? "req/s: requests/s as they arrived; set: \(study.axis.key); "
                : "offered: \(offered) requests/s; ")
            + "hold: runs that keep the promises"
            + (study.points.contains { !$0.stretches.isEmpty }
                ? ", then stretches of the trace that do, of those that ran there" : "")
            + "; KV: peak use of the pool; behind: arrivals by "
            + "which the cluster falls back once it has filled." + open + misses
    }

    /// Which stretches of the trace miss at which load; empty if none does.
    private var misses: String {
        let lines = study.points.compactMap { point -> String? in
            let rows = point.stretches.compactMap { run -> String? in
                guard [.missed, .growing].contains(run.standing),
                    case .stretch(let rows, _) = run.replication
                else { return nil }
                return
                    "\(Quantity.count(rows.lowerBound)) to \(Quantity.count(rows.upperBound - 1))"
            }
            guard !rows.isEmpty else { return nil }
            let unit = String(study.axis.unitName.dropLast(point.x == 1 && !isRate ? 1 : 0))
            return "At \(amount(point.x)) \(unit) what is promised is missed in the "
                + "rows " + rows.joined(separator: ", ") + "."
        }
        return lines.isEmpty ? "" : "\n\n" + lines.joined(separator: "\n")
    }

    /// The offered request rate, the same for each amount: "64.1".
    private var offered: String {
        study.points.first.map { Quantity.significant($0.offered) } ?? "-"
    }

    /// For example "5/6", or "0-2/6" if two are undecided.
    private static func holding(_ point: CapacityStudy.Point) -> String {
        let open = point.undecided > 0 ? "-\(point.holding + point.undecided)" : ""
        let stretches = point.stretches.count { [.holds, .unclear].contains($0.standing) }
        let of = point.stretches.isEmpty ? "" : ", \(stretches)/\(point.stretches.count)"
        return "\(point.holding)\(open)/\(point.runs.count)\(of)"
    }

    private func milliseconds(_ point: CapacityStudy.Point, _ key: String) -> String {
        point.figure(key).map { Quantity.duration(seconds: $0 / 1000) } ?? "-"
    }

    /// TTFT and TPOT against the load; nil without a curve.
    private var chart: String? {
        guard study.points.count > 2 else { return nil }
        let parts = [("TTFT p99", "p99_ttft_ms"), ("TPOT mean", "mean_tpot_ms")].map { name, key in
            let values = study.points.map { $0.figure(key) ?? 0 }
            let least = values.filter { $0 > 0 }.min() ?? 1
            let rows = zip(study.points, values).map { point, value in
                // Overload is decades away from the knee.
                let height = value > 0 ? PortableMath.log(value / least) + 0.1 : 0
                return (
                    label: amount(point.x), value: height,
                    text: Quantity.duration(seconds: value / 1000) + mark(point)
                )
            }
            return "\(name) against \(study.axis.unitName) (log scale)\n" + Chart.bars(rows)
        }
        return parts.joined(separator: "\n\n")
    }

    private func mark(_ point: CapacityStudy.Point) -> String {
        let standings = point.runs.map(\.standing)
        if point.holding == point.runs.count { return "" }
        if standings.allSatisfy({ $0 == .unclear }) { return "  not decided" }
        if point.holding + point.undecided > 0 { return "  not held by all" }
        return standings.contains(.missed) ? "  missed" : "  queue grows"
    }

    private var layouts: String {
        var table = TextTable(["tensor_parallel_size", "GPUs"], alignments: [.right])
        for layout in study.layouts {
            table.add(["\(layout.tensorParallel)", layout.gpus.map(amount) ?? "-"])
        }
        let problems = study.layouts.compactMap { layout in
            layout.problem.map { "\(layout.tensorParallel): \($0)" }
        }
        return table.text + (problems.isEmpty ? "" : "\n\n" + problems.joined(separator: "\n"))
    }

    private var next: String {
        guard let safe = study.safe ?? study.level else {
            if case .undecided = study.ending { return "Next: more requests (trace.limit)" }
            guard let nearest = study.points.first?.runs.first?.verdict?.worst else {
                return "Next: more requests, or other promises (--slo)"
            }
            return "Nearest miss: \(nearest.text)\nNext: other promises (--slo), or a faster engine"
                + " (engine.tensor_parallel_size, model.weights)"
        }
        return "Next: \(run) --set \(study.axis.change(safe))"
    }

    /// For example "KV blocks hold 62.0 % of the steps' time back; 97.0 % of 28,144 used at peak".
    private func words(_ pressure: CapacityPressure) -> String {
        let share = Quantity.percent(pressure.share)
        let filled = pressure.filled.map { Quantity.percent($0) } ?? "-"
        let size = pressure.size.map(Quantity.count) ?? "-"
        switch pressure.resource {
        case .kvBlocks:
            return "KV blocks held steps back \(share) of the time; \(filled) of \(size) a replica "
                + "in use at peak"
        case .tokenBudget:
            return "token budget held steps back \(share) of the time; \(filled) of \(size) tokens "
                + "a step filled on average"
        case .sequences:
            return "max_num_seqs held steps back \(share) of the time; \(filled) of \(size) running"
                + " on average"
        case .compute: return "compute: \(share) of the peak FLOP/s"
        case .bandwidth: return "bandwidth: \(share) of the memory bandwidth"
        case .host: return "host: \(share) of the steps' time is its work"
        }
    }
}
