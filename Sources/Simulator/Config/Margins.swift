/// How much of a run's beginning and end is left out of its figures.
public struct Margins: Sendable, Equatable {
    /// Requests in order of arrival, or those that arrive within so many picoseconds of the first
    /// arrival, or of the last one.
    public enum Margin: Sendable, Equatable {
        case requests(Int)
        case time(Int64)
        /// As many as a closed loop keeps in flight; none where nothing would be left of the run.
        case inFlight(Int)
        /// What lies outside the stretch in which the queue is steady, which is found when the run
        /// has ended: every record is kept until then.
        case steady
    }

    /// At the start: the warm-up.
    public var start = Margin.requests(0)
    /// At the end: the cool-down.
    public var end = Margin.requests(0)

    /// Leaves nothing out.
    public init() {}

    /// Whether nothing is left out.
    public var isNone: Bool { self == Margins() }
}
