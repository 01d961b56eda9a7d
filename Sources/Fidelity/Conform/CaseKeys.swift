import Basics
import Foundation
import Scenario
import Simulator

/// The keys allowed in a case's `config.json`. Refuses unknown ones: a capture of an engine with
/// further features would otherwise be compared with rules that do not apply.
enum CaseKeys {
    /// Keys read by `CaseConfiguration`.
    private static let read: Set<String> = [
        "block_size", "num_gpu_blocks", "max_num_seqs", "max_num_active_seqs",
        "max_num_batched_tokens", "max_num_scheduled_tokens", "max_model_len", "policy",
        "enable_prefix_caching", "enable_chunked_prefill", "long_prefill_token_threshold",
        "long_prefill_token_threshold_adaptive", "scheduler_reserve_full_isl", "watermark",
        "prefill_schedule_interval", "groups", "prefix_cache_retention_interval", "detail",
        "step_time_us", "async_scheduling", "batch_queue_size", "empty_yield_us",
        "empty_batch_us", "source", "vllm_version", "format", "arrival_mul", "arrival_div", "stop",
    ]
    /// Keys that describe the capture.
    private static let descriptions: Set<String> = ["name", "description", "base_case"]
    /// Keys checked here.
    private static let checked: Set<String> = ["totals", "options_absent_in_this_version"]

    private static let inside: [String: Set<String>] = [
        "step_time_us": ["fixed", "per_token", "per_request", "per_1k_context_tokens"],
        "groups": ["type", "window"],
    ]

    /// Counts of the engine's driver that a run does not have.
    private static let countedElsewhere: Set<String> = [
        "calls", "empty_calls", "schedule_calls", "cleanup_calls", "hit_requests_new",
        "wasted_tokens", "stale_delivered", "finished_while_preempted", "dropped_rows", "busy_us",
        "mean_waiting", "max_waiting", "max_running", "digest", "prompt_tokens", "output_tokens",
        "last_arrival_us", "busy_permille_of_end", "max_context_tokens",
    ]

    /// Counts that a run also has, by their names in `totals`.
    static func counted(_ result: RunResult) -> [String: Int] {
        let counters = result.counters
        return [
            "requests": counters.requests, "finished": counters.finished,
            "aborted": counters.aborted, "scheduled_tokens": counters.scheduledTokens,
            "sched_entries": counters.scheduledEntries, "preemptions": counters.preemptions,
            "hit_tokens": counters.hitTokensWithResumed, "evictions": counters.evictions,
            "steps": counters.steps, "empty_steps": counters.emptySteps,
            "wasted_entries": counters.wastedEntries, "hit_tokens_new": counters.hitTokens,
            "prompt_tokens_new": counters.queriedTokens,
            "delivered_tokens": counters.outputTokens,
            "end_clock_us": Int(result.end / 1_000_000),
        ]
    }

    /// Throws for an unknown key, and for invalid `totals` and options.
    static func check(_ value: ConfigurationValue, place: String) throws {
        guard case .object(let members) = value else {
            throw InputError(
                place, "holds \(value.described) in place of an object",
                expected: "a conformance case's config.json")
        }
        let known = read.union(descriptions).union(checked)
        for key in members.keys.sorted() {
            guard known.contains(key) else { throw unknown(key, known, place) }
            guard let inner = inside[key] else { continue }
            var parts = [members[key]!]
            if case .list(let list) = members[key] { parts = list }
            for case .object(let part) in parts {
                for name in part.keys.sorted() where !inner.contains(name) {
                    throw unknown(key + "." + name, Set(inner.map { key + "." + $0 }), place)
                }
            }
        }
        _ = try totals(members["totals"], place: place)
        try checkOptions(members["options_absent_in_this_version"], place: place)
    }

    private static func unknown(
        _ key: String, _ known: Set<String>, _ place: String
    ) -> InputError {
        InputError(
            place, "has the key \(key.echoed()), which is not known", word: key,
            among: known.sorted(), otherwise: "a capture of what is simulated")
    }

    /// The totals of a capture that a run also counts. Throws `InputError` for names that no
    /// capture has, and for values that are not numbers.
    static func totals(
        _ value: ConfigurationValue?, place: String
    ) throws -> [(name: String, count: Int)] {
        guard let value, value != .null else { return [] }
        guard case .object(let members) = value else {
            throw InputError(
                place, "totals is \(value.described)", expected: "an object of counts")
        }
        let compared = Set(counted(RunResult()).keys)
        var totals: [(String, Int)] = []
        for name in members.keys.sorted() {
            guard compared.contains(name) || countedElsewhere.contains(name) else {
                throw unknown("totals." + name, [], place)
            }
            switch members[name]! {
            case .integer(let count) where count >= 0:
                if compared.contains(name) { totals.append((name, count)) }
            case .number(let number) where number >= 0 && !compared.contains(name): continue
            case .text where name == "digest": continue
            default:
                throw InputError(
                    place, "totals.\(name) is \(members[name]!.described)", expected: "a count")
            }
        }
        return totals
    }

    private static func checkOptions(_ value: ConfigurationValue?, place: String) throws {
        guard let value, value != .null else { return }
        let names = EngineConfiguration.namesOfVersionedOptions
        guard case .list(let list) = value else {
            throw InputError(
                place, "options_absent_in_this_version is \(value.described)",
                expected: "a list of options")
        }
        for option in list {
            guard case .text(let name) = option, names.contains(name) else {
                throw InputError(
                    place, "options_absent_in_this_version holds \(option.described)",
                    expected: "names among " + names.joined(separator: ", "))
            }
        }
    }
}
