/// What a user did wrong, in one line: where it is, what is wrong, and what would be right.
///
/// Every failure that comes from outside the program (files, flags, configurations) is an
/// `InputError`; the command line prints `description` and exits with status 2.
public struct InputError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The place: a file with its line ("trace.csv:12"), a key path ("engine.block_size"), a flag.
    public let place: String
    /// What is wrong there.
    public let problem: String
    /// What would be right; empty where the problem already says it.
    public let expected: String

    public init(_ place: String, _ problem: String, expected: String = "") {
        self.place = place
        self.problem = problem
        self.expected = expected
    }

    public var description: String {
        expected.isEmpty ? "\(place): \(problem)" : "\(place): \(problem); expected \(expected)"
    }
}
