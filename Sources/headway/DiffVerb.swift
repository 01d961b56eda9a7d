import Basics
import Experiments
import Reports

extension Verb {
    /// `headway diff BEFORE AFTER`
    static let diff = Verb(
        "diff",
        summary: "Show where two schedules first differ, and what it changes.",
        operands: "BEFORE AFTER", operandCount: 2...2,
        details: """
            Each operand is a folder that `headway run --out` wrote with
            --set output.decisions=true, or a configuration file, which runs now. It shows the
            first step with different decisions, both states side by side, and the requests with
            different times. It exits with status 1 when anything differs.
            """,
        flags: [
            Flag("--keep", "N", "Number of affected requests to list (default 10)."),
            .set, .json,
        ]
    ) { arguments in
        let difference = try ScheduleDifference(
            arguments.operands[0], arguments.operands[1], changes: arguments.values("--set"),
            keeping: arguments.integer("--keep") ?? 10)
        if arguments.has("--json") {
            try Console.writeJSON(difference)
        } else {
            try Console.writePage(difference.text)
        }
        return difference.isDifferent ? 1 : 0
    }
}
