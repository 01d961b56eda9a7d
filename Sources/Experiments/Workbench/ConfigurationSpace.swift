import Basics
import Foundation
import Results
import Scenario
import Simulator

/// A space of configurations over one base: keys that vary independently, sets of keys that vary
/// together, traces and seeds. `sweep` runs all of it, `tune` searches it.
///
/// A point is a choice for every key; a run is a point over one trace with one seed. Points are
/// numbered with the last key changing fastest: keys sorted, then the linked sets. A point's runs
/// are ordered by trace, then seed.
package struct ConfigurationSpace: Sendable {
    /// A key with its values, or several keys that are set together.
    package struct Axis: Sendable, Equatable {
        package var keys: [String]
        /// For each position on the axis, a value for each key.
        package var values: [[ConfigurationValue]]
    }

    /// The objective of the best point among those that hold the promises.
    package enum Goal: String, Sendable, CaseIterable, Codable {
        /// The fewest GPUs, then the least latency.
        case gpus
        /// The least latency: mean E2E.
        case latency
        /// The most output tokens per second.
        case throughput
        /// The fewest GPU-seconds per output token.
        case cost
    }

    /// A trace of the space, with its name in rows.
    package struct Trace: Sendable, Equatable {
        package var name: String
        /// The file that it sets; nil: the base's own trace.
        package var file: String?
    }

    package var base: Configuration
    package var axes: [Axis]
    package var traces: [Trace]
    package var seeds: [Int]
    /// Whether the file gives seeds; otherwise the base's own is the only one.
    package var namesSeeds: Bool
    package var goal: Goal
    /// The note that the base's per-request limits are kept; nil if they are not.
    package internal(set) var keptLimits: String?
    /// Values that are paths: as written in the file, and resolved against its folder.
    var paths: [WrittenPath: ConfigurationValue] = [:]

    /// A path as the value of a key.
    struct WrittenPath: Hashable, Sendable {
        var key: String
        var path: String
    }

    /// Most points in a space. Beyond that, a range is probably mistyped.
    package static let mostPoints = 10_000_000

    /// Number of points.
    package var points: Int { axes.reduce(1) { $0 * $1.values.count } }

    /// Number of runs per point: traces times seeds.
    package var runsOfPoint: Int { traces.count * seeds.count }

    /// The keys that vary, in the order of their columns.
    package var keys: [String] { axes.flatMap(\.keys) }

    /// The values of `keys` at a point. O(keys).
    package func values(at point: Int) -> [ConfigurationValue] {
        var rest = point
        var parts: [[ConfigurationValue]] = []
        for axis in axes.reversed() {
            parts.append(axis.values[rest % axis.values.count])
            rest /= axis.values.count
        }
        return parts.reversed().flatMap(\.self)
    }

    /// The configuration of a point, trace and seed.
    ///
    /// - Throws: `InputError` if values are incompatible with the base.
    package func configuration(point: Int, trace: Int, seed: Int) throws -> Configuration {
        var configuration = try configuration(point: point)
        if let file = traces[trace].file { configuration.trace.file = file }
        if namesSeeds { configuration.seed = seeds[seed] }
        return configuration
    }

    /// The configuration of a point over the base's own trace and seed.
    package func configuration(point: Int) throws -> Configuration {
        var configuration = base
        for (key, value) in zip(keys, values(at: point)) {
            try configuration.apply(nested(key, resolved(key, value)), place: key)
        }
        return configuration
    }

    /// A value of a key, with a path resolved against the space's folder. O(1).
    func resolved(_ key: String, _ value: ConfigurationValue) -> ConfigurationValue {
        guard case .text(let path) = value else { return value }
        return paths[WrittenPath(key: key, path: path)] ?? value
    }
}

/// A value under a dotted key as an object of sections.
func nested(_ key: String, _ value: ConfigurationValue) -> ConfigurationValue {
    key.split(separator: ".").reversed().reduce(value) { .object([String($1): $0]) }
}
