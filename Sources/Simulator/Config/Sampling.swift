import Basics

/// How often the instances are sampled during a run.
package struct Sampling: Sendable, Equatable {
    /// Length of a window, picoseconds, at least 1.
    package var interval: Int64
    /// Most windows per instance.
    package var most: Int
    /// Whether windows widen, by merging pairs, when there would be more than `most`. If not, the
    /// run ends with an error.
    package var widens: Bool

    /// Windows of one length, in picoseconds. A run with more than `most` per instance is an error.
    package static func every(_ interval: Int64, most: Int) -> Sampling {
        Sampling(interval: interval, most: most, widens: false)
    }

    /// The error of a run with more windows than allowed.
    package var tooMany: InputError {
        InputError(
            "output.series_interval_s",
            "is \(Double(interval) / 1e12), and the run lasts longer than \(most) of them: "
                + "series.csv has at most \(Self.mostRows) rows",
            expected: "a longer interval, or null for 120 to 240 of them")
    }

    /// Most rows of series.csv: about 250 MB.
    package static let mostRows = 2_000_000

    /// Windows that start at 1/256 s and widen by doubling, so that a run of a second or more has
    /// 120 to 240 of them.
    package static let few = few(requests: nil, replicas: 1)

    /// The same for a known number of requests and replicas: starts with wider windows if the run
    /// will be long, which saves the narrow ones. Assumes that no replica finishes 50 requests per
    /// second for long; a run that does has fewer than 120 windows.
    package static func few(requests: Int?, replicas: Int) -> Sampling {
        var interval: Int64 = 1_000_000_000_000 / 256
        let seconds = Double(requests ?? 0) / (50 * Double(max(1, replicas)))
        while 120 * 2 * Double(interval) * 1e-12 <= seconds { interval *= 2 }
        return Sampling(interval: interval, most: 240, widens: true)
    }
}
