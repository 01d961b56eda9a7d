import Basics
import Experiments
import Results
import Scenario

extension TuneReport {
    /// The question, the answer, how certain it is, and what to run.
    package var text: String {
        var parts = [asked]
        if tuning.best != nil {
            parts.append(answer)
            if tuning.near.count > 1 { parts.append(nearby) }
            parts.append(certainty)
            parts.append(choice)
        } else {
            parts.append(miss)
        }
        if !tuning.unsure.isEmpty { parts.append(disagreements) }
        if !tuning.failed.isEmpty { parts.append(failures) }
        parts.append(effort)
        return parts.joined(separator: "\n\n")
    }

    private var asked: String {
        let space = tuning.space
        let promised = tuning.requirements.map { requirement in
            requirement.name + " "
                + ServiceVerdict.Line(requirement: requirement, value: nil, isMet: false).limitText
        }
        var text =
            "\(tuning.file.echoed()): \(Quantity.counted(space.points, "point")), "
            + "\(Quantity.counted(space.traces.count, "trace")) with "
            + "\(Quantity.counted(tuning.requests, "request")), "
            + "\(Quantity.counted(space.seeds.count, "seed"))\n"
            + "Promised: \(promised.joined(separator: ", "))"
        if tuning.assumesGoodput {
            text +=
                "\nThe space gives limits of each request and no share of them. Taken: "
                + "\(Quantity.percent(ServiceVerdict.assumedGoodput)) within "
                + "\(space.base.slo.description) (slo.goodput, --slo)."
        } else if let kept = space.keptLimits {
            text += "\nNote: \(kept)"
        } else if tuning.requirements.contains(where: { $0.figure == .goodput }) {
            text += "\nGood is \(space.base.slo.description)."
        }
        return text
    }

    private var answer: String {
        guard let best = tuning.best else { return "" }
        let words =
            switch tuning.goal {
            case .gpus: "BEST for the least GPUs"
            case .latency: "BEST for the least latency"
            case .throughput: "BEST for the most throughput"
            case .cost: "BEST for the least cost"
            }
        var lines = [
            (tuning.outcome == .undecided ? "NOT SURE, " : "") + words
                + ": \(Self.gpus(best.point.gpus))", settings(best),
        ]
        lines += promises(best)
        lines.append(
            "mean E2E \(Quantity.duration(seconds: best.latency)), "
                + "\(Quantity.significant(best.throughput)) output tokens/s, "
                + "\(Quantity.significant(best.cost)) GPU-seconds per output token")
        if best.isSteady == false {
            lines.append(
                "Not steady: requests pile up in it while the trace goes on. A longer trace may "
                    + "miss what this one holds.")
        }
        lines += ClockLine.lines([("", best.clock)])
        lines += best.rangeWarnings.map { "Note: " + $0.echoed(atMost: 1_000) }
        if tuning.outcome == .undecided {
            lines.append(
                "It holds the promises in the mean over the seeds, and not with each: "
                    + seeds(best) + ".")
            if let sure = tuning.sureFrom {
                lines.append(
                    "The first that is sure: \(Self.gpus(sure.point.gpus)), \(values(sure)).")
            }
        }
        return lines.joined(separator: "\n")
    }

    private var nearby: String {
        var table = TextTable(
            ["within 1 %: GPUs", "changed", "mean E2E", "tokens/s", "nearest to its limit"],
            alignments: [.right])
        for point in tuning.near.prefix(20) {
            table.add(heading: values(point))
            table.add([
                "\(point.point.gpus)", "\(point.point.changed.count)",
                Quantity.duration(seconds: point.latency),
                Quantity.significant(point.throughput), tightest(point),
            ])
        }
        let more = tuning.near.count - 20
        return table.text + (more > 0 ? "\nand \(Quantity.count(more)) more (--json)" : "")
    }

    private func tightest(_ point: TunedPoint) -> String {
        point.worst.map { "\($0.line.requirement.name) \($0.line.valueText)" } ?? ""
    }

    private var certainty: String {
        guard let confidence = tuning.confidence else { return "" }
        var lines: [String] = ["How sure that is"]
        lines.append("- " + order(confidence))
        lines += confidence.rivals.prefix(3).map { "- " + rival($0) }
        if let edge = confidence.edge { lines.append("- " + self.edge(edge)) }
        lines.append("- " + coverage)
        return lines.joined(separator: "\n")
    }

    private func order(_ confidence: TuneConfidence) -> String {
        let rivals = confidence.rivals.count
        let surely = tuning.space.seeds.count > 1 ? " for sure" : ""
        guard rivals > 0 else { return "No other point \(compared) holds the promises\(surely)." }
        guard let probability = confidence.probability else {
            return "One run has one \(tuning.goal.rawValue) and no spread of it: give seeds or "
                + "traces to know how sure the order is."
        }
        let next = "the \(Quantity.counted(rivals, "next point")) \(compared)"
        return probability < 0.5
            ? "Not sure: \(next) may be as good; what parts them may be chance."
            : "\(Self.least(probability)) that it is the best, against \(next)."
    }

    /// "At least 98.0 %", or "Over 99.9 %" for a probability that would round to all.
    private static func least(_ probability: Double) -> String {
        probability > 0.999 ? "Over 99.9 %" : "At least \(Quantity.percent(probability))"
    }

    private var compared: String {
        tuning.goal == .gpus ? "of as many GPUs" : "of the space"
    }

    private func rival(_ rival: TuneConfidence.Rival) -> String {
        let name = values(rival.point)
        if rival.isSame { return "\(name): the same run, request by request." }
        let worse = Quantity.percent(abs(rival.worse), decimals: 2)
        var text =
            "\(name): \(figure(rival.point)), \(worse) "
            + (rival.worse < 0 ? "better" : "worse")
        if let interval = rival.interval {
            text += " (95 %: \(signed(interval.lowerBound)) to \(signed(interval.upperBound)))"
        }
        return text + "."
    }

