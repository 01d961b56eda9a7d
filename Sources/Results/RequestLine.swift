import Basics
import Simulator

/// The rows of requests.csv.
///
/// Times are in seconds of the trace with six decimals, rounded to the nearest microsecond, and
/// empty if they never happened. Rows come in order of arrival.
package enum RequestLine {
    /// The header, with its newline.
    package static let header = Array(
        ("id,arrival,admitted,first_token,finish,prompt_tokens,hit_tokens,output_tokens,"
            + "preemptions,replica,outcome,reason,priority\n").utf8)

    /// The header of versions that wrote no priorities, which were added last.
    package static let headerWithoutPriority = Array(
        String(decoding: header, as: UTF8.self).replacing(",priority", with: "").utf8)

    /// Optional columns, behind the others in this order.
    package struct Columns: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        /// When each request was due, if clients held requests back or sent them again.
        package static let due = Columns(rawValue: 1)
        /// The stage of the load, from 1.
        package static let stage = Columns(rawValue: 2)
        /// The attempt of the client, from 1.
        package static let attempt = Columns(rawValue: 4)
        /// The class, if a rule groups requests. Last, because a name may hold commas.
        package static let className = Columns(rawValue: 8)
        /// Where reuse went, with prefix caching: what an infinite cache would have hit, and how
        /// much of it was lost for which reason.
        package static let reuse = Columns(rawValue: 16)

        /// The columns of a run.
        package init(_ plan: RunPlan, tellsClass: Bool = false) {
            self = []
            if plan.holdsBack { insert(.due) }
            if plan.hasStages { insert(.stage) }
            if plan.patience != nil { insert(.attempt) }
            if plan.engine.enablePrefixCaching { insert(.reuse) }
            if tellsClass { insert(.className) }
        }

        /// Every combination.
        package static var all: [Columns] { (0..<32).map { Columns(rawValue: $0) } }
    }

    /// The header with these columns and its newline.
    package static func header(_ columns: Columns) -> [UInt8] {
        let names = [
            (Columns.due, ",due"), (.stage, ",stage"), (.attempt, ",attempt"),
            (.reuse, "," + reuseNames.joined(separator: ",")), (.className, ",class"),
        ].filter { columns.contains($0.0) }.map(\.1)
        return Array(header.dropLast()) + Array((names.joined() + "\n").utf8)
    }

    /// The columns of `Columns.reuse`: the tokens hit plus those lost sum to the first column.
    package static let reuseNames = [
        "reusable_tokens", "lost_last_token", "lost_block_size", "lost_other_replica",
        "lost_evicted", "lost_not_computed", "lost_window",
    ]

    /// Enough space for any row, in bytes: 23 columns, the longest an id of 20 digits.
    package static let longest = 384

    /// The same with a class.
    package static let longestWithClass = longest + longestClass

    /// Bytes for a class's name with its quotes and escapes; the excess is cut.
    private static let longestClass = 512

    /// Appends a record's row, with its newline. O(1).
    package static func append(_ record: RequestRecord, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: longest, alignment: 8) { memory in
            var text = TextRoom(memory)
            put(record, into: &text)
            bytes.append(contentsOf: memory[..<text.count])
        }
    }

    /// Writes a record's row, with its newline, into space for `longest` bytes. O(1). `name` is the
    /// class, if `columns` include it.
    package static func put(
        _ record: RequestRecord, _ columns: Columns = [], class name: String = "",
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
        if !columns.isEmpty { put(columns, of: record, class: name, into: &text) }
        text.put(byte: UInt8(ascii: "\n"))
    }

    @inline(never)
    private static func put(
        _ columns: Columns, of record: RequestRecord, class name: String,
        into text: inout TextRoom
    ) {
        if columns.contains(.due) { put(picoseconds: record.due, into: &text) }
        if columns.contains(.stage) { put(Int32(record.stage) + 1, into: &text) }
        if columns.contains(.attempt) { put(Int32(record.attempt), into: &text) }
        if columns.contains(.reuse) {
            let lost = record.lostReuse
            put(record.reusableTokens, into: &text)
            put(lost.lastToken, into: &text)
            put(lost.blockSize, into: &text)
            put(lost.otherReplica, into: &text)
            put(lost.evicted, into: &text)
            put(lost.notComputed, into: &text)
            put(lost.window, into: &text)
        }
        if columns.contains(.className) { put(class: name, into: &text) }
    }

    private static func put(class name: String, into text: inout TextRoom) {
        text.put(byte: comma)
        var cell = name
        while self.cell(class: cell).utf8.count > longestClass { cell.removeLast() }
        text.put(Array(self.cell(class: cell).utf8))
    }

    /// A class's name as a CSV cell. A negative priority begins no formula.
    package static func cell(class name: String) -> String {
        quoted(Int(name) == nil ? CSVRecords.harmless(name) : name)
    }

    /// A CSV cell: quoted if it holds a comma, a quote or a line end.
    package static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) else {
            return cell
        }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    private static let comma = UInt8(ascii: ",")

    private static let reasons = RejectionReason.allCases.count
    /// The text between replica and priority, by outcome and then by reason.
    private static let endings = Outcome.allCases.flatMap { outcome in
        RejectionReason.allCases.map { Array(",\(outcome.name),\($0.name),".utf8) }
    }

    /// Writes a comma and seconds with six decimals, or nothing for a time that never happened.
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
