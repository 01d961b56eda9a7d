import Basics
import Foundation
import Scenario
import Simulator

/// A gate's specification: cases, seeds, metrics, and how much each may change.
///
/// A suite is a JSON5 file:
///
///     {
///         seeds: 8,
///         cases: [{
///             name: "chat",
///             config: { cluster: { replicas: 1 }, trace: { limit: 400 } },
///             metrics: { digest: "exact", mean_tpot_ms: { relative: 0.015 } },
///         }],
///     }
public struct GateSuite: Sendable {
    /// How much worse a metric may get.
    package enum Margin: Sendable, Equatable {
        /// A fraction of the baseline: 0.02 for 2 %.
        case relative(Double)
        /// In the metric's own unit.
        case absolute(Double)
        /// No change in either direction; for `digest`: an identical run.
        case exact
    }

    /// One configuration with its metrics and margins.
    package struct Case: Sendable {
        package var name: String
        package var configuration: Configuration
        /// Number of requests of a recorded trace that each seed replays from a different start;
        /// nil: the whole trace, or a recipe that the seed varies.
        package var stretch: Int?
        /// Metrics by key of summary.json, sorted; "digest" identifies the run.
        package var metrics: [(key: String, margin: Margin)]
    }

    public var name: String
    /// The suite file's path.
    package var path: String
    /// Path of its baseline.
    package var baseline: String
    /// Seeds with which every case runs.
    public var seeds: [Int]
    package var cases: [Case]
    /// A scheduling policy that replaces the configured one in every case.
    package var policy: (any SchedulingPolicy)?
    /// Two releases of vLLM, the first in place of the baseline; nil: a baseline file.
    package var versions: VersionPair?
    /// With versions: whether both use the older one's defaults.
    package var pinsDefaults = false

    /// Reads a suite and applies `key.path=value` changes to every configuration. Throws
    /// `InputError` naming the file and the key of any mistake.
    public static func read(_ path: String, changes: [String] = []) throws -> GateSuite {
        if let seed = changes.first(where: { Configuration.key(ofChange: $0) == "seed" }) {
            throw InputError(
                "--set \(seed.echoed())", "is varied by the suite",
                expected: "its seeds: --first-seed and --seeds")
        }
        let expected = "a suite (JSON5), such as configs/gate.json5"
        let data = try Data(InputFile.contents(path, atMost: 1_000_000, expected: expected))
        let value = try ConfigurationValue.parse(data, place: path)
        try checkKind(value, path)
        var reader = try SuiteReader(value, place: path)
        let file = path.lastPathName
        let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        let name = try reader.text("name") ?? stem
        let given = try reader.text("baseline")
        let baseline = given ?? "baselines/\(stem).json"
        let versions = try reader.versions("versions")
        let pinsDefaults = try reader.truth("pin_defaults")
        let count = try reader.integer("seeds", in: 1...10_000) ?? 5
        let first = try reader.integer("first_seed", in: 0...1_000_000_000) ?? 1
        let shared = try reader.value("config")
        let list = try reader.list("cases")
        try reader.finish()
        if versions != nil, given != nil {
            throw InputError(
                "\(path): baseline", "and versions are given",
                expected: "one of them: with versions the older release is the baseline")
        }
        if versions == nil, pinsDefaults {
            throw InputError(
                "\(path): pin_defaults", "is for versions only",
                expected: "versions: [\"0.28.0\", \"0.29.0\"] with it")
        }
        let cases = try list.enumerated().map { index, value in
            try Case(
                value, place: "\(path): cases[\(index)]", suite: path, shared: shared,
                seeds: count, changes: changes)
        }
        guard !cases.isEmpty else {
            throw InputError("\(path): cases", "is empty", expected: "at least one case")
        }
        for (index, entry) in cases.enumerated()
        where cases[..<index].contains(where: { $0.name == entry.name }) {
            throw InputError(
                "\(path): cases[\(index)].name", "\"\(entry.name)\" is there twice",
                expected: "a name of its own")
        }
        return GateSuite(
            name: name, path: path,
            baseline: beside(path, baseline), seeds: Array(first..<(first + count)), cases: cases,
            versions: versions, pinsDefaults: pinsDefaults)
    }

    /// A path in a suite, relative to the suite's folder.
    fileprivate static func beside(_ suite: String, _ path: String) -> String {
        path.hasPrefix("/")
            ? path
            : FileSystem.simplified(suite.containingFolder.appending(pathComponent: path))
    }

