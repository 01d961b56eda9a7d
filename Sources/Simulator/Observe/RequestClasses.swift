import Traces

/// By what requests are told apart.
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

    /// The names to be read from the trace for it; nil where none are.
    package var label: TraceLabel? { TraceLabel(rawValue: rawValue) }
}

/// Which class each request belongs to.
package struct ClassRule: Sendable {
    package let dimension: ClassDimension
    /// Tokens at which a new class of prompts begins, rising.
    private let bounds: [Int]
    private let labels: RequestLabels?

    /// Classes by priority.
    package static let priority = ClassRule(dimension: .priority, bounds: [], labels: nil)

    /// Classes of prompts: below the first bound, from each bound to the next, from the last one.
    package static func prompts(from bounds: [Int]) -> ClassRule {
        ClassRule(dimension: .prompt, bounds: bounds, labels: nil)
    }

    /// Classes by the names that a trace gives; nil: it is of a format that has none.
    package static func named(_ dimension: ClassDimension, _ labels: RequestLabels?) -> ClassRule {
        ClassRule(dimension: dimension, bounds: [], labels: labels)
    }

    /// Whether the trace was looked through for names.
    package var isLookedFor: Bool { labels != nil }

    /// The number of a request's class: the priority, the number of bounds reached, the name's
    /// number or -1 for none. O(bounds).
    package func key(of record: RequestRecord) -> Int {
        key(id: record.id, priority: record.priority, promptTokens: record.promptTokens)
    }

    private func key(id: Int64, priority: Int32, promptTokens: Int32) -> Int {
        switch dimension {
        case .priority: Int(priority)
        case .prompt: bounds.count { $0 <= Int(promptTokens) }
        case .session, .tenant, .lora: labels.map { Int($0.code(of: id)) } ?? -1
        }
    }

    /// The classes of a trace's requests, by name, in the order of a list; empty: the trace names
    /// none, or there are more than are told. O(requests).
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

    /// What the class with a number is called.
    package func name(_ key: Int) -> String {
        switch dimension {
        case .priority: return "\(key)"
        case .session, .tenant, .lora:
            guard let labels, key >= 0 else { return Self.none }
            let name = labels.name(Int32(key))
            // Whoever is called so is not of those without a name.
            return name == Self.none ? "\"\(name)\"" : name
        case .prompt:
            if bounds.isEmpty { return "all" }
            if key == 0 { return "below \(bounds[0])" }
            return key < bounds.count
                ? "\(bounds[key - 1]) to \(bounds[key] - 1)" : "\(bounds[key - 1]) or more"
        }
    }

    /// What requests without a name are called.
    static let none = "(none)"

    /// Whether one class comes before another in a list.
    func precedes(_ a: Int, _ b: Int) -> Bool {
        guard dimension.label != nil else { return a < b }
        if a < 0 || b < 0 { return b < 0 && a >= 0 }
        return (name(a), a) < (name(b), b)
    }
}

/// Tells the requests of a run apart by a rule.
///
/// A class, because it is fed while a simulation holds its observer. Memory follows the classes,
/// and the requests up to a million of them.
package final class RequestClasses {
    /// More different classes than these are no classes, but a measure of something.
    package static let most = 64

    /// What tells them apart.
    package let rule: ClassRule
    private let objective: ServiceLevelObjective
    /// Of classes that have one of their own, by name.
    private let ownObjectives: [String: ServiceLevelObjective]
    private var members: [Int: ClassMembers] = [:]
    private var count = 0
    /// Whether there were more than `most`: then none is told.
    package private(set) var isOverrun = false

    /// No requests, to be held to an objective, or to their class's own.
    package init(
        _ rule: ClassRule, _ objective: ServiceLevelObjective,
        own: [String: ServiceLevelObjective] = [:]
    ) {
        self.rule = rule
        self.objective = objective
        ownObjectives = own
    }

    /// Enters an ended request, and the gaps between its tokens where they are known. O(gaps).
    package func add(_ record: RequestRecord, gaps: [Int64]? = nil) {
        guard !isOverrun, let member = member(rule.key(of: record)) else { return }
        count += 1
        member.add(record, gaps: gaps)
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
        let member = ClassMembers(ownObjectives[rule.name(key)] ?? objective)
        if count >= RequestLatencies.most { member.latencies = nil }
        members[key] = member
        return member
    }

    /// How many classes there are.
    package var number: Int { members.count }

    /// Whether no request has a name of the kind that tells them apart.
    package var isUnnamed: Bool {
        rule.dimension.label != nil && !members.isEmpty && members.keys.allSatisfy { $0 < 0 }
    }

    /// The classes, by priority, by length or by name, those without a name last.
    package var classes: [ClassFigures] {
        members.sorted { rule.precedes($0.key, $1.key) }.map { key, member in
            ClassFigures(key, rule.name(key), member)
        }
    }
}
