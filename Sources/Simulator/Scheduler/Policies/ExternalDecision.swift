import Basics
import Foundation

/// An external scheduler's answer: actions to execute in order.
struct ExternalDecision {
    enum Kind: String, CaseIterable {
        /// Compute tokens of a running request.
        case run
        /// Admit a waiting request.
        case admit
        /// Preempt a running request.
        case preempt
    }

    struct Action {
        var kind: Kind
        var id: Int64
        /// Tokens to compute; 0 for as many as budget and request allow.
        var tokens: Int

        /// The action and the reason why it was refused, in words.
        func refused(_ reason: String) -> String { "\(kind.rawValue) of request \(id): \(reason)" }
    }

    var actions: [Action] = []
    /// Whether the first refused action ends the line, because the rest depends on it.
    var stopsAtRefusal = false

    /// Reads a line. Throws `InputError` if it is not a valid decision.
    init(_ bytes: [UInt8], place: String) throws {
        func junk(_ problem: String) -> InputError {
            let excerpt = String(decoding: bytes.prefix(80), as: UTF8.self).echoed()
            return InputError(
                place, "the scheduler's answer \(problem): \(excerpt)",
                expected: "{\"actions\":[[\"run\",ID,TOKENS],[\"admit\",ID,TOKENS],"
                    + "[\"preempt\",ID]]}")
        }
        guard
            let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        else { throw junk("is not a JSON object") }
        if Self.namedKeys(bytes) > object.count { throw junk("names a key twice") }
        let odd = object.keys.sorted().first { $0 != "actions" && $0 != "stop_at_refusal" }
        if let odd { throw junk("has the unknown key \(odd.echoed())") }
        guard let list = object["actions"] as? [Any] else { throw junk("has no list of actions") }
        if let flag = object["stop_at_refusal"] {
            guard let value = Self.flag(flag) else {
                throw junk("has a stop_at_refusal that is neither true nor false")
            }
            stopsAtRefusal = value
        }
        for item in list {
            guard let parts = item as? [Any], (2...3).contains(parts.count),
                let word = parts[0] as? String, let kind = Kind(rawValue: word),
                let id = Self.integer(parts[1]), kind != .preempt || parts.count == 2
            else { throw junk("has an invalid action") }
            var tokens = 0
            if parts.count == 3 {
                guard let number = Self.integer(parts[2]), (0...Int64(Int32.max)).contains(number)
                else { throw junk("requests an invalid number of tokens") }
                tokens = Int(number)
            }
            actions.append(Action(kind: kind, id: id, tokens: tokens))
        }
    }

    /// A JSON boolean, which Foundation also represents as the number 1 or 0.
    private static func flag(_ value: Any) -> Bool? {
        guard let number = value as? NSNumber,
            ["c", "B"].contains(String(cString: number.objCType))
        else { return nil }
        return number.boolValue
    }

    /// How many keys an object has in the text: Foundation keeps only one of two equal keys.
    /// `bytes` hold one valid object. O(bytes).
    private static func namedKeys(_ bytes: [UInt8]) -> Int {
        var (names, depth, index) = (0, 0, 0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: ":"): names += depth == 1 ? 1 : 0
            default: break
            }
            index += 1
        }
        return names
    }

    private static func integer(_ value: Any) -> Int64? {
        guard let number = value as? NSNumber, flag(number) == nil else { return nil }
        return Int64(exactly: number.doubleValue).flatMap { _ in number.int64Value }
    }
}

extension Scheduler {
    /// Schedules a step as a child process decides, action by action.
    mutating func scheduleExternally(_ cache: inout KVCache, _ external: ExternalScheduler) throws {
        let decision = try external.ask(&self, &cache)
        for (position, action) in decision.actions.enumerated() {
            guard let refusal = execute(action, &cache, external) else { continue }
            external.refuse(position, action, refusal.words)
            if refusal.limit == .blocks { plan.stop = plan.stop ?? .blocks }
            if decision.stopsAtRefusal { break }
            refuse(action.refused(refusal.words))
        }
        noteCapacity()
        for entry in plan.entries.elements {
            let id = Int(requests[Int(entry.slot)].id)
            external.scheduled.append([id, Int(entry.tokens), Int(entry.computedBefore)])
        }
    }

    /// Executes one action. Returns why it was refused, or nil.
    private mutating func execute(
        _ action: ExternalDecision.Action, _ cache: inout KVCache, _ external: ExternalScheduler
    ) -> Refusal? {
        guard let id = external.slot(of: action.id) else { return .unknown }
        let slot = Int(id)
        let isRunning = requests[slot].state == .running
        switch action.kind {
        case .run:
            guard isRunning else { return .isNotRunning }
            return execute(run: action.tokens, of: slot, &cache)
        case .admit:
            guard !isRunning else { return .isRunning }
            guard !plan.preempted.contains(id) else { return .isPreempted }
            return admit(&cache, slot, wanted: action.tokens)
        case .preempt:
            guard isRunning, let place = running.firstIndex(of: id) else {
                return .isNotRunning
            }
            // Unless an earlier action was refused for lack of blocks, the child preempts by
            // choice.
            plan.stop = plan.stop ?? .other
            preempt(&cache, at: place)
            return nil
        }
    }

    private mutating func execute(
        run wanted: Int, of slot: Int, _ cache: inout KVCache
    ) -> Refusal? {
        guard !requests[slot].isScheduled else { return .isScheduled }
        let left = requests[slot].tokensLeft(limit: rules.maxModelLen)
        guard left > 0 else { return .hasNothingToCompute }
        if plan.holds, requests[slot].prefilling { return .isHeld }
        guard wanted <= left else { return .hasFewerTokens(left: left, wanted: wanted) }
        let budget = plan.budget
        guard budget > 0, wanted <= budget else {
            return .exceedsBudget(left: budget, wanted: wanted)
        }
        let tokens = wanted > 0 ? wanted : min(plan.clipped(left), budget)
        return run(&cache, slot, tokens: tokens)
    }

    /// Whether the step's preemptions are an external scheduler's choice, not due to lack of
    /// blocks.
    var preemptsAtWill: Bool {
        @inline(__always) mutating get {
            guard case .external = custom else { return false }
            return plan.stop == .other
        }
    }

    /// Counts a refused action of an external scheduler.
    fileprivate mutating func refuse(_ what: String) {
        if refusedActions == 0 { firstRefusal = what }
        refusedActions += 1
    }
}
