import Basics
import Foundation
import Results
import Scenario

extension ConfigurationSpace {
    /// Reads a space from JSON5: `{ base, keys, linked, traces, seeds, slo, objective }`, and
    /// applies changes to its base. `slo`, if given, replaces the file's.
    ///
    /// - Throws: `InputError` naming file and key for any mistake, including invalid values of
    ///   keys. Incompatible values are only found when a point is run.
    package init(
        file: String, changes: [String] = [], slo: Configuration.ObjectiveSection? = nil
    ) throws {
        let bytes = try InputFile.contents(
            file, atMost: Self.largestFile, expected: "a space (JSON5) of { base, keys, ... }")
        var reader = try SuiteReader(
            try ConfigurationValue.parse(Data(bytes), place: file), place: file)
        base = try Self.base(&reader, file: file)
        // The base's own promises. Its per-request limits are kept if the file names none.
        var own = base
        if let section = try reader.value("slo") {
            var promised = base
            promised.slo = .none
            try promised.apply(nested("slo", section), place: file)
            keptLimits = base.promise(promised.slo)
        }
        for change in changes {
            try base.apply(change: change)
            try own.apply(change: change)
        }
        if let slo {
            keptLimits = base.promise(slo)
            if keptLimits == nil { keptLimits = base.keepRequestLimits(of: own) }
        }
        axes = try Self.axes(&reader, base: base, file: file)
        traces = try Self.traces(&reader, file: file)
        let given = try Self.seeds(&reader, file: file)
        seeds = given ?? [base.seed ?? 0]
        namesSeeds = given != nil
        goal = .gpus
        if let word = try reader.text("objective") {
            goal = try Self.goal(word, place: "\(file): objective")
        }
        try reader.finish()
        try checkAxes(file)
        paths = try resolvedPaths(file)
        try base.checkStudied("\(file): base")
        try check(changes)
    }

    /// Refuses changes of keys that the space varies: they would have no effect.
    private func check(_ changes: [String]) throws {
        let varied =
            keys.map(Configuration.key(of:)) + (namesSeeds ? ["seed"] : [])
            + (traces.contains { $0.file != nil } ? ["trace.file"] : [])
        for change in changes {
            let key = String(change.prefix { $0 != "=" })
            guard varied.contains(Configuration.key(of: key)) else { continue }
            throw InputError(
                "--set \(key)", "is varied by the space", expected: "a key that it does not vary")
        }
    }

    /// Largest space file read, bytes.
    private static let largestFile = 10_000_000

    /// The goal that a word names.
    package static func goal(_ word: String, place: String) throws -> Goal {
        guard let goal = Goal(rawValue: word) else {
            throw InputError(
                place, "is \(word.echoed())", word: word, among: Goal.allCases.map(\.rawValue))
        }
        return goal
    }

    private static func base(_ reader: inout SuiteReader, file: String) throws -> Configuration {
        let place = "\(file): base"
        switch try reader.value("base") {
        case nil: return Configuration()
        case .text(let path)?:
            return try Configuration.read(file: path.relative(to: file))
        case .object(let members)?:
            var base = Configuration()
            try base.apply(.object(members), place: place)
            base.resolvePaths(against: file)
            return base
        case let other?:
            throw InputError(
                place, "is \(other.described)",
                expected: "an object of sections, or a configuration's path")
        }
    }

    private static func axes(
        _ reader: inout SuiteReader, base: Configuration, file: String
    ) throws -> [Axis] {
        var axes: [Axis] = []
        switch try reader.value("keys") {
        case nil: break
        case .object(let members)?:
            for key in members.keys.sorted() {
                let place = "\(file): keys.\(key)"
                let values = try SpaceValues.read(members[key]!, place: place)
                axes.append(Axis(keys: [key], values: values.map { [$0] }))
            }
        case let other?:
            throw InputError(
                "\(file): keys", "is \(other.described)",
                expected: "an object such as {\"engine.block_size\": [16, 32]}")
        }
        if let linked = try reader.value("linked") {
            axes += try SpaceValues.linked(linked, place: "\(file): linked")
        }
        return axes
    }

