import Basics

/// Requests of measured runs, each with its own time, lengths and latencies.
///
/// A CSV file, plain or gzip, with the columns run (or id), sent_us (or queued_us), prompt_tokens
/// (or input_tokens), ttft_us, e2e_us and, unless all requests of a run have its row's length,
/// output_tokens. All times are in microseconds, latencies since sending.
struct RecordedRequests: Sendable {
    struct Request: Sendable {
        /// Nanoseconds since the run's first request.
        var sent: Int64
        var promptTokens: Int32
        /// Output length; nil: that of the run's row.
        var outputTokens: Int32?
        /// Milliseconds.
        var timeToFirstToken: Double
        var endToEnd: Double
    }

    /// The file.
    let path: String
    /// Columns that are not used.
    let unusedColumns: [String]
    private var runs: [String: [Request]] = [:]

    /// Names of each column, the preferred one first.
    private static let spellings = [
        "run": ["run", "id"], "sent": ["sent_us", "queued_us"],
        "prompt": ["prompt_tokens", "input_tokens"], "output": ["output_tokens"],
        "ttft": ["ttft_us"], "e2e": ["e2e_us"],
    ]

    /// Reads a file. O(n log n).
    ///
    /// - Throws: `InputError` at the file and line.
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
            // Rows with equal times keep their order in the file.
            let ordered = runs[name]!.enumerated()
                .sorted { ($0.element.sent, $0.offset) < ($1.element.sent, $1.offset) }
                .map(\.element)
            runs[name] = ordered
        }
    }

    /// Latest time and longest latency, microseconds: a year. Latencies are at least a nanosecond.
    private static let latest = 3.2e13
    private static let latencies = 1e-3...latest
    /// Longest request, tokens.
    private static let longest = Double(1 << 30)

    /// The run for a row's id: named like the id, or like its longest end after a dash.
    func name(for id: String) -> String? {
        if runs[id] != nil { return id }
        let parts = id.split(separator: "-")
        return (1..<max(1, parts.count)).lazy
            .map { parts[$0...].joined(separator: "-") }.first { runs[$0] != nil }
    }

    /// A run's requests, in order of sending.
    subscript(name: String) -> [Request] { runs[name] ?? [] }

    /// The file of recorded requests beside a reference file: X_requests.csv (or .csv.gz) for
    /// X.csv; nil if there is none.
    static func beside(_ file: String) -> String? {
        guard file.hasSuffix(".csv") else { return nil }
        let stem = file.dropLast(4)
        return ["\(stem)_requests.csv", "\(stem)_requests.csv.gz"].first {
            !FileSystem.isFolder($0) && FileSystem.exists($0)
        }
    }
}
