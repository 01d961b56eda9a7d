/// How much of a run's beginning and end is left out of its figures.
package struct Margins: Sendable, Equatable {
    /// Either a number of requests in order of arrival, or those that arrive within a time (in
    /// picoseconds) of the first or last arrival.
    package enum Margin: Sendable, Equatable {
        case requests(Int)
        case time(Int64)
        /// As many as a closed loop keeps in flight; none if that would leave nothing of the run.
        case inFlight(Int)
        /// Everything outside the stretch in which the queue is steady. It is found after the run,
        /// so every record is kept until then.
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
