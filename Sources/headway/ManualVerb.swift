extension Verb {
    /// `headway manual`: the manual page.
    static let manual = Verb(
        "manual",
        summary: "Print the manual page, for man(1).",
        details: """
            headway manual > headway.1 && man -l ./headway.1
            """
    ) { _ in
        try Console.write(ManualPage(Verb.all).text)
        return 0
    }
}
