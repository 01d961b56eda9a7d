/// How much of a run's beginning and end is left out of its figures.
package struct Margins: Sendable, Equatable {
    /// Requests in order of arrival, or those that arrive within so many picoseconds of the first
    /// arrival, or of the last one.
    package enum Margin: Sendable, Equatable {
        case requests(Int)
        case time(Int64)
        /// As many as a closed loop keeps in flight; none where nothing would be left of the run.
        case inFlight(Int)
        /// What lies outside the stretch in which the queue is steady, which is found when the run
        /// has ended: every record is kept until then.
        case steady
    }

    /// At the start: the warm-up.
    package var start = Margin.requests(0)
    /// At the end: the cool-down.
    package var end = Margin.requests(0)

    /// Leaves nothing out.
    package init() {}

    /// Whether nothing is left out.
    package var isNone: Bool { self == Margins() }
}
