import Basics
import Experiments
import Foundation

/// Tables and JSON of a validation.
package enum ValidationReport {
    /// The page of a reference validation. `rows` adds every row.
    package static func text(_ validation: ReferenceValidation, rows: Bool) -> String {
        let hasSkipped = validation.groups.contains { $0.skipped > 0 }
        var groups = TextTable(
            [
                "server and figure", "rows", "median", "p90", "bias", "left out: median", "p90",
            ] + (hasSkipped ? ["skipped"] : []))
        var server = ""
        for group in validation.groups {
            if group.server != server {
                server = group.server
                groups.add(heading: server)
            }
            groups.add(
                [
                    "  " + group.figure, Quantity.count(group.errors?.count ?? 0),
                    share(group.errors?.median),
                    share(group.errors?.p90), group.errors.map { signed($0.bias) } ?? "-",
                    share(group.errorsLeftOut?.median), share(group.errorsLeftOut?.p90),
                ]
                    + (hasSkipped
                        ? [group.skipped == 0 ? "" : Quantity.count(group.skipped)] : []))
        }
        var parts = [
            groups.text,
            "Median and p90 of |predicted - measured| / measured. \"Left out\": host time fitted "
                + "without the server (engine, model, tensor-parallel size) that is predicted.",
        ]
        if validation.rows.contains(where: { !$0.isDetermined }) {
            parts.append(
                "\"Not determined\": the answer changes by more than 20 % between exact lengths "
                    + "and 2 % of jitter.")
        }
        parts += requestParts(validation)
        if rows { parts.append(rowTable(validation).text) }
        let skipped = validation.rows.filter { $0.skipped != nil }
        if !skipped.isEmpty {
            parts.append(
                "Skipped:\n"
                    + skipped.map { "  \($0.id.echoed()): \($0.skipped!.echoed(atMost: 400))" }
                    .joined(separator: "\n"))
        }
        if !validation.hostFits.isEmpty {
            parts.append(
                "Host time per step that fits best:\n"
                    + validation.hostFits.map { "  " + $0 }.joined(separator: "\n"))
        }
        if !validation.unusedColumns.isEmpty {
            let names = validation.unusedColumns.map { $0.echoed() }.joined(separator: ", ")
            parts.append("Note: columns that no prediction looks at: " + names)
        }
        parts.append("Clocks:\n" + validation.clocks.map { "  " + $0 }.joined(separator: "\n"))
        parts.append(notMeasured)
        return parts.joined(separator: "\n\n")
    }

    /// The errors of single requests, if a file has them.
    private static func requestParts(_ validation: ReferenceValidation) -> [String] {
        guard let file = validation.requestsFile else { return [] }
        let said = "Requests replayed with their own times and lengths: \(file.echoed())"
        guard !validation.requests.isEmpty else {
            return ["Note: no row names a run of \(file.echoed()), so no request is replayed."]
        }
        var table = TextTable(
            ["a run's requests", "recorded", "sent", "TTFT: median", "bias", "E2E: median", "bias"])
        for run in validation.requests {
            table.add([
                run.run.echoed(), Quantity.count(run.recorded), Quantity.count(run.sent),
                percent(run.timeToFirstToken.median), signed(run.timeToFirstToken.bias),
                percent(run.endToEnd.median), signed(run.endToEnd.bias),
            ])
        }
        return [table.text, said + ". Where fewer were recorded than sent, they are sent again."]
    }

    private static var notMeasured: String {
        "Not measured anywhere:\n"
            + ReferenceValidation.unmeasured.map { "  " + $0 }.joined(separator: "\n")
    }

    private static func rowTable(_ validation: ReferenceValidation) -> TextTable {
        var table = TextTable(
            ["load", "metric", "measured", "predicted", "error"], alignments: [.left, .left])
        for row in validation.rows {
            table.add([
                row.load, row.metric, Quantity.significant(row.measured),
                row.predicted.map { Quantity.significant($0) } ?? "-",
                row.errorPercent.map { signed($0) } ?? "skipped",
            ])
        }
        return table
    }

    /// The page of an operator validation.
    package static func text(_ validation: OperatorValidation) -> String {
        var table = TextTable(["operators", "rows", "median", "p90", "bias", ""])
        for group in validation.groups {
            table.add([
                group.name, Quantity.count(group.errors.count), percent(group.errors.median),
                percent(group.errors.p90), signed(group.errors.bias),
                group.isMeant ? "" : "outside",
            ])
        }
        let skipped =
            validation.skipped.isEmpty
            ? [] : ["Skipped:\n" + validation.skipped.map { "  " + $0 }.joined(separator: "\n")]
        return
            ([
                table.text,
                "\"outside\": not what the model is meant for (shapes of real models, KV beyond "
                    + "the L2 cache), reported all the same.", "Clock: " + validation.clock,
            ] + skipped).joined(separator: "\n\n")
    }

    /// A percentage; "-" if there is none.
    private static func share(_ value: Double?) -> String { value.map(percent) ?? "-" }

    private static func percent(_ value: Double) -> String { Quantity.decimal(value, 1) + " %" }

    private static func signed(_ value: Double) -> String {
        (value > 0 ? "+" : "") + percent(value)
    }
}
