import Basics
import Foundation
import Results
import Scenario
import Simulator

/// A space of configurations over one base: keys that vary freely, sets of keys that vary
/// together, traces and seeds. `sweep` runs all of it, `tune` searches it.
///
/// A point is a choice of every key; a run is a point over one trace with one seed. Points are
/// numbered with the last key changing fastest: keys in alphabetical order, then the linked sets;
/// runs of a point by trace, then seed.
package struct ConfigurationSpace: Sendable {
    /// A key and what it may be, or several keys that are set together.
    package struct Axis: Sendable, Equatable {
        package var keys: [String]
        /// A value of each key, for each place on the axis.
        package var values: [[ConfigurationValue]]
    }

    /// What the best point has most or least of, among those that hold the promises.
    package enum Goal: String, Sendable, CaseIterable, Codable {
        /// The fewest GPUs, then the least latency.
        case gpus
        /// The least latency: mean E2E.
        case latency
        /// The most output tokens a second.
        case throughput
        /// The fewest GPU-seconds for an output token.
        case cost
    }

    /// A trace of the space, with the name that rows have for it.
    package struct Trace: Sendable, Equatable {
        package var name: String
        /// What it sets; nil: the base's own trace.
        package var file: String?
    }

    package var base: Configuration
    package var axes: [Axis]
    package var traces: [Trace]
    package var seeds: [Int]
    /// Whether the file names seeds; else the base's own is the only one.
    package var namesSeeds: Bool
    package var goal: Goal
    /// What to say of the base's limits of single requests, where they are kept; nil: they are not.
    package internal(set) var keptLimits: String?
    /// Values that are paths as the file writes them, and as they start at its folder.
    var paths: [WrittenPath: ConfigurationValue] = [:]

    /// A path as the value of a key.
    struct WrittenPath: Hashable, Sendable {
        var key: String
        var path: String
    }

    /// Most points that a space may have: beyond, it is a slip in a range.
    package static let mostPoints = 10_000_000

    /// How many points there are.
    package var points: Int { axes.reduce(1) { $0 * $1.values.count } }

    /// Runs of every point: traces times seeds.
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
    /// - Throws: `InputError` where values do not go together with the base.
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

    /// A value of a key, with a path as it starts at the space's folder. O(1).
    func resolved(_ key: String, _ value: ConfigurationValue) -> ConfigurationValue {
        guard case .text(let path) = value else { return value }
        return paths[WrittenPath(key: key, path: path)] ?? value
    }
}

/// A value under a dotted key as an object of sections.
func nested(_ key: String, _ value: ConfigurationValue) -> ConfigurationValue {
    key.split(separator: ".").reversed().reduce(value) { .object([String($1): $0]) }
}