    private func signed(_ share: Double) -> String {
        (share < 0 ? "-" : "+") + Quantity.percent(abs(share), decimals: 2)
    }

    private func edge(_ edge: TuneConfidence.Edge) -> String {
        let unit = edge.requirement
        let range =
            "\(unit.text(edge.interval.lowerBound)) to \(unit.text(edge.interval.upperBound))"
        return "Nearest to its limit: \(unit.name) \(unit.text(edge.value)), with other traffic of "
            + "this kind \(range) (95 %, blocks of the trace). "
            + (edge.isInDoubt
                ? "The limit, \(unit.text(unit.limit)), lies within: leave room."
                : "The limit is \(unit.text(unit.limit)).")
    }

    /// Why it is the best of the whole space, not only of what was run.
    private var coverage: String {
        if tuning.isHalved {
            return "Too many points to run all whole: those that did worst over the beginnings of "
                + "the traces were left out. A point that starts badly and ends best would be "
                + "missed."
        }
        let rest = tuning.space.points - tuning.failed.count - tuning.evaluated
        guard rest > 0 else { return "Every point that can be run was run: nothing was left out." }
        let more =
            "\(Quantity.counted(rest, "point")) of more than \(Self.gpus(tuning.gpusTried))"
        return tuning.goal == .gpus
            ? "Every point of fewer GPUs was run as far as it held, and misses a promise; the "
                + "\(more) need no run."
            : "The \(more) cannot be as cheap: a run lasts as long as its trace at least."
    }

    private var choice: String {
        guard let best = tuning.best, let chosen = tuning.recommended, let commands else {
            return ""
        }
        let isBest = best.point.number == chosen.point.number
        let changed = chosen.point.changed
        let words =
            changed.isEmpty
            ? "changes nothing of the base"
            : "changes \(changed.joined(separator: ", ")) of the base"
        return [
            isBest
                ? "RECOMMENDED: the best. It \(words)."
                : "RECOMMENDED: \(settings(chosen))\nIt comes within 1 % of the best and \(words), "
                    + "the fewest of those.",
            commands.recommended,
        ].joined(separator: "\n")
    }

    private var miss: String {
        let undecided = tuning.outcome == .undecided
        var lines = [
            undecided
                ? "NOT SURE: no point holds the promises in the mean over the seeds, and some do "
                    + "with some seeds."
                : "NOTHING in the space holds the promises, up to "
                    + "\(Self.gpus(tuning.mostGPUs))."
        ]
        guard let nearest = tuning.nearest else { return lines[0] }
        let rest = tuning.evaluated - tuning.nearestAmong
        let among =
            rest > 0 ? " (of the \(tuning.nearestAmong) that held longest or are largest)" : ""
        lines.append("Nearest\(among): \(Self.gpus(nearest.point.gpus)), \(settings(nearest))")
        lines += promises(nearest)
        if let worst = nearest.worst {
            let excess = worst.line.excess
            lines.append(
                excess.isFinite
                    ? "\(worst.line.requirement.name) is \(Quantity.significant(excess)) "
                        + "times what is allowed."
                    : "\(worst.line.requirement.name) is out of reach of it.")
        }
        lines += ClockLine.lines([("", nearest.clock)])
        lines += nearest.rangeWarnings.map { "Note: " + $0.echoed(atMost: 1_000) }
        lines.append(
            "Next: more replicas or GPUs in the space, or a looser promise (--slo).")
        return lines.joined(separator: "\n")
    }

    private var disagreements: String {
        let lines = tuning.unsure.prefix(5).map { point in
            "- \(Self.gpus(point.point.gpus)), \(values(point)): "
                + "\(point.isMet ? "holds" : "misses") in the mean; \(seeds(point))"
        }
        let more = tuning.unsure.count - lines.count
        return
            (["The seeds disagree about \(Quantity.counted(tuning.unsure.count, "point"))"] + lines
            + (more > 0 ? ["and \(Quantity.count(more)) more (--json)"] : []))
            .joined(separator: "\n")
    }

    private func seeds(_ point: TunedPoint) -> String {
        "\(point.seedsMet.count) of \(Quantity.counted(tuning.space.seeds.count, "seed")) hold"
    }

    private var failures: String {
        var reasons: [(problem: String, points: [TunePoint])] = []
        for point in tuning.failed {
            let problem = point.problem ?? ""
            if let known = reasons.firstIndex(where: { $0.problem == problem }) {
                reasons[known].points.append(point)
            } else {
                reasons.append((problem, [point]))
            }
        }
        let lines = reasons.prefix(5).map { reason in
            "- \(Quantity.counted(reason.points.count, "point")), such as "
                + "\(values(reason.points[0])): " + reason.problem.echoed(atMost: InputError.most)
        }
        let more = reasons.count - lines.count
        return
            (["\(Quantity.counted(tuning.failed.count, "point")) cannot be run"] + lines
            + (more > 0 ? ["and \(Quantity.count(more)) more reasons (--json)"] : []))
            .joined(separator: "\n")
    }

    private var effort: String {
        let work = tuning.work
        let short =
            work.shortRuns > 0 ? Quantity.counted(work.shortRuns, "short run") + " and " : ""
        return "\(Quantity.counted(tuning.evaluated, "point")) decided by \(short)"
            + "\(Quantity.counted(work.runs, "run")), \(Quantity.count(work.endedEarly)) of which "
            + "ended when a promise was lost: "
            + "\(Quantity.counted(work.requests, "request")) simulated."
    }
}
