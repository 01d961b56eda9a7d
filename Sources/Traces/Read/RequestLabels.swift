import Synchronization

/// A kind of name that a trace may give its requests. The simulation itself does not need it.
package enum TraceLabel: String, Sendable, CaseIterable {
    /// The kind of session, agent or call that a request belongs to.
    case session
    /// The owner of the request.
    case tenant
    /// The LoRA adapter of the request.
    case lora

    /// Columns and keys with such names; the first that a row has counts.
    package var keys: [String] {
        switch self {
        case .session:
            [
                "session_type", "session_type_id", "session_kind", "agent_type", "agent_kind",
                "agent_name", "agent", "subagent_type", "workflow", "workflow_type", "kind",
                "class", "slo_class", "type",
            ]
        case .tenant: ["tenant", "tenant_id", "tenant_name"]
        case .lora:
            [
                "lora", "lora_name", "lora_adapter", "lora_id", "adapter", "adapter_name",
                "adapter_id",
            ]
        }
    }

    /// Its key when written.
    var key: String {
        switch self {
        case .session: "session_kind"
        case .tenant: "tenant"
        case .lora: "lora_name"
        }
    }

    /// Its plural, for messages about losses.
    package var plural: String {
        switch self {
        case .session: "kinds of sessions"
        case .tenant: "tenants"
        case .lora: "LoRA adapters"
        }
    }

    /// Its name in messages.
    package var words: String {
        switch self {
        case .session: "kind of session or agent"
        case .tenant: "tenant"
        case .lora: "LoRA adapter"
        }
    }
}

extension [RequestLabels] {
    /// Sets the names of the request with an id, one of each kind. O(kinds).
    func set(_ names: [String?], of id: Int64) {
        for case (let labels, let name?) in zip(self, names) { labels.set(name, of: id) }
    }
}

/// The names of one kind that a trace gives its requests, filled during reading.
///
/// The source shares one object with the readers of the names.
package final class RequestLabels: Sendable {
    private struct State {
        var codes: [Int64: Int32] = [:]
        var names: [String] = []
        var wholeNames: [String] = []
        var known: [String: Int32] = [:]
        /// How many long names begin with each cut text.
        var cuts: [String: Int] = [:]
    }

    /// The kind of name.
    package let label: TraceLabel
    private let state = Mutex(State())

    /// No names of a kind.
    package init(_ label: TraceLabel) { self.label = label }

    /// Longest name kept whole, in characters.
    static let longest = 64

    /// Sets the name of the request with an id. O(1).
    func set(_ name: String, of id: Int64) {
        guard !name.isEmpty else { return }
        state.withLock { state in
            let code = state.known[name] ?? Int32(clamping: state.names.count)
            if Int(code) == state.names.count {
                state.names.append(Self.shown(name, &state.cuts))
                state.wholeNames.append(name)
                state.known[name] = code
            }
            state.codes[id] = code
        }
    }

    /// A long name, cut, and numbered if another is cut to the same text.
    private static func shown(_ name: String, _ cuts: inout [String: Int]) -> String {
        guard name.count > longest else { return name }
        let cut = String(name.prefix(longest) + "...")
        let same = cuts[cut, default: 0]
        cuts[cut] = same + 1
        return same == 0 ? cut : "\(cut) #\(same + 1)"
    }

    /// The name of the request with an id, as a number from 0; -1 if it has none. O(1).
    package func code(of id: Int64) -> Int32 { state.withLock { $0.codes[id] ?? -1 } }

    /// The number of the adapter of the request with an id; nil for the base model, which vLLM
    /// numbers 0. O(1).
    func adapter(of id: Int64) -> Int32? {
        state.withLock { state in
            state.codes[id].flatMap { state.wholeNames[Int($0)] == "0" ? nil : $0 }
        }
    }

    /// The full name of the request with an id; nil if it has none. O(1).
    func wholeName(of id: Int64) -> String? {
        state.withLock { state in state.codes[id].map { state.wholeNames[Int($0)] } }
    }

    /// Whether any request has a name.
    package var hasNames: Bool { state.withLock { !$0.names.isEmpty } }

    /// The name with a number.
    package func name(_ code: Int32) -> String { state.withLock { $0.names[Int(code)] } }
}
