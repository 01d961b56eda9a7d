import Basics

/// How often what instances do is noted while a run goes on.
package struct Sampling: Sendable, Equatable {
    /// Length of a window, picoseconds, at least 1.
    package var interval: Int64
    /// Windows of an instance at most.
    package var most: Int
    /// Whether windows widen where they would be more: two become one. Else the run ends with an
    /// error.
    package var widens: Bool

    /// Windows of one length, in picoseconds; more than `most` of an instance are refused.
    package static func every(_ interval: Int64, most: Int) -> Sampling {
        Sampling(interval: interval, most: most, widens: false)
    }

    /// The error of a run that has more windows than allowed.
    package var tooMany: InputError {
        InputError(
            "output.series_interval_s",
            "is \(Double(interval) / 1e12), and the run lasts longer than \(most) of them: "
                + "series.csv has at most \(Self.mostRows) rows",
            expected: "a longer interval, or null for 120 to 240 of them")
    }

    /// Rows that series.csv may have: some 250 MB.
    package static let mostRows = 2_000_000

    /// Windows that widen from 1/256 s by doubling, so that there are 120 to 240 of them in a run
    /// of a second or more.
    package static let few = few(requests: nil, replicas: 1)

    /// The same, where so many requests arrive at so many replicas: windows begin wider where the
    /// run will last, which saves the narrow ones. No replica finishes 50 requests a second for
    /// long; one that does has fewer windows than 120.
    package static func few(requests: Int?, replicas: Int) -> Sampling {
        var interval: Int64 = 1_000_000_000_000 / 256
        let seconds = Double(requests ?? 0) / (50 * Double(max(1, replicas)))
        while 120 * 2 * Double(interval) * 1e-12 <= seconds { interval *= 2 }
        return Sampling(interval: interval, most: 240, widens: true)
    }
}
