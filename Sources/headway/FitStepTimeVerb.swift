import Basics
import Experiments
import Foundation
import Reports
import StepTime

extension Verb {
    /// `headway fit-steptime`: fits a clock to the user's own measurements.
    static let fitStepTime = Verb(
        "fit-steptime",
        summary: "Fit a clock to measured steps or operators, and show its error.",
        operands: "TABLE.csv|DIR", operandCount: 1...1,
        details: """
            TABLE.csv has one measured step per row: tokens, decodes, context (summed over the
            decodes), microseconds. Use it with --set step_time.kind=table
            --set step_time.file=TABLE.csv.

            DIR holds operator tables, as `headway validate --operators` reads them. --out writes
            the fitted profile; use it with --set step_time.profile=PROFILE.json.
            """,
        flags: [
            Flag("--base", "P", "Profile that gives the coefficients without measurements."),
            Flag("--gpu", "G", "GPU that DIR was measured on (default h100-sxm)."),
            Flag("--out", "PROFILE.json", "Write the fitted profile to this file."),
            .json,
        ]
    ) { arguments in
        let place = arguments.operands[0]
        guard FileSystem.exists(place) else {
            throw InputError(place, "is not there", expected: "a table file or a folder of tables")
        }
        if FileSystem.isFolder(place) { return try fitOperators(place, arguments) }
        guard arguments.value("--out") == nil else {
            throw InputError(
                "--out", "a table file needs no profile",
                expected: "--set step_time.kind=table --set step_time.file=\(place)")
        }
        for flag in ["--base", "--gpu"] where arguments.value(flag) != nil {
            throw InputError(
                flag, "applies to a folder of operator tables", expected: "no \(flag)")
        }
        let table = try StepTimeTable(file: place)
        let fit = TableFit(table)
        if arguments.has("--json") {
            try Console.writeJSON(fit)
        } else {
            try Console.writePage(fit.text)
        }
        try nameSuccessor(arguments)
        return 0
    }

    /// Names the successor if the verb was called by its own name.
    private static func nameSuccessor(_ arguments: Arguments) throws {
        guard arguments.verb == "fit-steptime" else { return }
        try Console.write(
            "Note: headway calibrate takes the same operand and flags.", toError: true)
    }

    private static func fitOperators(_ folder: String, _ arguments: Arguments) throws -> Int32 {
        let gpu = try arguments.value("--gpu").map(GPU.named) ?? .h100
        var base = try EngineProfile.named(arguments.value("--base") ?? "vllm", on: gpu)
        base.gpu = gpu.name
        let fit = try OperatorFit(folder: folder, base: base)
        if let out = arguments.value("--out") {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let file = try WholeFile(out)
            try file.write(Array(encoder.encode(fit.profile)))
            try file.commit()
        }
        let validation = try OperatorValidation(folder: folder, profile: fit.profile)
        if arguments.has("--json") {
            try Console.writeJSON(validation)
        } else {
            let families = fit.fitted.map { "\($0.family) (\($0.rows) rows)" }
            try Console.writePage(
                "Fitted: " + families.joined(separator: ", ") + "\n\n"
                    + ValidationReport.text(validation))
        }
        try nameSuccessor(arguments)
        return 0
    }
}

/// The result of fitting a table file.
private struct TableFit: Encodable {
    var rows: Int
    var fixedUs: Double
    var perSequenceUs: Double
    var perContextTokenUs: Double
    var medianErrorPercent: Double?
    var p90ErrorPercent: Double?
    var biasPercent: Double?
    var notDetermined: [String]

    init(_ table: StepTimeTable) {
        let errors = ErrorSummary(table.errorsPercent)
        rows = table.rows.count
        fixedUs = table.knots[0].microseconds
        perSequenceUs = table.perSequence
        perContextTokenUs = table.perContext
        medianErrorPercent = errors?.median
        p90ErrorPercent = errors?.p90
        biasPercent = errors?.bias
        notDetermined = table.notDetermined
    }

    var text: String {
        func share(_ value: Double?) -> String { value.map { Quantity.decimal($0, 1) } ?? "-" }
        let fixed = Quantity.significant(fixedUs)
        return """
            \(Quantity.counted(rows, "step")): \(fixed) us at the fewest tokens, \
            \(Quantity.significant(perSequenceUs)) us per decode, \
            \(Quantity.significant(perContextTokenUs * 1000)) ns per token of context
            error: median \(share(medianErrorPercent)) %, p90 \(share(p90ErrorPercent)) %, \
            bias \(share(biasPercent)) %\
            \(notDetermined.map { "\nNote: " + $0 }.joined())
            """
    }
}
