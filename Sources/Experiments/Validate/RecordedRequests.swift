import Basics

/// Requests of measured runs, each with its own time, lengths and latencies.
///
/// A CSV file with the columns run (or id), sent_us (or queued_us), prompt_tokens (or
/// input_tokens), ttft_us, e2e_us and, unless all of a run have the row's length, output_tokens.
/// Microseconds, the latencies since the sending; plain or gzip.
struct RecordedRequests: Sendable {
    struct Request: Sendable {
        /// Nanoseconds since the run's first request.
        var sent: Int64
        var promptTokens: Int32
        /// Nil: the length of the run's row.
        var outputTokens: Int32?
        /// Milliseconds.
        var timeToFirstToken: Double
        var endToEnd: Double
    }

    /// The file.
    let path: String
    /// Columns that nothing looks at.
    let unusedColumns: [String]
    private var runs: [String: [Request]] = [:]

    /// Names of a column, the first one preferred.
    private static let spellings = [
        "run": ["run", "id"], "sent": ["sent_us", "queued_us"],
        "prompt": ["prompt_tokens", "input_tokens"], "output": ["output_tokens"],
        "ttft": ["ttft_us"], "e2e": ["e2e_us"],
    ]

    /// Reads a file.
    ///
    /// - Throws: `InputError` at the file and line. O(n log n).
    init(_ path: String) throws {
        self.path = path
        let file = try ColumnFile(path, requiring: ["ttft_us", "e2e_us"])
        func column(_ name: String) -> Int? {
            Self.spellings[name]!.lazy.compactMap { file.column(ifPresent: $0) }.first
        }
        func required(_ name: String) throws -> Int {
            guard let found = column(name) else {
                throw InputError(
                    path, "has no column \(Self.spellings[name]!.joined(separator: " or "))",
                    expected: "requests with run, sent_us, prompt_tokens, ttft_us, e2e_us")
            }
            return found
        }
        let (run, sent) = (try required("run"), try required("sent"))
        let (prompt, output) = (try required("prompt"), column("output"))
        let (ttft, e2e) = (try required("ttft"), try required("e2e"))
        let known = Set(Self.spellings.values.joined())
        unusedColumns = file.names.filter { !known.contains($0) }
        for row in file.rows.indices {
            let time = try file.number(row, sent, in: 0...Self.latest)
            let request = Request(
                sent: Int64(time * 1e3),
                promptTokens: Int32(try file.number(row, prompt, in: 1...Self.longest)),
                outputTokens: try output.map {
                    Int32(try file.number(row, $0, in: 1...Self.longest))
                },
                timeToFirstToken: try file.number(row, ttft, in: Self.latencies) * 1e-3,
                endToEnd: try file.number(row, e2e, in: Self.latencies) * 1e-3)
            runs[file.text(row, run), default: []].append(request)
        }
        guard !runs.isEmpty else {
            throw InputError(path, "has no rows", expected: "a request a row")
        }
        for name in runs.keys {
            // Rows of the same time keep the order of the file.
            let ordered = runs[name]!.enumerated()
                .sorted { ($0.element.sent, $0.offset) < ($1.element.sent, $1.offset) }
                .map(\.element)
            runs[name] = ordered
        }
    }

    /// Microseconds: a year, and a latency of at least a nanosecond and at most that.
    private static let latest = 3.2e13
    private static let latencies = 1e-3...latest
    /// Tokens.
    private static let longest = Double(1 << 30)

    /// The run of a row: named like its id, or like its end after a dash.
    func name(for id: String) -> String? {
        if runs[id] != nil { return id }
        let parts = id.split(separator: "-")
        return (1..<max(1, parts.count)).lazy
            .map { parts[$0...].joined(separator: "-") }.first { runs[$0] != nil }
    }

    /// The requests of a run, in order of sending.
    subscript(name: String) -> [Request] { runs[name] ?? [] }

    /// The file of recorded requests beside a reference file: X_requests.csv (or .csv.gz) for
    /// X.csv; nil: there is none.
    static func beside(_ file: String) -> String? {
        guard file.hasSuffix(".csv") else { return nil }
        let stem = file.dropLast(4)
        return ["\(stem)_requests.csv", "\(stem)_requests.csv.gz"].first {
            !FileSystem.isFolder($0) && FileSystem.exists($0)
        }
    }
}
