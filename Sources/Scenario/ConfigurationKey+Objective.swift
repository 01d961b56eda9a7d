import Basics
import Simulator

extension ConfigurationKey {
    /// Keys of the service level objective.
    static let slo: [ConfigurationKey] = [
        .init(
            "slo.ttft_ms", \.slo.limits.timeToFirstToken, .latencyLimits,
            "Limit of the time to first token, milliseconds. A number: each good request's. An\n"
                + "object: figures over all requests, {p99: 500}; \"each\" in it is the number."),
        .init(
            "slo.tpot_ms", \.slo.limits.timePerOutputToken, .latencyLimits,
            "Limit of the time per output token after the first, milliseconds, likewise."),
        .init(
            "slo.e2e_ms", \.slo.limits.endToEnd, .latencyLimits,
            "Limit of the time to the last token, milliseconds, likewise."),
        .init(
            "slo.itl_ms", \.slo.limits.interTokenLatency, .latencyLimits,
            "Limit of the gaps between tokens, milliseconds. A number: the 99th percentile of a\n"
                + "good request's own gaps, for which each request is kept by itself (slower). An\n"
                + "object: figures over all gaps."),
        .init(
            "slo.goodput", \.slo.limits.goodput, .optional(.number(0...1), null: "not promised"),
            "Share of requests that must be good, 0 to 1: within every limit of single requests,\n"
                + "of which there must be one."),
        .init(
            "slo.classes", \.slo.classes, .classLimits,
            "Limits of classes of requests (output.by), by name: { gold: { ttft_ms: { p99: 200 },\n"
                + "goodput: 0.999 } }. A limit of single requests that a class does not give is\n"
                + "the general one. A class that no request is of is refused."),
    ]
}

extension ConfigurationForm where Value == LatencyLimits {
    private static var milliseconds: ConfigurationForm<Double> { .number(0...1e9) }
    private static var words: String { "each, mean, p50, p90, p95, p99 (any percentile) or max" }

    /// A limit per request, limits of figures, or both.
    static var latencyLimits: Self {
        Self(
            expected:
                "a number, 0 to 1000000000, an object of figures' limits ({p99: 500}), or null"
                + " (no limit)",
            read: read, write: write, mistake: mistake)
    }

    @Sendable fileprivate static func read(_ value: ConfigurationValue) -> LatencyLimits? {
        switch value {
        case .null: return LatencyLimits()
        case .object(let members):
            guard !members.isEmpty, mistake(value) == nil else { return nil }
            var limits = LatencyLimits()
            for (name, member) in members {
                guard let limit = milliseconds.read(member) else { continue }
                if name == "each" {
                    limits.each = limit
                } else if let statistic = LatencyStatistic(name) {
                    limits.limit(statistic, milliseconds: limit)
                }
            }
            return limits
        default: return milliseconds.read(value).map { LatencyLimits(each: $0) }
        }
    }

    @Sendable fileprivate static func write(_ limits: LatencyLimits) -> ConfigurationValue {
        guard !limits.bounds.isEmpty else { return limits.each.map { .number($0) } ?? .null }
        var members: [String: ConfigurationValue] = [:]
        if let each = limits.each { members["each"] = .number(each) }
        for bound in limits.bounds { members[bound.statistic.name] = .number(bound.milliseconds) }
        return .object(members)
    }

    @Sendable fileprivate static func mistake(_ value: ConfigurationValue) -> InputError? {
        guard case .object(let members) = value else { return nil }
        var seen: [LatencyStatistic: String] = [:]
        for name in members.keys.sorted() {
            let statistic = LatencyStatistic(name)
            guard name == "each" || statistic != nil else {
                return InputError(".\(name.echoed())", "is no figure", expected: words)
            }
            if let statistic, let other = seen.updateValue(name, forKey: statistic) {
                return InputError(".\(name)", "is the same figure as \(other)", expected: "one")
            }
            guard milliseconds.read(members[name]!) != nil else {
                return InputError(
                    ".\(name)", "is \(members[name]!.described)", expected: milliseconds.expected)
            }
        }
        return nil
    }
}

extension ConfigurationForm where Value == [String: ObjectiveLimits] {
    /// Limits by class name.
    static var classLimits: Self {
        Self(
            expected: "an object of classes, each with the keys "
                + ObjectiveLimits.keys.joined(separator: ", ") + "; or null (none)",
            read: { value in
                if value == .null { return [:] }
                guard case .object(let classes) = value, mistake(value) == nil else { return nil }
                return classes.mapValues(limits)
            },
            write: { $0.isEmpty ? .null : .object($0.mapValues(written)) },
            mistake: mistake)
    }

    private static func limits(_ value: ConfigurationValue) -> ObjectiveLimits {
        var limits = ObjectiveLimits()
        guard case .object(let members) = value else { return limits }
        for (name, member) in ObjectiveLimits.latencies {
            guard let read = members[name + "_ms"].flatMap(LatencyForm.read) else { continue }
            limits[keyPath: member] = read
        }
        limits.goodput = members["goodput"].flatMap(ConfigurationForm<Double>.number(0...1).read)
        return limits
    }

    private static func written(_ limits: ObjectiveLimits) -> ConfigurationValue {
        var members: [String: ConfigurationValue] = [:]
        for (name, member) in ObjectiveLimits.latencies
        where limits[keyPath: member] != LatencyLimits() {
            members[name + "_ms"] = LatencyForm.write(limits[keyPath: member])
        }
        if let goodput = limits.goodput { members["goodput"] = .number(goodput) }
        return .object(members)
    }

    @Sendable private static func mistake(_ value: ConfigurationValue) -> InputError? {
        guard case .object(let classes) = value else { return nil }
        for name in classes.keys.sorted() {
            let place = ".\(name.echoed())"
            guard case .object(let members) = classes[name]!, !members.isEmpty else {
                return InputError(
                    place, "is \(classes[name]!.described)",
                    expected: "an object with " + ObjectiveLimits.keys.joined(separator: ", "))
            }
            for key in members.keys.sorted() {
                if let error = mistake(key, members[key]!, place: place) { return error }
            }
        }
        return nil
    }

    private static func mistake(
        _ key: String, _ value: ConfigurationValue, place: String
    ) -> InputError? {
        let place = place + ".\(key.echoed())"
        if key == "goodput" {
            let share = ConfigurationForm<Double>.number(0...1)
            return share.read(value) != nil
                ? nil : InputError(place, "is \(value.described)", expected: share.expected)
        }
        guard ObjectiveLimits.keys.contains(key) else {
            return InputError(place, "unknown key", word: key, among: ObjectiveLimits.keys)
        }
        if key == "itl_ms", LatencyForm.read(value)?.each != nil {
            return InputError(
                place, "limits each request's own gaps, which are kept for all requests or none",
                expected: "figures' limits ({p99: 50}), and slo.itl_ms for each request")
        }
        if let inner = LatencyForm.mistake(value) {
            return InputError(
                place + inner.place, inner.problem, expected: inner.expected,
                suggestion: inner.suggestion)
        }
        return LatencyForm.read(value) != nil
            ? nil
            : InputError(
                place, "is \(value.described)", expected: LatencyForm.latencyLimits.expected)
    }
}

private typealias LatencyForm = ConfigurationForm<LatencyLimits>

extension ObjectiveLimits {
    /// The key names of an objective section.
    static var keys: [String] { latencies.map { $0.name + "_ms" } + ["goodput"] }
}
