import Basics
import Simulator
import Traces

extension ConfigurationKey {
    /// How requests are sent instead of at the trace's times: the flags of vLLM's benchmark.
    static let sending: [ConfigurationKey] = [
        .init(
            "trace.random_input_len", \.trace.randomInputTokens,
            .optional(.integer(1...10_000_000), null: "no random dataset"),
            "Prompt tokens per request of vLLM's random dataset, in place of a trace. It sends\n"
                + "trace.limit requests (1000), all at time 0 or at trace.request_rate."),
        .init(
            "trace.random_output_len", \.trace.randomOutputTokens, .integer(1...10_000_000),
            "Output tokens per request of the random dataset."),
        .init(
            "trace.random_range_ratio", \.trace.randomRangeRatio, .number(0...0.999_999),
            "Spread of both lengths: drawn evenly up to this share below and above."),
        .init(
            "trace.random_output_range_ratio", \.trace.randomOutputRangeRatio,
            .optional(.number(0...0.999_999), null: "trace.random_range_ratio"),
            "The same for outputs alone (\"output\" of --random-range-ratio's JSON object)."),
        .init(
            "trace.random_prefix_len", \.trace.randomPrefixTokens, .integer(0...10_000_000),
            "Tokens that all its prompts begin with, in addition to their length."),
        .init(
            "trace.random_num_prefixes", \.trace.randomPrefixes, .integer(1...10_000_000),
            "Number of such beginnings, dealt evenly and in random order: the prefix_repetition\n"
                + "dataset of vLLM's benchmark."),
        .init(
            "trace.request_rate", \.trace.requestRate,
            .optional(.number(1e-6...1e9), null: "the trace's times"),
            "Rate of requests, or of sessions, in place of the trace's times: per second, drawn\n"
                + "as vLLM's benchmark draws them (--request-rate)."),
        .init(
            "trace.burstiness", \.trace.burstiness, .burstiness,
            "Shape of the gamma distribution of the gaps (--burstiness). 1: Poisson; less:\n"
                + "bursts; inf: equal gaps."),
        .init(
            "trace.ramp_up_strategy", \.trace.rampUp,
            .optional(.choice, null: "a constant rate"),
            "How the rate rises from request to request (--ramp-up-strategy)."),
        .init(
            "trace.ramp_up_start_rps", \.trace.rampUpStart,
            .optional(.number(1e-6...1e9), null: "none"),
            "Rate at the first request of a ramp, requests per second."),
        .init(
            "trace.ramp_up_end_rps", \.trace.rampUpEnd,
            .optional(.number(1e-6...1e9), null: "none"),
            "Rate at the last request of a ramp, requests per second."),
        .init(
            "trace.gap_law", \.trace.gapLaw, .choice,
            "Distribution of the gaps at a rate. gamma: by trace.burstiness, as vLLM's\n"
                + "benchmark. constant and poisson: as inference-perf's load types, exponential\n"
                + "gaps that fill the stage, or a Poisson number per second."),
        .init(
            "trace.stages", \.trace.stages, .optional(.stages, null: "no stages"),
            "Load in stages in place of the trace's times: [{rate: 2, duration_s: 60},\n"
                + "{concurrency: 8, duration_s: 60}, {concurrency: 16, requests: 100}]. Requests\n"
                + "beyond them are not sent. The page has figures by stage."),
        .init(
            "trace.stage_pause_s", \.trace.stagePauseSeconds,
            .optional(.number(0...1e6), null: "the next stage begins by the clock"),
            "Seconds from the last answer of a stage to the next stage (inference-perf's\n"
                + "interval)."),
    ]

    /// Keys of clients that give up and retry.
    static let clients: [ConfigurationKey] = [
        .init(
            "trace.client_timeout_s", \.trace.clientTimeoutSeconds,
            .optional(.number(0.001...1e6), null: "clients wait"),
            "Seconds until a client without its whole answer closes the connection, which\n"
                + "aborts the request at the engine."),
        .init(
            "trace.client_first_token_timeout_s", \.trace.clientFirstTokenTimeoutSeconds,
            .optional(.number(0.001...1e6), null: "clients wait"),
            "The same without its first token. A client that has it in time waits for the rest,\n"
                + "as far as trace.client_timeout_s lets it."),
        .init(
            "trace.client_retries", \.trace.clientRetries, .integer(0...1_000),
            "How often the client then sends the request again."),
        .init(
            "trace.client_backoff", \.trace.clientBackoff, .choice,
            "How its pauses before a retry grow. jittered: doubling, less up to a quarter."),
        .init(
            "trace.client_backoff_s", \.trace.clientBackoffSeconds, .number(0...1e6),
            "Seconds before the first new attempt."),
        .init(
            "trace.client_backoff_max_s", \.trace.clientBackoffMostSeconds, .number(0...1e6),
            "Most seconds before any new attempt."),
    ]
}

extension ConfigurationForm where Value == Double {
    /// The shape of a gamma distribution, or "inf".
    static var burstiness: Self {
        let shapes = Self.number(0.0025...400)
        return Self(
            expected: shapes.expected + ", or \"inf\"",
            read: { value in
                // JSON5's Infinity may also arrive as text.
                if value == .text("inf") || value == .text("Infinity") { return .infinity }
                return shapes.read(value)
            },
            write: { $0.isInfinite ? .text("inf") : .number($0) })
    }
}

