/// Keys and columns that a reader does not know.
enum UnknownKeys {
    /// Most names that are told apart.
    static let most = 100

    /// Keys that change when requests start, whatever the format: a reader that does not honour
    /// them would replay something else.
    static func refusal(of name: String) -> ScanFailure? {
        if name.lowercased().contains("delta") {
            return ScanFailure(
                "the key \(name): rows of what a turn adds (Mooncake delta) are not read",
                expected: "the whole prompt in every turn")
        }
        guard scheduling.contains(name) else { return nil }
        return ScanFailure(
            "the key \(name) changes when requests start, and agentic traces (a graph of calls)"
                + " are not read",
            expected: "rows that follow one another: session_id and delay, or native lines with"
                + " after and think_us")
    }

    private static let scheduling: Set<String> = [
        "wait_for", "waits_for", "branches", "branch_of", "tool_wait_ms", "tool_wait",
        "tool_wait_s", "depends_on", "dependencies", "prerequisites", "spawns", "forks", "joins",
    ]
}

extension ByteCursor {
    /// A key's bytes as a message may show them: printable ASCII, at most 40 characters.
    func printable(_ range: Range<Int>) -> String {
        var text = ""
        for index in range.prefix(40) {
            let byte = base[index]
            text += byte >= 32 && byte < 127 ? String(UnicodeScalar(byte)) : "?"
        }
        return range.count > 40 ? text + "..." : text
    }
}
