import Basics
import Experiments
import Reports

extension Verb {
    /// `headway diff BEFORE AFTER`
    static let diff = Verb(
        "diff",
        summary: "Find the first step at which two schedules part, and who is affected.",
        operands: "BEFORE AFTER", operandCount: 2...2,
        details: """
            Each operand is a folder that `headway run --out` has written with
            --set output.decisions=true, or a configuration file, which is run now. Shows the first
            step whose decision differs, both states side by side, and the requests whose times
            differ. Exit status 1 when anything differs.
            """,
        flags: [
            Flag("--keep", "N", "List so many affected requests (10)."),
            .set, .json,
        ]
    ) { arguments in
        let difference = try ScheduleDifference(
            arguments.operands[0], arguments.operands[1], changes: arguments.values("--set"),
            keeping: arguments.integer("--keep") ?? 10)
        if arguments.has("--json") {
            try Console.writeJSON(difference)
        } else {
            try Console.write(difference.text)
        }
        return difference.isDifferent ? 1 : 0
    }
}
