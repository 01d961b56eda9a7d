import Basics
import Foundation

/// What an external scheduler answered: actions, to be executed in order.
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
        /// Tokens to compute; 0: as many as budget and request allow.
        var tokens: Int

        /// The action and why it was not executed, in words.
        func refused(_ reason: String) -> String { "\(kind.rawValue) of request \(id): \(reason)" }
    }

    var actions: [Action] = []
    /// Whether the first refused action ends the line: what follows was meant to come after it.
    var stopsAtRefusal = false

    /// Reads a line. Throws `InputError` for what is no decision.
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
        else { throw junk("is no JSON object") }
        let odd = object.keys.sorted().first { $0 != "actions" && $0 != "stop_at_refusal" }
        if let odd { throw junk("has the unknown key \(odd.echoed())") }
        guard let list = object["actions"] as? [Any] else { throw junk("has no list of actions") }
        stopsAtRefusal = object["stop_at_refusal"] as? Bool ?? false
        for item in list {
            guard let parts = item as? [Any], (2...3).contains(parts.count),
                let word = parts[0] as? String, let kind = Kind(rawValue: word),
                let id = Self.integer(parts[1]), kind != .preempt || parts.count == 2
            else { throw junk("has an action that is none") }
            var tokens = 0
            if parts.count == 3 {
                guard let number = Self.integer(parts[2]), (0...Int64(Int32.max)).contains(number)
                else { throw junk("asks for a number of tokens that is none") }
                tokens = Int(number)
            }
            actions.append(Action(kind: kind, id: id, tokens: tokens))
        }
    }

    private static func integer(_ value: Any) -> Int64? {
        guard let number = value as? NSNumber else { return nil }
        return Int64(exactly: number.doubleValue).flatMap { _ in number.int64Value }
    }
}

/// Schedules a step as a child process decides, action by action.
func scheduleExternally(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ scheduler: ExternalScheduler
) throws {
    let decision = try scheduler.ask(replica, holdsPrefill: pass.holds)
    for (position, action) in decision.actions.enumerated() {
        guard let reason = execute(action, &replica, &pass, scheduler) else { continue }
        scheduler.refuse(position, action, reason)
        if decision.stopsAtRefusal { break }
        replica.tally.refuse(action.refused(reason))
    }
    if !pass.holds { replica.cadence.capacityBound = !replica.waiting.isEmpty }
    var shares: [[Int]] = []
    for entry in replica.scratch.entries.elements where entry.tokens > 0 {
        let id = Int(replica.requests[Int(entry.slot)].id)
        shares.append([id, Int(entry.tokens), Int(entry.computedBefore)])
    }
    scheduler.note(shares)
}

/// Executes one action. Returns why it was refused, or nil.
private func execute(
    _ action: ExternalDecision.Action, _ replica: inout Replica, _ pass: inout SchedulePass,
    _ scheduler: ExternalScheduler
) -> String? {
    guard let slot = scheduler.slot(of: action.id) else { return "no such request" }
    let isRunning = replica.requests[Int(slot)].state == .running
    switch action.kind {
    case .run:
        guard isRunning else { return "it is not running" }
        return run(slot, action.tokens, &replica, &pass)
    case .admit:
        guard !isRunning else { return "it is running already" }
        return admit(slot, action.tokens, &replica, &pass)
    case .preempt:
        guard isRunning, let place = replica.running.firstIndex(of: slot) else {
            return "it is not running"
        }
        replica.running.remove(at: place)
        refund(&replica, &pass, slot)
        preempt(&replica, Int(slot))
        return nil
    }
}

private func run(
    _ slot: Int32, _ wanted: Int, _ replica: inout Replica, _ pass: inout SchedulePass
) -> String? {
    guard !isScheduled(replica, Int(slot)) else { return "it is in the step already" }
    if pass.holds, replica.requests[Int(slot)].prefilling { return held }
    let left = tokensLeft(replica, Int(slot))
    guard left > 0 else { return "it has nothing to compute until its tokens in flight arrive" }
    guard wanted <= left else { return "it has \(left) tokens left, not \(wanted)" }
    if let reason = overBudget(wanted, pass) { return reason }
    let tokens = wanted > 0 ? wanted : min(pass.clipped(left), pass.budget)
    clearHits(&replica)
    guard allocate(&replica, BlockDemand(slot: Int(slot), tokens: tokens)) else {
        return "its blocks do not fit, \(replica.freeBlocks) are free"
    }
    appendRunning(&replica, &pass, slot, tokens)
    return nil
}

private func admit(
    _ slot: Int32, _ wanted: Int, _ replica: inout Replica, _ pass: inout SchedulePass
) -> String? {
    guard replica.running.count < replica.activeLimit else {
        return "\(replica.activeLimit) requests are running, the most allowed"
    }
    guard !replica.scratch.preempted.contains(slot) else {
        return "it was preempted in this very step"
    }
    let hit = lookUpPrefix(&replica, Int(slot))
    let left = Int(replica.requests[Int(slot)].known) - hit
    if pass.holds, left > 1 { return held }
    guard wanted <= left else { return "it has \(left) tokens left, not \(wanted)" }
    if let reason = overBudget(wanted, pass) { return reason }
    var tokens = wanted > 0 ? wanted : pass.clipped(left)
    if !replica.engine.enableChunkedPrefill, tokens < left || left > pass.budget {
        return "its \(left) tokens must be computed in one step"
    }
    tokens = min(tokens, pass.budget)
    guard allocateForAdmission(&replica, Int(slot), tokens: tokens, hit: hit) else {
        return "its blocks do not fit, \(replica.freeBlocks) are free"
    }
    replica.waiting.remove(slot)
    admit(&replica, Int(slot), hit: hit, tokens: tokens)
    noteInStep(&replica, Int(slot))
    replica.cadence.carried = replica.cadence.carried || left > 1
    pass.budget -= tokens
    return nil
}

/// Why a prompt is not computed in a step that is for decodes alone.
private let held = "engine.prefill_schedule_interval keeps prefill out of this step"

private func overBudget(_ tokens: Int, _ pass: SchedulePass) -> String? {
    if pass.budget == 0 { return "the step's budget is spent" }
    guard tokens > pass.budget else { return nil }
    return "\(pass.budget) tokens are left of the step's budget, not \(tokens)"
}
