/// A user's mistake in one line: where it is, what is wrong, and what would be right.
///
/// Every failure that comes from outside the program (files, flags, configurations) is an
/// `InputError`. The command line prints `description` and exits with status 2.
///
/// Parts may contain input verbatim: `init` keeps them on one line, without control characters, and
/// short (`echoed`). The whole is at most `most` bytes.
public struct InputError: Error, CustomStringConvertible, Equatable, Sendable {
    /// Longest description, bytes of UTF-8.
    package static let most = 1_400

    /// The place: a file with its line ("trace.csv:12"), a key path ("engine.block_size"), a flag.
    package let place: String
    /// What is wrong there.
    package let problem: String
    /// What would be right; empty if the problem already says it.
    package let expected: String
    /// The likely intention; empty if no known word is near.
    package let suggestion: String

    public init(_ place: String, _ problem: String, expected: String = "") {
        self.init(place, problem, expected: expected, suggestion: "")
    }

    /// For an unknown word: suggests the nearest known name, as `spelled` writes it. If none is
    /// near, says what is expected, by default one of the names.
    package init(
        _ place: String, _ problem: String, word: String, among names: [String],
        otherwise expected: String? = nil, spelled: (String) -> String = { $0 }
    ) {
        let near = nearest(to: word, among: names).map(spelled)
        let all = "one of " + names.joined(separator: ", ")
        self.init(
            place, problem, expected: near == nil ? expected ?? all : "", suggestion: near ?? "")
    }

    /// An error whose suggestion takes the place of what is expected.
    package init(_ place: String, _ problem: String, expected: String, suggestion: String) {
        self.place = Self.line(place, usual: 300, bytes: 300)
        self.problem = Self.line(problem, usual: 300, bytes: 480)
        self.expected = Self.line(expected, usual: 600, bytes: 600)
        self.suggestion = Self.line(suggestion, usual: 300, bytes: 300)
    }

    /// A part on one line. The program's own words always stay below `usual` characters. A longer
    /// part therefore echoes a long text, as does a word of more than 200.
    private static func line(_ text: String, usual: Int, bytes: Int) -> String {
        guard text.utf8.count <= 4 * usual else { return text.echoed(bytes: bytes) }
        // An escaped character takes at most nine.
        let whole = text.echoed(atMost: 4 * usual * 9)
        let words = whole.split(separator: " ", omittingEmptySubsequences: false)
        let short = words.map { $0.echoed() }.joined(separator: " ")
        let fits = short.unicodeScalars.count <= usual && short.utf8.count <= bytes
        return fits ? short : short.echoed(bytes: bytes)
    }

    public var description: String {
        let what = "\(place): \(problem)"
        guard suggestion.isEmpty else { return "\(what); did you mean \(suggestion)?" }
        return expected.isEmpty ? what : "\(what); expected \(expected)"
    }
}
