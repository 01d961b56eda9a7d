import Basics
import Simulator

/// The rows of requests.csv.
///
/// Times are seconds of the trace with six decimals, rounded to the nearest microsecond, and empty
/// where they never happened. Rows come in order of arrival.
public enum RequestLine {
    /// The header, with its newline.
    public static let header = Array(
        ("id,arrival,admitted,first_token,finish,prompt_tokens,hit_tokens,output_tokens,"
            + "preemptions,replica,outcome,reason,priority\n").utf8)

    /// The header of versions that wrote no priorities: they stand last.
    public static let headerWithoutPriority = Array(
        String(decoding: header, as: UTF8.self).replacing(",priority", with: "").utf8)

    /// The header where a cap holds requests back at the client: last stands when each was due.
    public static let headerWithDue = Array(
        (String(decoding: header.dropLast(), as: UTF8.self) + ",due\n").utf8)

    /// The header of a run, with its newline: `due` where a cap holds requests back, and last the
    /// class where requests are told apart.
    public static func header(tellsDue: Bool, tellsClass: Bool) -> [UInt8] {
        let base = tellsDue ? headerWithDue : header
        return tellsClass ? Array(base.dropLast()) + Array(",class\n".utf8) : base
    }

    /// Room that is enough for any row, bytes: fourteen columns, the longest an id of 20 digits.
    public static let longest = 256

    /// The same with a class.
    public static let longestWithClass = longest + longestClass

    /// Bytes of a class's name and the quotes around and inside it; what exceeds them is cut.
    private static let longestClass = 512

    /// Appends a record's row, with its newline. O(1).
    public static func append(_ record: RequestRecord, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: longest, alignment: 8) { memory in
            var text = TextRoom(memory)
            put(record, into: &text)
            bytes.append(contentsOf: memory[..<text.count])
        }
    }

    /// Puts a record's row, with its newline, into room for `longest` bytes. O(1).
    /// `tellsDue`: the last column says when it was due.
    /// `name`: the class, which then is the last column.
    public static func put(
        _ record: RequestRecord, tellsDue: Bool = false, class name: String? = nil,
        into text: inout TextRoom
    ) {
        text.put(record.id)
        put(picoseconds: record.arrival, into: &text)
        put(picoseconds: record.admitted, into: &text)
        put(picoseconds: record.firstToken, into: &text)
        put(picoseconds: record.finish, into: &text)
        put(record.promptTokens, into: &text)
        put(record.hitTokens, into: &text)
        put(record.outputTokens, into: &text)
        put(record.preemptions, into: &text)
        if record.replica >= 0 { put(record.replica, into: &text) } else { text.put(byte: comma) }
        text.put(endings[Int(record.outcome.rawValue) * reasons + Int(record.rejection.rawValue)])
        text.put(Int64(record.priority))
        if tellsDue { put(picoseconds: record.due, into: &text) }
        if let name { put(class: name, into: &text) }
        text.put(byte: UInt8(ascii: "\n"))
    }

    private static func put(class name: String, into text: inout TextRoom) {
        text.put(byte: comma)
        var cell = name
        while quoted(cell).utf8.count > longestClass { cell.removeLast() }
        text.put(Array(quoted(cell).utf8))
    }

    /// A cell as CSV has it: in quotes where it holds a comma, a quote or a line's end.
    static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) else {
            return cell
        }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    private static let comma = UInt8(ascii: ",")

    private static let reasons = RejectionReason.allCases.count
    /// What stands between replica and priority, by outcome and reason, the reason counting faster.
    private static let endings = Outcome.allCases.flatMap { outcome in
        RejectionReason.allCases.map { Array(",\(outcome.name),\($0.name),".utf8) }
    }

    /// Puts a comma and seconds with six decimals, or nothing for a time that never came.
    @inline(__always)
    private static func put(picoseconds: Int64, into text: inout TextRoom) {
        text.put(byte: comma)
        guard picoseconds >= 0 else { return }
        let microseconds = (UInt64(picoseconds) + 500_000) / 1_000_000
        text.put(Int64(microseconds / 1_000_000))
        text.put(byte: UInt8(ascii: "."))
        text.put(UInt32(microseconds % 1_000_000), digits: 6)
    }

    @inline(__always)
    private static func put(_ value: Int32, into text: inout TextRoom) {
        text.put(byte: comma)
        text.put(Int64(value))
    }
}
