import Basics
import Reports

extension Verb {
    /// `headway table RUN...`
    static let table = Verb(
        "table",
        summary: "Print a row a run, every figure of its summary.json.",
        operands: "RUN...", operandCount: 1...100_000,
        details: """
            Each operand is a folder that `headway run --out` has written. The columns are `run`,
            the keys of config.resolved.json in which the runs differ, and every figure of
            summary.json. A dot names what lies inside: steady_state.verdict. Series and
            distributions are left out, and warnings are counted.

            A figure that a run does not have is an empty cell, and standard error says so.
            pandas reads the table as it is: pandas.read_csv("runs.csv").
            """,
        flags: [
            Flag("--format", "F", "csv (the default) or markdown."),
            Flag("--columns", "A,B,...", "Show these columns only, in this order."),
            .json,
        ]
    ) { arguments in
        let format = try arguments.choice("--format", as: TableFormat.self)
        if format != nil, arguments.has("--json") {
            throw InputError("--format", "and --json are given", expected: "one of them")
        }
        let columns = arguments.value("--columns")?
            .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if let columns, Set(columns).count < columns.count {
            throw InputError("--columns", "names a column twice", expected: "each column once")
        }
        let table = try RunTable(arguments.operands, columns: columns)
        for remark in table.remarks { Console.complain(remark) }
        if arguments.has("--json") {
            try Console.writeJSON(table)
        } else {
            try Console.writeTable(format == .markdown ? table.markdown : table.csv)
        }
        return 0
    }
}

/// The forms of a table other than JSON.
private enum TableFormat: String, CaseIterable {
    case csv
    case markdown
}
