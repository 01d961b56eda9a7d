/// Keys and columns that a reader does not know.
enum UnknownKeys {
    /// Most names that are counted individually.
    static let most = 100

    /// A name and how often it was skipped.
    struct Count {
        var name: [UInt8]
        var count = 1
        /// Whether its value must be checked every time.
        var changesSchedule: Bool
    }

    /// Refuses keys that change when requests start, whatever the format: a reader that ignored
    /// them would replay something else.
    static func refusal(of name: String) -> ScanFailure? {
        if name.lowercased().contains("delta") {
            return ScanFailure(
                "the key \(name): rows of what a turn adds are not read under such names",
                expected: "the whole prompt in every turn, or input_length of what a turn adds and"
                    + " --format mooncake_delta (trace.format)")
        }
        guard scheduling.contains(name) else { return nil }
        return ScanFailure(
            "the key \(name) changes when requests start, and is not read in this format",
            expected: "agentic rows (request_id, wait_for, delay, tool_wait_ms; --format"
                + " agentic_mooncake), or native lines with after and waits")
    }

    private static let scheduling: Set<String> = [
        "wait_for", "waits_for", "branches", "branch_of", "tool_wait_ms", "tool_wait",
        "tool_wait_s", "depends_on", "dependencies", "prerequisites", "spawns", "forks", "joins",
        "not_before_ms",
    ]
}

extension ByteCursor {
    /// Counts a key that the reader does not know, whose value is next. Throws if the key would
    /// change the schedule, unless its value is empty.
    func count(_ name: [UInt8], _ counters: inout ReaderCounters) throws {
        if counters.countAgain(name) { return }
        let shown = name.withUnsafeBytes { ByteCursor($0).printable(0..<$0.count) }
        let refusal = UnknownKeys.refusal(of: shown)
        if let refusal, !saysNothing { throw refusal }
        try counters.count(name, shown: shown, changesSchedule: refusal != nil)
    }

    /// Counts a key that is not known to change nothing, and what `model` names if that is known;
    /// the value is next.
    func count(
        _ key: Range<Int>, unless ignored: [StaticString], _ counters: inout ReaderCounters
    ) throws {
        if ignored.contains(where: { matches(key, $0) }) {
            if matches(key, "model") { countModel(&counters) }
            return
        }
        let name = UnsafeBufferPointer(start: base + key.lowerBound, count: key.count)
        try count(Array(name), &counters)
    }

    /// Whether the next value is null or an empty list.
    private var saysNothing: Bool {
        var value = self
        if value.skipNull() { return true }
        guard value.skip(0x5b) else { return false }
        value.skipSpaces()
        return value.current == 0x5d
    }

    /// A key's bytes for a message: printable ASCII, at most 40 characters.
    func printable(_ range: Range<Int>) -> String {
        var text = ""
        for index in range.prefix(40) {
            let byte = base[index]
            text += byte >= 32 && byte < 127 ? String(UnicodeScalar(byte)) : "?"
        }
        return range.count > 40 ? text + "..." : text
    }
}
