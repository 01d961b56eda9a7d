import Basics
import Results

extension ServiceVerdict {
    /// For example "SLO met: ttft_p99 151 ms (at most 500 ms)", one line per promise.
    package var text: String {
        (["SLO " + (isMet ? "met" : "missed")] + lines.map(\.text)).joined(separator: "\n")
    }
}

extension ServiceVerdict.Line {
    /// For example "ttft_p99_ms 151 ms, at most 500 ms: met".
    package var text: String {
        "\(requirement.name) \(valueText), \(limitText)\(requirement.assumption): "
            + (isMet ? "met" : "missed")
    }

    /// The value with its unit, or why there is none.
    package var valueText: String {
        guard let value else { return "of no request" }
        guard value.isFinite else { return "endless (requests that were never served)" }
        return requirement.text(value)
    }

    /// For example "at most 500 ms" or "at least 99.0 %".
    package var limitText: String { requirement.limitText }
}

extension ServiceRequirement {
    /// For example "ttft_p99_ms at most 500 ms".
    package var text: String { "\(name) \(limitText)\(assumption)" }

    /// Says of a share that is not promised that it is assumed.
    fileprivate var assumption: String { isAssumed ? " (assumed: slo.goodput)" : "" }

    /// For example "at most 500 ms" or "at least 99.0 %".
    fileprivate var limitText: String {
        (figure == .goodput ? "at least " : "at most ") + text(limit)
    }

    /// A value in the limit's unit.
    package func text(_ value: Double) -> String {
        figure == .goodput
            ? Quantity.share(value) : Quantity.duration(seconds: value / 1000)
    }
}
