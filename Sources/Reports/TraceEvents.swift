import Basics
import Simulator

/// A run as events for a trace viewer (Perfetto, chrome://tracing): each replica is a process with
/// its steps as slices, its queue and free blocks as counters, and its requests as spans.
///
/// The form is that of Chrome's Trace Event Format, an array with a line for each event. Times are
/// microseconds with six decimals: exact picoseconds.
public struct TraceEvents: Sendable {
    private var named: Set<Int> = []
    private var isFirst = true

    /// No events yet.
    public init() {}

    /// What stands before the first event, and after the last.
    public static let opening = "["
    public static let closing = "]"

    /// The lines of a decision; none for an update. O(entries).
    public mutating func lines(_ decision: Decision) -> [String] {
        guard case .scheduled(let step) = decision else { return [] }
        var lines: [String] = []
        if named.insert(step.replica).inserted {
            lines.append(
                event("M", step.replica, "process_name", nil)
                    + ",\"args\":{\"name\":\"replica \(step.replica)\"}}")
        }
        if !step.entries.isEmpty { lines.append(slice(step)) }
        for id in step.preempted {
            lines.append(
                event("i", step.replica, "preempts request \(id)", step.time) + ",\"s\":\"p\"}")
        }
        lines.append(
            event("C", step.replica, "requests", step.time)
                + ",\"args\":{\"running\":\(step.running),\"waiting\":\(step.waiting)}}")
        lines.append(
            event("C", step.replica, "free blocks", step.time)
                + ",\"args\":{\"blocks\":\(step.freeBlocks)}}")
        return lines.map { separated($0) }
    }

    /// The lines of a request's life, from its arrival on, as far as it came. O(1).
    public mutating func lines(_ record: RequestRecord) -> [String] {
        guard record.finish >= 0, record.replica >= 0, record.outcome != .rejected else {
            return []
        }
        let moments = [record.arrival, record.admitted, record.firstToken, record.finish]
        var lines: [String] = []
        for (place, name) in ["queue", "to first token", "decode"].enumerated() {
            let start = moments[place]
            guard start >= 0 else { break }
            let end = moments[place + 1] >= 0 ? moments[place + 1] : record.finish
            for (phase, time) in [("b", start), ("e", end)] {
                lines.append(
                    event(phase, Int(record.replica), name, time)
                        + ",\"cat\":\"request\",\"id\":\"\(record.id)\"}")
            }
        }
        return lines.map { separated($0) }
    }

    private func slice(_ step: ScheduleDecision) -> String {
        let chunks = step.entries.filter { $0.computedBefore < $0.promptTokens }
        let decodes = step.entries.count - chunks.count
        let prompt = chunks.reduce(0) { $0 + $1.tokens }
        var names: [String] = []
        if decodes > 0 { names.append("decode \(decodes)") }
        if !chunks.isEmpty { names.append("prefill \(chunks.count) of \(prompt) tokens") }
        let duration = step.executionEnd - step.executionStart
        return event("X", step.replica, names.joined(separator: ", "), step.executionStart)
            + ",\"dur\":\(microseconds(duration)),\"args\":{\"step\":\(step.number),"
            + "\"tokens\":\(step.entries.reduce(0) { $0 + $1.tokens }),"
            + "\"prefills\":[\(chunks.map { String($0.id) }.joined(separator: ","))]}}"
    }

    /// The members that every event has, without the closing brace.
    private func event(_ phase: String, _ replica: Int, _ name: String, _ time: Int64?) -> String {
        var text = "{\"ph\":\"\(phase)\",\"pid\":\(replica),\"tid\":0,\"name\":\"\(name)\""
        if let time { text += ",\"ts\":\(microseconds(time))" }
        return text
    }

    private mutating func separated(_ line: String) -> String {
        defer { isFirst = false }
        return isFirst ? line : "," + line
    }

    private func microseconds(_ picoseconds: Int64) -> String {
        Quantity.exact(picoseconds, decimals: 6)
    }
}
