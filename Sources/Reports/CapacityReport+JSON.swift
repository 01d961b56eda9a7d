import Basics
import Experiments
import Results
import Scenario

extension CapacityStudy {
    /// Seeds of the replications; empty if these are stretches of a trace.
    var seeds: [Int] {
        replications.compactMap { if case .seed(let seed) = $0 { seed } else { nil } }
    }

    /// The first load that no replication holds, or else the hardest load.
    var beyond: Point? { points.first(where: \.isBeyond) ?? points.last }

    /// The promise that the first load beyond capacity misses by most; nil if none is missed.
    var breaksFirst: String? {
        guard let beyond else { return nil }
        if let missed = beyond.runs.first(where: { $0.standing == .missed })?.verdict?.worst {
            return "\(missed.requirement.name) \(missed.valueText), \(missed.limitText)"
        }
        let isGrowing = beyond.runs.contains { $0.standing == .growing }
        return isGrowing ? "the queue grows" : nil
    }

    /// The word for the outcome.
    var word: String {
        switch ending {
        case .found: "found"
        case .nothing: "nothing"
        case .undecided: "undecided"
        }
    }
}

extension CapacityStudy.Point {
    /// Mean of the shares by which clusters fall behind; nil if runs are too short to tell.
    var behind: Double? {
        let values = runs.compactMap(\.behind)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    /// Whether the queue is steady in every run; nil if some are too short to tell.
    var isSteady: Bool? {
        Trial.areSteady(runs.map(\.isSteady))
    }
}

extension CapacityReport: Encodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    private struct LayoutJSON: Encodable {
        var tensorParallelSize: Int
        var gpus: Double?
        var problem: String?
    }

    private struct PressureJSON: Encodable {
        var resource: String
        var share: Double
        var filled: Double?
        var size: Int?
    }

    private struct RunJSON: Encodable {
        var seed: Int?
        var standing: String
        var steady: Bool?
        var offered: Double
        var behind: Double?
        var slo: ServiceVerdict?
        var digest: String

        init(_ run: CapacityRun) {
            if case .seed(let seed) = run.replication { self.seed = seed }
            standing = run.standing.rawValue
            steady = run.isSteady
            offered = run.offered
            behind = run.behind
            slo = run.verdict
            digest = run.digest
        }
    }

    private struct StretchJSON: Encodable {
        var firstRow: Int
        var rows: Int
        var standing: String

        init?(_ run: CapacityRun) {
            guard case .stretch(let rows, _) = run.replication else { return nil }
            (firstRow, self.rows) = (rows.lowerBound, rows.count)
            standing = run.standing.rawValue
        }
    }

    /// `{over, unit, status, value, low, high, confidence, saturates_first, points}`. A point has
    /// `x`, `meets`, `steady` (null: undecided), and the mean over its runs of every figure of
    /// summary.json.
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(study.axis.over.rawValue, forKey: Key("over"))
        try keys.encode(study.axis.unitName, forKey: Key("unit"))
        try keys.encode(study.axis.key, forKey: Key("key"))
        try keys.encode(study.word, forKey: Key("status"))
        if case .undecided(let why) = study.ending { try keys.encode(why, forKey: Key("why")) }
        try keys.encodeIfPresent(study.value, forKey: Key("value"))
        try keys.encodeIfPresent(study.low, forKey: Key("low"))
        try keys.encodeIfPresent(study.high, forKey: Key("high"))
        if study.isBound { try keys.encode(true, forKey: Key("at_least")) }
        try keys.encodeIfPresent(study.level.map(study.axis.change), forKey: Key("set"))
        try keys.encodeIfPresent(study.safe.map(study.axis.change), forKey: Key("set_safe"))
        try keys.encode(study.confidence, forKey: Key("confidence"))
        try keys.encode(study.isConfirmed, forKey: Key("confirmed"))
        try keys.encode(study.runs, forKey: Key("runs"))
        if !study.seeds.isEmpty { try keys.encode(study.seeds, forKey: Key("seeds")) }
        let stretches = study.seeds.isEmpty ? study.replications.count - 1 : 0
        try keys.encode(stretches, forKey: Key("stretches"))
        try keys.encodeIfPresent(study.breaksFirst, forKey: Key("breaks_first"))
        try keys.encodeIfPresent(
            study.pressures.first?.resource.rawValue, forKey: Key("saturates_first"))
        try keys.encode(
            study.pressures.map {
                PressureJSON(
                    resource: $0.resource.rawValue, share: $0.share, filled: $0.filled,
                    size: $0.size)
            }, forKey: Key("saturation"))
        if !study.layouts.isEmpty {
            try keys.encode(
                study.layouts.map {
                    LayoutJSON(
                        tensorParallelSize: $0.tensorParallel, gpus: $0.gpus, problem: $0.problem)
                }, forKey: Key("layouts"))
        }
        var points = keys.nestedUnkeyedContainer(forKey: Key("points"))
        for point in study.points {
            var entry = points.nestedContainer(keyedBy: Key.self)
            try Self.encode(point, study, &entry)
        }
        try keys.encode(study.notes, forKey: Key("notes"))
    }

    private static func encode(
        _ point: CapacityStudy.Point, _ study: CapacityStudy,
        _ entry: inout KeyedEncodingContainer<Key>
    ) throws {
        let names = Set(point.runs.flatMap(\.figures.keys)).sorted()
        for name in names { try entry.encodeIfPresent(point.figure(name), forKey: Key(name)) }
        try entry.encode(point.x, forKey: Key("x"))
        if study.axis.over == .rate { try entry.encode(point.nominal, forKey: Key("nominal")) }
        try entry.encode(study.axis.change(point.level), forKey: Key("set"))
        try entry.encode(point.offered, forKey: Key("offered"))
        // Null: undecided.
        try entry.encode(point.meets, forKey: Key("meets"))
        try entry.encode(point.share, forKey: Key("holding_share"))
        try entry.encode(point.isSteady, forKey: Key("steady"))
        try entry.encodeIfPresent(point.behind, forKey: Key("behind"))
        try entry.encode(point.runs.map(RunJSON.init), forKey: Key("replications"))
        if !point.stretches.isEmpty {
            try entry.encode(
                point.stretches.compactMap(StretchJSON.init), forKey: Key("stretches"))
        }
    }
}
