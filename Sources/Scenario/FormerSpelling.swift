/// A key, and its words, as they were called before. They are still read, with a note.
struct FormerSpelling: Sendable {
    /// Section and name, "engine.gait".
    let path: String
    /// The key now.
    let key: String
    /// Values by their old words; others are as they were.
    let words: [String: String]

    /// Every old spelling.
    static let all = [
        FormerSpelling(
            path: "engine.gait", key: "engine.advance",
            words: ["walk": "step", "stride": "fast_forward"]),
        FormerSpelling(
            path: "output.latency_parts", key: "output.latency_breakdown", words: [:]),
        FormerSpelling(
            path: "engine.host_us.fixed", key: "engine.host.schedule_us", words: [:]),
        FormerSpelling(
            path: "engine.host_us.per_request", key: "engine.host.schedule_per_request_us",
            words: [:]),
    ]

    /// The one of a path; nil: the path is no old spelling. O(1).
    static func of(_ path: String) -> FormerSpelling? { all.first { $0.path == path } }

    /// What a page says of it.
    var note: String {
        let words = words.isEmpty ? "" : " (" + pairs + ")"
        return "\(path) is the old name of \(key)\(words)"
    }

    private var pairs: String {
        words.keys.sorted().map { "\($0) is now \(words[$0]!)" }.joined(separator: ", ")
    }
}