    private static func traces(_ reader: inout SuiteReader, file: String) throws -> [Trace] {
        let place = "\(file): traces"
        guard let value = try reader.value("traces") else {
            return [Trace(name: "", file: nil)]
        }
        guard case .list(let entries) = value, !entries.isEmpty else {
            throw InputError(
                place, "is \(value.described)", expected: "a list of traces' paths")
        }
        var traces: [Trace] = []
        for entry in entries {
            guard case .text(let path) = entry, !path.isEmpty else {
                throw InputError(place, "holds \(entry.described)", expected: "paths")
            }
            guard !traces.contains(where: { $0.name == path }) else {
                throw InputError(place, "names \(path.echoed()) twice", expected: "each once")
            }
            traces.append(Trace(name: path, file: path.relative(to: file)))
        }
        return traces
    }

    private static func seeds(_ reader: inout SuiteReader, file: String) throws -> [Int]? {
        guard let value = try reader.value("seeds") else { return nil }
        let place = "\(file): seeds"
        let values = try SpaceValues.read(value, place: place)
        var seeds: [Int] = []
        for entry in values {
            guard case .integer(let seed) = entry, seed >= 0 else {
                throw InputError(place, "holds \(entry.described)", expected: "integers from 0")
            }
            guard !seeds.contains(seed) else {
                throw InputError(place, "names \(seed) twice", expected: "each once")
            }
            seeds.append(seed)
        }
        return seeds
    }

    /// The paths among the axes' values, resolved against the file's folder as in a base.
    private func resolvedPaths(_ file: String) throws -> [WrittenPath: ConfigurationValue] {
        var paths: [WrittenPath: ConfigurationValue] = [:]
        for axis in axes {
            for (place, key) in axis.keys.enumerated() {
                for case .text(let path) in axis.values.map({ $0[place] }) {
                    var written = Configuration()
                    try written.apply(nested(key, .text(path)), place: file)
                    var read = written
                    read.resolvePaths(against: file)
                    let changed = ConfigurationKey.all.first { $0.value(read) != $0.value(written) }
                    guard let changed else { continue }
                    paths[WrittenPath(key: key, path: path)] = changed.value(read)
                }
            }
        }
        return paths
    }

    /// Checks that every key appears once, every value is allowed for its key, and there are not
    /// too many points.
    private func checkAxes(_ file: String) throws {
        var seen: Set<String> = []
        for key in keys {
            guard !key.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
                throw InputError(
                    "\(file): keys", "hold \"\(key.echoed())\", which is no key",
                    expected: "such as engine.block_size")
            }
            guard seen.insert(Configuration.key(of: key)).inserted else {
                throw InputError(
                    "\(file): \(key)", "stands in keys and in linked, or twice",
                    expected: "one of them")
            }
            if ["seed", "trace.file"].contains(key) {
                throw InputError(
                    "\(file): \(key)", "is no key of a space",
                    expected: key == "seed" ? "seeds: [0, 1]" : "traces: [\"FILE\"]")
            }
            if key.hasPrefix("output.") || key.hasPrefix("slo") {
                throw InputError(
                    "\(file): \(key)", "changes what is written or promised, not what runs",
                    expected: "a key of what is served, or it in base")
            }
        }
        for axis in axes {
            for values in axis.values {
                for (key, value) in zip(axis.keys, values) {
                    let isKey = ConfigurationKey.all.contains { $0.path == key }
                    if case .object = value, !isKey {
                        throw InputError(
                            "\(file): \(key)", "is a section, or no key",
                            expected:
                                "keys such as engine.block_size; several go together in linked"
                        )
                    }
                    var trial = base
                    try trial.apply(nested(key, value), place: file)
                }
            }
        }
        var product = 1
        for axis in axes {
            product *= axis.values.count
            guard product <= Self.mostPoints else {
                throw InputError(
                    file, "has more than \(Self.mostPoints) points", expected: "shorter lists")
            }
        }
    }
}

/// Reads lists, ranges and linked sets of values.
enum SpaceValues {
    /// Most values per key.
    private static let most = 100_000

    /// A list, or `{from, to}` with a `step` (default 1) or a factor (`times`).
    static func read(_ value: ConfigurationValue, place: String) throws -> [ConfigurationValue] {
        switch value {
        case .list(let values):
            guard !values.isEmpty else {
                throw InputError(place, "is an empty list", expected: "one value or more")
            }
            for (index, value) in values.enumerated() where values[..<index].contains(value) {
                throw InputError(
                    place, "holds \(value.described) twice", expected: "each value once")
            }
            return values
        case .object: return try range(value, place: place)
        default:
            throw InputError(
                place, "is \(value.described)",
                expected: "a list, or a range such as {from: 1, to: 8}")
        }
    }

