import Basics
import Foundation
import Traces

/// A scheduler that runs as a child process: one JSON line per step to it, one line back.
///
/// The article "Bring your own scheduler" describes both lines. The child learns what changed since
/// the last step, but never how long an output will be. Its actions are executed in order under the
/// engine's rules; an action that breaks a rule is refused with the reason.
///
/// A reference type, because it owns a process; one per replica.
final class ExternalScheduler {
    /// What the child knows of a request, so that only changes are sent.
    private struct Known {
        var slot: Int32
        var sequence: Int64
        var id: Int64
        var delivered: Int32
    }

    private let configuration: ExternalSchedulerConfiguration
    private let replica: Int
    private var process: ExternalProcess?
    /// In order of arrival.
    private var known: [Known] = []
    private var slots: [Int64: Int32] = [:]
    /// Sequence number of the latest request that the child knows.
    private var latest: Int64 = -1
    /// The result of the last line: the step's entries as [id, tokens, computed before], and
    /// refused actions by position.
    var scheduled: [[Int]] = []
    private var refused: [(position: Int, reason: String)] = []
    /// The last refused action with the reason; empty if there was none.
    private(set) var lastRefusal = ""

    init(_ configuration: ExternalSchedulerConfiguration, replica: Int) {
        self.configuration = configuration
        self.replica = replica
    }

    /// The slot of a request that the child knows by id.
    func slot(of id: Int64) -> Int32? { slots[id] }

    /// The command for the shell.
    var command: String { configuration.command }

    /// Ends several processes together, which takes hardly longer than ending one.
    static func dismiss(_ schedulers: [ExternalScheduler]) {
        ExternalProcess.end(schedulers.compactMap(\.process))
    }

    /// Sends the child what changed and returns its decision. Throws `InputError`, saying what the
    /// child did wrong, if there is no valid answer.
    func ask(
        _ engine: inout Scheduler, _ cache: inout KVCache
    ) throws -> ExternalDecision {
        let line = try describe(&engine, &cache)
        scheduled = []
        refused = []
        let place = "engine.scheduler (replica \(replica), step \(engine.calls))"
        do {
            let child = try process ?? ExternalProcess(configuration.command)
            process = child
            let limit = Duration.seconds(configuration.limitSeconds)
            return try ExternalDecision(child.exchange(line, limit: limit), place: place)
        } catch let failure as ExternalProcess.Failure {
            process = nil
            throw InputError(
                place, "\"\(configuration.command)\" \(failure.words)",
                expected: "one line of JSON per step, as the article on schedulers says")
        }
    }

    /// Notes a refused action for the next line.
    func refuse(_ position: Int, _ action: ExternalDecision.Action, _ reason: String) {
        refused.append((position, reason))
        lastRefusal = action.refused(reason)
    }

    /// The line for a step.
    private func describe(
        _ engine: inout Scheduler, _ cache: inout KVCache
    ) throws -> String {
        var line = "{\"step\":\(engine.calls),\"time_us\":\(Self.microseconds(engine.plan.time))"
        if process == nil { line += ",\"config\":" + configuration(of: &engine, &cache) }
        line += ",\"free_blocks\":\(cache.freeBlocks)"
        line += ",\"scheduled\":\(scheduled)"
        if !refused.isEmpty {
            let list = refused.map { "[\($0.position),\"\($0.reason)\"]" }
            line += ",\"refused\":[\(list.joined(separator: ","))]"
        }
        let (tokens, ended) = news(&engine)
        line += ",\"tokens\":\(tokens),\"finished\":\(ended)"
        line += ",\"arrived\":[\(try arrivals(&engine, &cache).joined(separator: ","))]"
        return line + (engine.plan.holds ? ",\"holds_prefill\":true}" : "}")
    }

    /// Changes since the last line to the requests that the child knows: [id, tokens delivered] of
    /// those that got some, and the ids of those that finished or were aborted.
    private func news(_ engine: inout Scheduler) -> (tokens: [[Int]], ended: [Int64]) {
        var (tokens, ended): ([[Int]], [Int64]) = ([], [])
        var kept: [Known] = []
        for var entry in known {
            let request = engine.requests[Int(entry.slot)]
            guard request.sequence == entry.sequence, request.state != .ended else {
                ended.append(entry.id)
                slots[entry.id] = nil
                continue
            }
            if request.delivered != entry.delivered {
                entry.delivered = request.delivered
                tokens.append([Int(entry.id), Int(entry.delivered)])
            }
            kept.append(entry)
        }
        known = kept
        return (tokens, ended)
    }

    /// Requests that arrived since the last line, as JSON.
    private func arrivals(
        _ engine: inout Scheduler, _ cache: inout KVCache
    ) throws -> [String] {
        // New requests are at the end of the queue, in order of arrival.
        var place = engine.waiting.count
        while place > 0,
            engine.requests[Int(engine.waiting[place - 1])].sequence > latest
        {
            place -= 1
        }
        var texts: [String] = []
        for index in place..<engine.waiting.count {
            let slot = engine.waiting[index]
            let request = engine.requests[Int(slot)]
            guard slots[request.id] == nil else {
                throw InputError(
                    "engine.scheduler", "request id \(request.id) is twice in the cluster",
                    expected: "a trace whose ids are unique, for an external scheduler")
            }
            latest = request.sequence
            slots[request.id] = slot
            known.append(
                Known(slot: slot, sequence: request.sequence, id: request.id, delivered: 0))
            var text = "{\"id\":\(request.id),\"prompt_tokens\":\(request.promptTokens)"
            text += ",\"max_tokens\":\(request.maxTokens),\"priority\":\(request.priority)"
            text += ",\"arrival_us\":\(Self.microseconds(request.arrival))"
            text += ",\"out_content\":\(request.outputContent)"
            let content = cache.content(of: Int(slot))
            if !content.isEmpty {
                text += ",\"segments\":"
                text += "\(content.map { [Int($0.content), Int($0.offset), Int($0.length)] })"
            }
            texts.append(text + "}")
        }
        return texts
    }

    /// Microseconds, with a fraction only if there is one.
    private static func microseconds(_ picoseconds: Int64) -> String {
        let whole = picoseconds / 1_000_000
        let rest = picoseconds % 1_000_000
        guard rest > 0 else { return String(whole) }
        let digits = String(rest + 1_000_000).dropFirst()
        return "\(whole).\(digits)"
    }

    private func configuration(
        of engine: inout Scheduler, _ cache: inout KVCache
    ) -> String {
        let numbers: [(String, Int)] = [
            ("replica", replica), ("block_size", cache.blockSize.tokens),
            ("num_gpu_blocks", cache.count),
            ("max_num_seqs", engine.rules.activeLimit),
            ("max_num_batched_tokens", engine.rules.tokenBudget),
            ("max_model_len", cache.maxModelLen),
            ("long_prefill_token_threshold", engine.rules.longPrefillTokenThreshold),
            ("prefill_schedule_interval", engine.cadence.interval),
        ]
        let flags: [(String, Bool)] = [
            ("enable_prefix_caching", cache.isCaching),
            ("enable_chunked_prefill", engine.rules.enableChunkedPrefill),
            ("async_scheduling", engine.rules.inFlight > 0),
        ]
        let members =
            numbers.map { "\"\($0)\":\($1)" } + flags.map { "\"\($0)\":\($1)" }
        return "{" + members.joined(separator: ",") + "}"
    }
}
