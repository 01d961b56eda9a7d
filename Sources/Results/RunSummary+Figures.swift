import Simulator

extension RunSummary {
    /// Takes over the figures of a run's records: exact percentiles, classes, whether the load is
    /// steady, and intervals of the means. `wanted` is the requested dimension.
    package mutating func take(_ figures: RequestFigures, by wanted: ClassDimension?) {
        if let exact = figures.latencies {
            isExact = true
            timeToFirstToken.take(exact.timeToFirstToken)
            timePerOutputToken.take(exact.timePerOutputToken)
            endToEnd.take(exact.endToEnd)
            queueTime.take(exact.queueTime)
        }
        if let good = figures.goodRequests { goodRequests = good }
        for classes in figures.classes {
            let isWanted = classes.rule.dimension == wanted
            warnings += Self.remarks(classes, isWanted: isWanted)
            guard isWanted ? !classes.isUnnamed : classes.number > 1 else { continue }
            let table = ClassTable(classes, isWanted: isWanted, seconds: measuredDuration)
            if !table.classes.isEmpty { self.classes.append(table) }
        }
        let isOpen = concurrency == nil && !hasClosedStages
        let range = stretch == nil ? nil : figures.arrivals
        let found = figures.trend.steadiness(from: range?.lowerBound, to: range?.upperBound)
        let filled = Int64(min(max(0, endToEnd.p99), 1e12) * 1e9)
        let later = figures.trend.whenFilled(after: filled)
        if isOpen { steadiness = later.flatMap { $0.staysBehind ? $0.growing : nil } ?? found }
        takeIntervals(figures, isOpen ? steadiness : found)
    }

    /// Fewest values for which a mean has an interval: ten in each of at least twenty batches.
    private static let fewest = 200

    /// Takes the means with their intervals if the load is steady. Otherwise a mean depends on when
    /// the trace ends, and an interval would not show chance.
    private mutating func takeIntervals(_ figures: RequestFigures, _ found: Steadiness?) {
        guard counters.finished > 0 else { return }
        let finished = figures.endToEnd.count
        guard finished >= Self.fewest else {
            intervalsProblem = "fewer than \(Self.fewest) requests finished"
            return
        }
        guard let found else {
            intervalsProblem = "the run is too short"
            return
        }
        guard overload == nil, found.verdict == .steady else {
            intervalsProblem = "the load is not steady"
            return
        }
        let means = [
            ("mean_ttft_ms", figures.timeToFirstToken),
            ("mean_tpot_ms", figures.timePerOutputToken), ("mean_e2el_ms", figures.endToEnd),
        ]
        intervals = means.filter { $0.1.count >= Self.fewest }.compactMap { key, mean in
            mean.interval.map { (key, $0.scaled(by: 1e-9)) }
        }
        if let throughput = found.throughput,
            throughput.mean * found.seconds >= Double(Self.fewest)
        {
            intervals.append(("request_throughput", throughput))
        }
    }

    /// Remarks if classes are not shown, or are not really classes.
    private static func remarks(_ classes: RequestClasses, isWanted: Bool) -> [String] {
        let rule = classes.rule
        if classes.isOverrun {
            let what = rule.dimension.label?.words ?? rule.dimension.rawValue
            return ["more than \(RequestClasses.most) classes by \(what): no figures by it"]
        }
        guard isWanted else { return [] }
        if classes.isUnnamed, let label = rule.dimension.label {
            let why =
                rule.isLookedFor
                ? "no request has one of " + label.keys.joined(separator: ", ")
                : "traces of this format are not looked through for it"
            return [
                "output.by is \(rule.dimension.rawValue), and the trace names no \(label.words): "
                    + why + ". There are no figures by it"
            ]
        }
        if classes.number == 1, let only = classes.classes.first {
            return [
                "output.by is \(rule.dimension.rawValue), and all requests are of one class, "
                    + only.name
            ]
        }
        return []
    }
}

extension LatencySummary {
    /// Takes percentiles of the values themselves.
    fileprivate mutating func take(_ exact: LatencyValues) {
        guard let found = exact.percentiles([50, 90, 95, 99]) else { return }
        isExact = true
        values = exact
        median = found[0] / 1e9
        p90 = found[1] / 1e9
        p95 = found[2] / 1e9
        p99 = found[3] / 1e9
    }
}