    private static func range(
        _ value: ConfigurationValue, place: String
    ) throws -> [ConfigurationValue] {
        var reader = try SuiteReader(value, place: place)
        let from = try number(&reader, "from", place)
        let to = try number(&reader, "to", place)
        let step = try number(&reader, "step", place)
        let times = try number(&reader, "times", place)
        try reader.finish()
        guard let from, let to, from <= to else {
            throw InputError(
                place, "is no range", expected: "{from: 1, to: 8}, from at most to")
        }
        guard step == nil || times == nil else {
            throw InputError(place, "has a step and a factor (times)", expected: "one of them")
        }
        if let times {
            guard times > 1, from > 0 else {
                throw InputError(
                    place, "never ends", expected: "times above 1, and from above 0")
            }
        }
        let stride = step ?? 1
        guard stride > 0 else {
            throw InputError(place, "never ends", expected: "a step above 0")
        }
        var values: [ConfigurationValue] = []
        // Each from the first value, so that rounding does not accumulate; with a little slack, so
        // that {from: 0.1, to: 0.3, step: 0.1} includes its end.
        var next = from
        for index in 1... {
            guard next <= to + abs(to) * 1e-12 else { break }
            guard values.count < most else {
                throw InputError(place, "has more than \(most) values", expected: "fewer")
            }
            // Of 0.1 x 3, its 15 digits: 0.3.
            let shown = Double(String(format: "%.15g", next)) ?? next
            values.append(Int(exactly: shown).map { .integer($0) } ?? .number(shown))
            next = times.map { next * $0 } ?? (from + Double(index) * stride)
        }
        return values
    }

    private static func number(
        _ reader: inout SuiteReader, _ key: String, _ place: String
    ) throws -> Double? {
        switch try reader.value(key) {
        case nil: return nil
        case .integer(let value)?: return Double(value)
        case .number(let value)?: return value
        case let other?:
            throw InputError("\(place).\(key)", "is \(other.described)", expected: "a number")
        }
    }

    /// One list of sets, or a list of such lists. All sets of a list name the same keys.
    static func linked(
        _ value: ConfigurationValue, place: String
    ) throws -> [ConfigurationSpace.Axis] {
        guard case .list(let entries) = value, !entries.isEmpty else {
            throw InputError(
                place, "is \(value.described)",
                expected: "a list of sets such as [{\"cluster.replicas\": 4}, ...]")
        }
        if case .list? = entries.first {
            return try entries.enumerated().map { try axis($1, place: "\(place)[\($0)]") }
        }
        return [try axis(value, place: place)]
    }

    private static func axis(
        _ value: ConfigurationValue, place: String
    ) throws -> ConfigurationSpace.Axis {
        guard case .list(let entries) = value, !entries.isEmpty else {
            throw InputError(place, "is \(value.described)", expected: "a list of sets")
        }
        var keys: [String] = []
        var sets: [[ConfigurationValue]] = []
        for (index, entry) in entries.enumerated() {
            guard case .object(let members) = entry, !members.isEmpty else {
                throw InputError(
                    "\(place)[\(index)]", "is \(entry.described)",
                    expected: "a set such as {\"cluster.replicas\": 4}")
            }
            let names = members.keys.sorted()
            if index == 0 { keys = names }
            guard names == keys else {
                throw InputError(
                    "\(place)[\(index)]", "names \(names.joined(separator: ", "))",
                    expected: "the keys of the first set, \(keys.joined(separator: ", "))")
            }
            let values = keys.map { members[$0]! }
            guard !sets.contains(values) else {
                throw InputError("\(place)[\(index)]", "stands twice", expected: "each set once")
            }
            sets.append(values)
        }
        return ConfigurationSpace.Axis(keys: keys, values: sets)
    }
}

extension String {
    /// A path in a file, resolved against that file's folder.
    fileprivate func relative(to file: String) -> String {
        let folder = file.containingFolder
        return hasPrefix("/") || folder.isEmpty
            ? self : FileSystem.simplified(folder.appending(pathComponent: self))
    }
}
