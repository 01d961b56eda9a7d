import Basics
import Traces

extension Configuration.TraceSection {
    /// How the trace is read.
    public func options(seed: UInt64) throws -> TraceOptions {
        var options = TraceOptions()
        options.format = format
        options.isStrict = strict
        options.limit = limit
        options.followsSessions = followsSessions
        options.sessionRate = sessionRate
        options.seed = seed
        if rateScale != 1 {
            // Six decimals of the factor are kept, so that times can be scaled exactly.
            options.timeScale = try TimeScale(
                multiplier: 1_000_000, divisor: Int64((rateScale * 1e6).rounded()),
                place: "trace.rate_scale")
        }
        if startSeconds > 0 || endSeconds != nil {
            let start = Int64((startSeconds * 1e9).rounded())
            let end = endSeconds.map { Int64(($0 * 1e9).rounded()) } ?? .max
            guard start < end else {
                throw InputError(
                    "trace.end_s", "the window ends before it starts",
                    expected: "more than trace.start_s = \(startSeconds)")
            }
            options.window = start..<end
        }
        return options
    }
}

/// A trace ready to be replayed.
public struct OpenedTrace {
    /// What a report calls it.
    public var name: String
    public var source: any RequestSource
    /// What the reader counts, complete when the source has ended; nil for the built-in trace.
    public var notes: TraceNotes?

    /// What was dropped or mended, one line a reason.
    public var remarks: [String] {
        (notes?.quirks ?? []).map { item in
            "\(item.count) rows of the trace \(item.quirk.drops ? "dropped" : "mended"): "
                + item.quirk.rawValue.replacing("_", with: " ")
        }
    }
}

extension Configuration {
    /// Opens the trace. Throws `InputError` for what is no trace.
    public func openTrace() throws -> OpenedTrace {
        let options = try trace.options(seed: UInt64(seed))
        guard let file = trace.file else {
            throw InputError("trace.file", "is not given")
        }
        let (source, notes) = try Traces.openTrace(file, options: options)
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return OpenedTrace(name: name, source: source, notes: notes)
    }
}
