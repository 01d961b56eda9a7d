import Experiments

extension SweepPage: Encodable {
    private struct Point: Encodable {
        var point: Int
        var values: [String: String]
        var gpus: Double
        var figures: [String: Double]
        var sloMet: Bool?
        /// Absent if some runs are too short to tell.
        var steady: Bool?
    }

    private struct Fronts: Encodable {
        var tokensPerSPerUserAndPerGpu: [Point]
        var p99TtftMsAndGpus: [Point]
    }

    private struct Change: Encodable {
        var lowest, highest, varianceShare, largestChange: Double?
    }

    private struct Effect: Encodable {
        var keys: [String]
        var values: Int
        var matters: Bool?
        var figures: [String: Change]
    }

    private struct Remark: Encodable {
        var text: String
        var runs: Int

        init(_ remark: SweepTable.Remark) { (text, runs) = (remark.text, remark.runs) }
    }

    private struct Body: Encodable {
        var file: String
        /// Absent if the table does not state it.
        var objective: ConfigurationSpace.Goal?
        var points, runs, failed: Int
        var best: [Point]
        var pareto: Fronts
        var sensitivity: [Effect]
        var problems, warnings, clocks: [Remark]
    }

    /// `{file, objective, points, runs, failed, best, pareto, sensitivity, problems, warnings,
    /// clocks}`, best first, as many as the page shows.
    package func encode(to encoder: any Encoder) throws {
        let body = Body(
            file: file, objective: table.goal, points: table.points.count, runs: table.runs,
            failed: table.failedPoints,
            best: table.ranked(by: goal).prefix(Self.most).map(point),
            pareto: Fronts(
                tokensPerSPerUserAndPerGpu: table.throughputFront.members.map { point($0.place) },
                p99TtftMsAndGpus: table.latencyFront.members.map { point($0.place) }),
            sensitivity: table.effects.map(Self.effect), problems: table.problems.map(Remark.init),
            warnings: table.warnings.map(Remark.init), clocks: table.clocks.map(Remark.init))
        try body.encode(to: encoder)
    }

    private func point(_ place: Int) -> Point {
        var figures: [String: Double] = [:]
        for (figure, values) in zip(SweepTable.Figure.all, table.figures)
        where values[place].isFinite {
            figures[figure.name] = values[place]
        }
        let tpot = table.figures[SweepTable.Figure.place("mean_tpot_ms")][place]
        if tpot > 0 { figures["output_throughput_per_user"] = 1000 / tpot }
        return Point(
            point: table.points[place],
            values: Dictionary(
                zip(table.keys, table.values(at: place)), uniquingKeysWith: { first, _ in first }),
            gpus: table.gpus[place], figures: figures, sloMet: table.meets[place],
            steady: table.isSteady[place])
    }

    private static func effect(_ effect: SweepEffect) -> Effect {
        let changes = effect.changes.map { change in
            (
                change.figure,
                Change(
                    lowest: change.lowest, highest: change.highest,
                    varianceShare: change.varianceShare, largestChange: change.largest)
            )
        }
        return Effect(
            keys: effect.keys, values: effect.values, matters: effect.matters,
            figures: Dictionary(changes, uniquingKeysWith: { first, _ in first }))
    }
}
