import Basics

extension TraceOptions {
    /// The latest second of a trace that can be asked for: nanoseconds of it fit 64 bits.
    public static let latestSecond = 9e9

    /// Leaves out what arrives before a second of the trace, and at or after another.
    ///
    /// Throws `InputError`, naming `place`, when that leaves nothing or is beyond `latestSecond`.
    public mutating func keep(from start: Double, to end: Double?, place: String) throws {
        guard start <= Self.latestSecond, end ?? 0 <= Self.latestSecond,
            start < end ?? .infinity
        else {
            throw InputError(
                place, "the window is empty or too long",
                expected: "seconds after its start (\(start)), at most 9e9")
        }
        guard start > 0 || end != nil else { return }
        func nanoseconds(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }
        window = nanoseconds(start)..<(end.map(nanoseconds) ?? .max)
    }
}