    /// Throws for another kind of headway file, and says which it is.
    private static func checkKind(_ value: ConfigurationValue, _ path: String) throws {
        guard case .object(let members) = value else { return }
        func refuse(_ what: String, _ expected: String) -> InputError {
            InputError(path, "is \(what), not a suite", expected: expected)
        }
        if members["format"] != nil, members["suite"] != nil {
            throw refuse("a baseline", "the suite that --bless wrote it for")
        }
        guard members["cases"] == nil else { return }
        let file = path.lastPathName
        let suite = "a suite (JSON5), here { cases: [{ name: \"a\", config: \"\(file)\" }] }"
        if members["arrivals"] != nil, members["classes"] != nil {
            let trace = "{ trace: { file: \"\(file)\" } }"
            throw refuse(
                "a trace recipe", "a suite (JSON5): { cases: [{ name: \"a\", config: \(trace) }] }")
        }
        let sections = Set(ConfigurationKey.all.map { $0.path.split(separator: ".")[0] })
        if !members.isEmpty, members.keys.contains(where: { sections.contains(Substring($0)) }) {
            throw refuse("a run configuration", suite)
        }
        throw InputError("\(path): cases", "is missing", expected: "a list of cases")
    }
}

extension GateSuite.Case {
    fileprivate init(
        _ value: ConfigurationValue, place: String, suite: String, shared: ConfigurationValue?,
        seeds: Int, changes: [String]
    ) throws {
        var reader = try SuiteReader(value, place: place)
        guard let name = try reader.text("name") else {
            throw InputError("\(place).name", "is missing", expected: "a name for the case")
        }
        self.name = name
        stretch = try reader.integer("stretch", in: 1...1_000_000_000)
        configuration = Configuration()
        for config in [shared, try reader.value("config")].compactMap(\.self) {
            try configuration.apply(
                Self.sections(config, suite: suite, place: place), place: "\(place).config")
        }
        configuration.resolvePaths(against: suite)
        for change in changes { try configuration.apply(change: change) }
        metrics = try Self.metrics(try reader.value("metrics"), place: place)
        try reader.finish()
        let isRecorded = configuration.trace.file.map { !$0.hasSuffix(".json5") } ?? false
        if stretch != nil, !isRecorded {
            throw InputError(
                "\(place).stretch", "applies to recorded traces only",
                expected: "trace.file, or trace.limit for a recipe")
        }
        let varies = metrics.contains { $0.margin != .exact }
        if varies, isRecorded, stretch == nil {
            throw InputError(
                place, "seeds change nothing about a recorded trace, so they show no spread",
                expected: "stretch: N, so that each seed replays N requests from another place")
        }
        if varies, seeds < 2 {
            throw InputError(
                place, "one seed shows no spread", expected: "at least 2 seeds, or exact metrics")
        }
    }

    /// A configuration given inline, or by the path of a file relative to the suite.
    private static func sections(
        _ value: ConfigurationValue, suite: String, place: String
    ) throws -> ConfigurationValue {
        guard case .text(let name) = value else { return value }
        let file = GateSuite.beside(suite, name)
        guard FileSystem.exists(file), !FileSystem.isFolder(file) else {
            throw InputError(
                "\(place).config", "\(name) cannot be read",
                expected: "a configuration file beside the suite, or its sections")
        }
        let data = try Data(
            InputFile.contents(file, atMost: 1_000_000, expected: "a configuration (JSON5)"))
        return try .parse(data, place: file)
    }

    private static func metrics(
        _ value: ConfigurationValue?, place: String
    ) throws -> [(key: String, margin: GateSuite.Margin)] {
        let place = "\(place).metrics"
        guard case .object(let members) = value ?? .object(["digest": .text("exact")]),
            !members.isEmpty
        else {
            throw InputError(
                place, "is no object of margins",
                expected: "such as { digest: \"exact\", mean_tpot_ms: { relative: 0.02 } }")
        }
        return try members.keys.sorted().map { key in
            (key, try margin(members[key]!, key: key, place: "\(place).\(key)"))
        }
    }

    private static func margin(
        _ value: ConfigurationValue, key: String, place: String
    ) throws -> GateSuite.Margin {
        if value == .text("exact") { return .exact }
        guard key != "digest", case .object(let members) = value, members.count == 1,
            let (unit, size) = members.first, let number = number(size), number >= 0,
            number.isFinite,
            unit == "absolute" || (unit == "relative" && number < 1)
        else {
            throw InputError(
                place, "is \(value.source)",
                expected: key == "digest"
                    ? "\"exact\""
                    : "\"exact\", { relative: 0.02 } (less than 1) or { absolute: 5 }")
        }
        guard Figures.direction(key) != .neither else {
            throw InputError(
                place, "neither way is better for \(key)",
                expected: "\"exact\", or a latency, throughput or count that should fall or rise")
        }
        return unit == "relative" ? .relative(number) : .absolute(number)
    }

    private static func number(_ value: ConfigurationValue) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}
