import Traces

/// The property that divides requests into classes.
package enum ClassDimension: String, Sendable, CaseIterable {
    /// Their priority.
    case priority
    /// The kind of session or agent that the trace names.
    case session
    /// The tenant that the trace names.
    case tenant
    /// The LoRA adapter that the trace names.
    case lora
    /// The length of their prompts.
    case prompt

    /// The names to read from the trace for it; nil if it needs none.
    package var label: TraceLabel? { TraceLabel(rawValue: rawValue) }
}

/// Decides which class each request belongs to.
package struct ClassRule: Sendable {
    package let dimension: ClassDimension
    /// Prompt lengths in tokens, rising, at which a new class begins.
    private let bounds: [Int]
    private let labels: RequestLabels?

    /// Classes by priority.
    package static let priority = ClassRule(dimension: .priority, bounds: [], labels: nil)

    /// Classes of prompts: below the first bound, from each bound to the next, from the last one.
    package static func prompts(from bounds: [Int]) -> ClassRule {
        ClassRule(dimension: .prompt, bounds: bounds, labels: nil)
    }

    /// Classes by the names in a trace; nil `labels` if its format has none.
    package static func named(_ dimension: ClassDimension, _ labels: RequestLabels?) -> ClassRule {
        ClassRule(dimension: dimension, bounds: [], labels: labels)
    }

    /// Whether names were read from the trace.
    package var isLookedFor: Bool { labels != nil }

    /// The number of a request's class: its priority, the number of bounds its prompt reaches, or
    /// the number of its name (-1 without one). O(bounds).
    package func key(of record: RequestRecord) -> Int {
        key(id: record.id, priority: record.priority, promptTokens: record.promptTokens)
    }

    /// The same from the request's properties.
    package func key(id: Int64, priority: Int32, promptTokens: Int32) -> Int {
        switch dimension {
        case .priority: Int(priority)
        case .prompt: bounds.count { $0 <= Int(promptTokens) }
        case .session, .tenant, .lora: labels.map { Int($0.code(of: id)) } ?? -1
        }
    }

    /// The names of the classes in a trace, in list order; empty if the trace names none or there
    /// are more than `RequestClasses.most`. O(requests).
    package func names(in batches: [Workload]) -> [String] {
        var keys: Set<Int> = []
        for batch in batches {
            for row in 0..<batch.count {
                keys.insert(
                    key(
                        id: batch.ids[row],
                        priority: batch.priorities.isEmpty ? 0 : batch.priorities[row],
                        promptTokens: batch.promptTokens[row]))
            }
        }
        let isUnnamed = dimension.label != nil && keys.allSatisfy { $0 < 0 }
        guard !isUnnamed, keys.count <= RequestClasses.most else { return [] }
        return keys.sorted(by: precedes).map(name)
    }

    /// The name of the class with this number.
    package func name(_ key: Int) -> String {
        switch dimension {
        case .priority: return "\(key)"
        case .session, .tenant, .lora:
            guard let labels, key >= 0 else { return Self.none }
            let name = labels.name(Int32(key))
            // A class that really has this name is quoted, to tell it from requests without a name.
            return name == Self.none ? "\"\(name)\"" : name
        case .prompt:
            if bounds.isEmpty { return "all" }
            if key == 0 { return "below \(bounds[0])" }
            return key < bounds.count
                ? "\(bounds[key - 1]) to \(bounds[key] - 1)" : "\(bounds[key - 1]) or more"
        }
    }

    /// The class name of requests without a name.
    static let none = "(none)"

    /// Whether one class comes before another in a list.
    func precedes(_ a: Int, _ b: Int) -> Bool {
        guard dimension.label != nil else { return a < b }
        if a < 0 || b < 0 { return b < 0 && a >= 0 }
        return (name(a), a) < (name(b), b)
    }
}

/// Divides the requests of a run into classes by a rule.
///
/// A reference type, because it is fed while a simulation holds its observer. Memory grows with the
/// classes, and with the requests up to a million of them.
package final class RequestClasses {
    /// With more classes than this, the property is a measurement and not a class.
    package static let most = 64

    /// The rule that divides the requests.
    package let rule: ClassRule
    private let objective: ServiceLevelObjective
    private var members: [Int: ClassMembers] = [:]
    private var count = 0
    /// Whether there were more classes than `most`; then none is reported.
    package private(set) var isOverrun = false

    /// No requests yet. They are measured against `objective` if `add` is given no other limits.
    package init(_ rule: ClassRule, _ objective: ServiceLevelObjective) {
        self.rule = rule
        self.objective = objective
    }

    /// Adds an ended request, and the gaps between its tokens if they are known. `limits`: its own.
    /// O(gaps).
    package func add(
        _ record: RequestRecord, gaps: [Int64]? = nil, within limits: ServiceLevelObjective? = nil
    ) {
        guard !isOverrun, let member = member(rule.key(of: record)) else { return }
        count += 1
        member.add(record, gaps: gaps, within: limits)
        if count > RequestLatencies.most {
            for (_, member) in members { member.latencies = nil }
        }
    }

    private func member(_ key: Int) -> ClassMembers? {
        if let member = members[key] { return member }
        guard members.count < Self.most else {
            isOverrun = true
            members = [:]
            return nil
        }
        let member = ClassMembers(objective)
        if count >= RequestLatencies.most { member.latencies = nil }
        members[key] = member
        return member
    }

    /// Number of classes.
    package var number: Int { members.count }

    /// Whether some request is of another class than the one with this number.
    package func hasOthers(than key: Int) -> Bool {
        isOverrun || members.keys.contains { $0 != key }
    }

    /// Whether the classes go by name and no request has one.
    package var isUnnamed: Bool {
        rule.dimension.label != nil && !members.isEmpty && members.keys.allSatisfy { $0 < 0 }
    }

    /// The classes by priority, by length or by name, with requests without a name last.
    package var classes: [ClassFigures] {
        members.sorted { rule.precedes($0.key, $1.key) }.map { key, member in
            ClassFigures(key, rule.name(key), member)
        }
    }
}
