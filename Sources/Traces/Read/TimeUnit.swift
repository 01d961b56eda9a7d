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

    /// The unit that a column's or a key's name ends in ("arrival_ms", "Time (us)", "sentAtNs");
    /// nil: it names none.
    init?(endingName name: String) {
        let parts = name.split { !$0.isLetter && !$0.isNumber }
        guard let last = parts.last else { return nil }
        for unit in Self.allCases {
            // The end of "sentAtNs"; a single S ends other words, too.
            let hump = unit.rawValue.prefix(1).uppercased() + unit.rawValue.dropFirst()
            let isHump = unit != .seconds && last.hasSuffix(hump) && last.count > hump.count
            if isHump || parts.count > 1 && unit.spellings.contains(last.lowercased()) {
                self = unit
                return
            }
        }
        return nil
    }

    /// The ways of writing it at the end of a name, in small letters.
    private var spellings: [String] {
        switch self {
        case .seconds: ["s", "sec", "secs", "second", "seconds"]
        case .milliseconds: ["ms", "msec", "millis", "millisecond", "milliseconds"]
        case .microseconds: ["us", "usec", "micros", "microsecond", "microseconds"]
        case .nanoseconds: ["ns", "nsec", "nanos", "nanosecond", "nanoseconds"]
        }
    }
}

extension TimeUnit {
    /// Infers the unit of recorded times from their size and spacing, if the file does not name it:
    /// `usual` unless the first rows contradict it.
    ///
    /// Seconds since 1970 are 1.5e9 to 2.2e9 in the years 2017 to 2039, and a thousand, a million
    /// and a billion times that in the other units. Other times are in `usual` unless its rows
    /// would come improbably fast or slowly: fractions of a millisecond more than 500 times a
    /// second, or whole seconds more than a hundred apart.
    ///
    /// - Parameter judgesGaps: whether the rows' spacing may contradict `usual`.
    init(ofTimes times: [FirstRows.Time], usual: TimeUnit, judgesGaps: Bool = true) {
        self = usual
        guard let first = times.first, let last = times.last else { return }
        switch first.value {
        case 1e17...: self = .nanoseconds
        case 1e14..<1e17: self = .microseconds
        case 1e11..<1e14: self = .milliseconds
        case 1.5e9..<2.2e9: self = .seconds
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

    /// The unit of a trace's times and what to say of it: the one given, else the one that the
    /// column or key of the times is named for, else the one that the times themselves suggest.
    static func found(
        given: TimeUnit?, name: String?, times: [FirstRows.Time], usual: TimeUnit,
        judgesGaps: Bool = true
    ) -> (unit: TimeUnit, assumption: String?) {
        if let given { return (given, nil) }
        let another = "(another: trace.time_unit; headway trace: --time-unit)"
        if let name, let unit = TimeUnit(endingName: name) {
            let words = "times are taken as \(unit.word), as \(name.printableName) is named"
            return (unit, "\(words) \(another)")
        }
        let unit = TimeUnit(ofTimes: times, usual: usual, judgesGaps: judgesGaps)
        return (unit, "times are taken as \(unit.word), as the trace names no unit \(another)")
    }
}
