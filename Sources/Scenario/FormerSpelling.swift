/// An earlier name of a key, and of its values. Still accepted, with a note.
struct FormerSpelling: Sendable {
    /// The old path, "engine.gait".
    let path: String
    /// The present key.
    let key: String
    /// Present values by their old words; other values are unchanged.
    let words: [String: String]

    /// All old spellings.
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

    /// The old spelling at a path; nil if it is not one. O(1).
    static func of(_ path: String) -> FormerSpelling? { all.first { $0.path == path } }

    /// The note that a page shows.
    var note: String {
        let words = words.isEmpty ? "" : " (" + pairs + ")"
        return "\(path) is the old name of \(key)\(words)"
    }

    private var pairs: String {
        words.keys.sorted().map { "\($0) is now \(words[$0]!)" }.joined(separator: ", ")
    }
}