extension ConfigurationForm where Value == PrefixLaw {
    /// Tokens, a share, or either with a number of groups.
    static var prefixLaw: Self {
        return Self(
            expected: "tokens (512, a single one as \"1\"), a share above 0 and below 1 (0.3), or"
                + " groups of either (\"8x512\")",
            // Read as JSON5, 0x512 would be hexadecimal.
            takesText: true,
            read: { value in
                switch value {
                case .integer(let tokens):
                    // 1.0 also arrives as an integer, and is not a share.
                    guard tokens > 1 else { return nil }
                    return PrefixLaw.Length(String(tokens)).map { PrefixLaw($0) }
                case .number(let share):
                    return PrefixLaw.Length(String(share)).map { PrefixLaw($0) }
                case .text(let text):
                    let parts = text.split(separator: "x", omittingEmptySubsequences: false)
                    guard let length = PrefixLaw.Length(parts.last ?? ""), parts.count <= 2 else {
                        return nil
                    }
                    let groups = parts.count == 2 ? Int(parts[0]) : 1
                    guard let groups, (1...1_000_000_000).contains(groups) else { return nil }
                    return PrefixLaw(length, groups: groups)
                default: return nil
                }
            },
            write: { law in
                switch (law.length, law.groups) {
                case (.tokens(1), 1): .text("1")
                case (.tokens(let tokens), 1): .integer(tokens)
                case (.share(let share), 1): .number(share)
                case (.tokens(let tokens), let groups): .text("\(groups)x\(tokens)")
                case (.share(let share), let groups): .text("\(groups)x\(share)")
                }
            })
    }
}

extension PrefixLaw.Length {
    /// "512" or "0.3"; nil for anything else.
    fileprivate init?(_ text: some StringProtocol) {
        if let tokens = Int(text) {
            guard (1...10_000_000).contains(tokens) else { return nil }
            self = .tokens(tokens)
        } else {
            guard let share = Double(text), share > 0, share < 1 else { return nil }
            self = .share(share)
        }
    }
}

extension ConfigurationForm where Value == [LoadStages.Stage] {
    /// A list of stages.
    static var stages: Self {
        Self(
            expected: "a list such as [{rate: 2, duration_s: 60}, {concurrency: 8, requests: 99}]",
            read: { value in
                guard case .list(let list) = value, (1...1_000).contains(list.count) else {
                    return nil
                }
                let stages = list.compactMap { try? LoadStages.Stage($0) }
                return stages.count == list.count ? stages : nil
            },
            write: { .list($0.map(\.asValue)) },
            mistake: { value in
                guard case .list(let list) = value else { return nil }
                guard (1...1_000).contains(list.count) else {
                    return InputError("", "has \(list.count) stages", expected: "1 to 1000 of them")
                }
                for (index, stage) in list.enumerated() {
                    do throws(InputError) {
                        _ = try LoadStages.Stage(stage)
                    } catch {
                        return InputError(
                            ": stage \(index + 1)", error.problem, expected: error.expected,
                            suggestion: error.suggestion)
                    }
                }
                return nil
            })
    }
}

extension LoadStages.Stage {
    /// Throws for anything but a stage, without a place.
    fileprivate init(_ value: ConfigurationValue) throws(InputError) {
        let example = "an object such as {rate: 2, duration_s: 60}"
        guard case .object(let members) = value else {
            throw InputError("", "is \(value.described)", expected: example)
        }
        let names = ["rate", "concurrency", "duration_s", "requests"]
        if let other = members.keys.sorted().first(where: { !names.contains($0) }) {
            throw InputError("", "unknown key \(other.echoed())", word: other, among: names)
        }
        func one(_ first: String, _ second: String, of what: String) throws(InputError) -> String {
            switch (members[first], members[second]) {
            case (.some, nil): return first
            case (nil, .some): return second
            case (nil, nil):
                throw InputError("", "says no \(what)", expected: "\(first) or \(second)")
            case (.some, .some):
                throw InputError("", "has both \(first) and \(second)", expected: "one of them")
            }
        }
        func read<Number>(
            _ name: String, _ form: ConfigurationForm<Number>
        ) throws(InputError) -> Number {
            let value = members[name] ?? .null
            guard let number = form.read(value) else {
                throw InputError("", "\(name) is \(value.described)", expected: form.expected)
            }
            return number
        }
        let counts = ConfigurationForm<Int>.integer(1...10_000_000)
        let load: LoadStages.Load =
            try one("rate", "concurrency", of: "load") == "rate"
            ? .rate(read("rate", .number(1e-6...1e6))) : .concurrency(read("concurrency", counts))
        let length: LoadStages.Length =
            try one("duration_s", "requests", of: "length") == "requests"
            ? .requests(read("requests", counts))
            : .seconds(read("duration_s", .number(1e-3...7e6)))
        self.init(load, length)
    }

    fileprivate var asValue: ConfigurationValue {
        let load: (String, ConfigurationValue) =
            switch load {
            case .rate(let rate): ("rate", .number(rate))
            case .concurrency(let count): ("concurrency", .integer(count))
            }
        let length: (String, ConfigurationValue) =
            switch length {
            case .seconds(let seconds): ("duration_s", .number(seconds))
            case .requests(let count): ("requests", .integer(count))
            }
        return .object([load.0: load.1, length.0: length.1])
    }
}
