/// The unit of recorded times that are bare numbers.
package enum TimeUnit: String, CaseIterable, Codable, Sendable {
    case seconds = "s"
    case milliseconds = "ms"
    case microseconds = "us"
    case nanoseconds = "ns"

    /// Decimal digits that convert it to nanoseconds.
    var digits: Int {
        switch self {
        case .seconds: 9
        case .milliseconds: 6
        case .microseconds: 3
        case .nanoseconds: 0
        }
    }

    var word: String { "\(self)" }
}

extension TimeUnit {
    /// Infers the unit of recorded times from their size and spacing, if the file does not name it:
    /// `usual` unless the first rows contradict it.
    ///
    /// Seconds since 1970 are 1.5e9 to 2.2e9 in the years 2017 to 2039, and a thousand, a million
    /// and a billion times that in the other units. Other times are in `usual` unless its rows
    /// would come improbably fast or slowly: fractions of a millisecond more than 500 times a
    /// second, or whole seconds more than a hundred apart.
    init(ofTimes times: [FirstRows.Time], usual: TimeUnit, judgesGaps: Bool = true) {
        self = usual
        guard let first = times.first, let last = times.last else { return }
        switch first.value {
        case 1e17...: self = .nanoseconds
        case 1e14..<1e17: self = .microseconds
        case 1e11..<1e14: self = .milliseconds
        case 1.5e9..<2.2e9 where usual == .milliseconds: self = .seconds
        default:
            guard judgesGaps, times.count >= 4, last.value > first.value else { return }
            let gap = (last.value - first.value) / Double(times.count - 1)
            if usual == .milliseconds, gap < 2, times.contains(where: { !$0.isWhole }) {
                self = .seconds
            } else if usual == .seconds, gap > 100, times.allSatisfy(\.isWhole) {
                self = .milliseconds
            }
        }
    }

    /// The note on a unit that was inferred.
    var assumption: String {
        "times are taken as \(word), as the trace names no unit (another: trace.time_unit,"
            + " --time-unit)"
    }
}
