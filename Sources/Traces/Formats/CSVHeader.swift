import Basics

/// The columns of a CSV with a header: their roles, and which are not read.
struct CSVHeader {
    /// What a column holds.
    enum Role: Equatable {
        case ignored
        case time
        /// A time written as a date.
        case date
        /// A time written as XXX.
        case unrecorded
        case prompt
        case output
        case session
        case elapsed
        case priority
        /// The model that served the row.
        case model
        /// A name of a requested kind, by the kind's index.
        case label(Int)
    }

    /// A role for each column.
    private(set) var roles: [Role]
    /// The names as written, without surrounding spaces and quotes.
    let names: [String]

    /// Names of times.
    private static let times = ["arrived_at", "timestamp", "arrival_time", "time"]

    /// Names by role; the first that exists wins. Case does not matter.
    private static let known: [(Role, [String])] = [
        (.time, times),
        (
            .prompt,
            [
                "num_prefill_tokens", "contexttokens", "request tokens", "input_tokens",
                "prompt_tokens", "input_length",
            ]
        ),
        (
            .output,
            [
                "num_decode_tokens", "generatedtokens", "response tokens", "output_tokens",
                "completion_tokens", "output_length",
            ]
        ),
        (.session, ["session id"]),
        (.elapsed, ["elapsed time"]),
        (.priority, ["priority", "vllm_priority"]),
        (.model, ["model"]),
    ]

    /// Columns that change nothing here.
    private static let unread: Set<String> = [
        "total tokens", "log type", "num_total_tokens", "pd_ratio", "request_id", "id",
    ]

    /// Names of length columns that make a trace even without times.
    private static let lengths: Set<String> = ["num_prefill_tokens", "contexttokens"]

    /// The expected columns in the error for an unknown header.
    static let wanted =
        "the columns arrived_at,num_prefill_tokens,num_decode_tokens (seconds, tokens, tokens), or"
        + " their names in trace.columns (headway trace: --columns TIME,PROMPT,OUTPUT)"

    /// Reads a header's text. A role without a column is not in `roles`.
    init(_ text: String) {
        names = Self.names(text)
        let lower = names.map { $0.lowercased() }
        roles = names.map { _ in .ignored }
        let places = Dictionary(
            zip(lower, lower.indices), uniquingKeysWith: { first, _ in first })
        for (role, spellings) in Self.known {
            if let place = spellings.lazy.compactMap({ places[$0] }).first {
                roles[place] = role
            }
        }
        guard !roles.contains(.time) else { return }
        // A time that names its unit: "timestamp_ms".
        let timed = names.indices.first { index in
            TimeUnit(endingName: names[index]) != nil
                && Self.times.contains { stem in
                    lower[index].hasPrefix(stem + "_")
                        && !lower[index].dropFirst(stem.count + 1).contains("_")
                }
        }
        if let timed { roles[timed] = .time }
    }

    /// The names in a header. Commas between quotation marks part none.
    private static func names(_ text: String) -> [String] {
        guard text.contains("\"") else {
            return text.split(separator: ",", omittingEmptySubsequences: false)
                .map(\.trimmedName)
        }
        var (parts, isQuoted) = ([""], false)
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts.map(\.trimmedName)
    }

    /// Assigns the roles to the columns that the user names. Throws `InputError` if one does not
    /// exist.
    mutating func assign(_ columns: TraceColumns, place: String) throws {
        roles = names.map { _ in .ignored }
        for (name, role) in [
            (columns.time, Role.time), (columns.prompt, .prompt), (columns.output, .output),
        ] {
            guard let name else { continue }
            guard let index = names.firstIndex(of: name) else {
                throw InputError(
                    place, "has no column \"\(name.printableName)\"",
                    expected: "one of " + Self.list(names))
            }
            roles[index] = role
        }
    }

    /// Gives the first column with one of these names its role, unless it has one.
    mutating func assign(_ label: TraceLabel, kind: Int) {
        let lower = names.map { $0.lowercased() }
        guard
            let name = label.keys.first(where: { name in
                lower.firstIndex(of: name).map { roles[$0] == .ignored } ?? false
            })
        else { return }
        roles[lower.firstIndex(of: name)!] = .label(kind)
    }

    /// Throws `InputError` if a column occurs twice, because it is unclear which one is meant.
    func checkNames(place: String) throws {
        var seen: Set<String> = []
        for (index, name) in names.map({ $0.lowercased() }).enumerated()
        where !name.isEmpty && !seen.insert(name).inserted {
            throw InputError(
                place, "the column \(names[index].printableName) occurs twice",
                expected: "it once")
        }
    }

    /// Whether a column holds names of requests.
    var hasLabels: Bool {
        roles.contains { if case .label = $0 { true } else { false } }
    }

    /// Names for a message: the first twenty.
    static func list(_ names: [String]) -> String {
        names.prefix(20).map(\.printableName).joined(separator: ", ")
            + (names.count > 20 ? ", ..." : "")
    }

    /// Marks the times as dates.
    mutating func takeDates() {
        if let index = roles.firstIndex(of: .time) { roles[index] = .date }
    }

    /// Marks the times as not recorded.
    mutating func dropTimes() {
        if let index = roles.firstIndex(of: .time) { roles[index] = .unrecorded }
    }

    /// Columns that may matter but are not read.
    var ignored: [String] {
        zip(names, roles).compactMap { name, role in
            role == .ignored && !Self.unread.contains(name.lowercased()) ? name : nil
        }
    }

    /// The format with these columns; nil if there is none.
    var format: TraceFormat? {
        let lower = Set(names.map { $0.lowercased() })
        guard roles.contains(.prompt), roles.contains(.output) else { return nil }
        // With names other than the published ones, a trace needs a time column.
        guard roles.contains(.time) || !lower.isDisjoint(with: Self.lengths) else { return nil }
        if lower.isSuperset(of: ["request tokens", "response tokens", "timestamp"]) {
            return .burstgpt
        }
        return lower.isSuperset(of: ["contexttokens", "generatedtokens", "timestamp"])
            ? .azure : .lengths
    }
}
