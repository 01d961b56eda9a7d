import Basics
import Experiments
import Reports

extension Verb {
    /// `headway merge SHARD.csv... --out points.csv`
    static let merge = Verb(
        "merge",
        summary: "Put the tables of a sweep's shards into one.",
        operands: "SHARD.csv...", operandCount: 1...100_000,
        details: """
            The table has the bytes that one machine's sweep has. Shards must be of one space, all
            there, and each once; else nothing is written.
            """,
        flags: [
            Flag("--out", "FILE", "Write the table here, CSV; needed."),
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        guard let out = arguments.value("--out") else {
            throw InputError("merge", "has no --out", expected: "--out points.csv")
        }
        _ = try SweepMerge.merge(arguments.operands, to: out)
        return try showTable(out, asJSON: arguments.has("--json"))
    }
}
