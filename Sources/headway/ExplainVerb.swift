import Basics
import Experiments
import Models
import Reports
import StepTime

extension Verb {
    /// `headway explain`: where the FLOPs, the bytes and the time of a step go.
    static let explain = Verb(
        "explain",
        summary: "Show the FLOPs, bytes and time of one step, phase by phase.",
        operandCount: 0...1,
        details: """
            The default is one decode token of Llama-3.1-8B at a context of 2048. Some flags switch
            a technique off, to show what it saves.

            headway explain --over context=2k..1M
            headway explain --model llama-3.1-70b --compare "--kv fp8"
            headway explain --input 4096 --output 256 --batch 32
            """,
        flags: ExplainScenario.fields.map { Flag($0.name, $0.placeholder, $0.meaning) }
            + ExplainScenario.switches.map { Flag($0.name, $0.meaning) }
            + [
                Flag(
                    "--over", "FLAG=RANGE",
                    "Table over one flag: context=2k..1M (doubling) or tp=1,2,4,8."),
                Flag(
                    "--compare", "FLAGS", takesFlags: true,
                    "Two scenarios side by side: the second has these flags."),
                Flag(
                    "--html", "FILE",
                    "File for a page with sliders: this model and the usual ones on this GPU,\n"
                        + "phase by phase."),
                Flag(
                    "--list-models",
                    "List the catalogue's models by family; a word after it picks those with it."),
                .json,
            ]
    ) { arguments in
        func show(_ value: some Encodable, _ text: String) throws -> Int32 {
            try arguments.has("--json") ? Console.writeJSON(value) : Console.writePage(text)
            return 0
        }
        let (over, change) = (arguments.value("--over"), arguments.value("--compare"))
        if over != nil, change != nil {
            throw InputError("--over", "is given with --compare", expected: "one of them")
        }
        let isList = arguments.has("--list-models")
        try arguments.require(
            0...(isList ? 1 : 0), of: isList ? "--list-models [WORD]" : "", for: "explain")
        if isList {
            let list = try ModelList(with: arguments.operands.first ?? "")
            return try show(list, list.text)
        }
        var scenario = ExplainScenario()
        for field in ExplainScenario.fields {
            if let text = arguments.value(field.name) { try scenario.set(field.name, to: text) }
        }
        if arguments.has("--mha"), arguments.has("--mqa") {
            throw InputError("--mqa", "is given with --mha", expected: "one of them")
        }
        for change in ExplainScenario.switches where arguments.has(change.name) {
            _ = scenario.turn(change.name)
        }
        if let file = arguments.value("--html") {
            guard over == nil, change == nil else {
                throw InputError(
                    "--html", "is given with --over or --compare", expected: "one of them")
            }
            try writePage(scenario, to: file)
            return 0
        }
        if let over {
            let table = ExplanationTable(try ExplainRange(over, of: scenario))
            return try show(table, table.text)
        }
        if let change {
            let comparison = ExplanationComparison(
                try scenario.explained(), try scenario.changed(by: change).explained(),
                change: change)
            return try show(comparison, comparison.text)
        }
        let report = ExplanationReport(try scenario.explained())
        return try show(report, report.text)
    }

    private static func writePage(_ scenario: ExplainScenario, to path: String) throws {
        let file = try WholeFile(path)
        try file.write(Array(ExplainPage(try scenario.grid()).html().utf8))
        try file.commit()
        try Console.writePage("The page is in \(path).")
    }
}
