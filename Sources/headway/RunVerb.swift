extension Verb {
    /// `headway run`.
    static let run = Verb(
        "run",
        summary: "Replay a trace through a simulated cluster and report what users would feel."
    ) { _ in
        try Console.write("headway")
        return 0
    }
}
