import Basics
import Foundation
import Reports

/// Tables and JSON of a validation.
public enum ValidationReport {
    /// What no public measurement covers, for every report.
    public static let unmeasured = [
        "chunked prefill over past context with GQA, decode batches of mixed lengths and mixed "
            + "prefill and decode kernels: extrapolated, checked end to end only",
        "norms, rotary embedding and activations: assumed, 10 us a layer and 2.4 TB/s",
        "host time: fitted on two kinds of vLLM server; it depends on the version",
        "MHA decode (more than 8 KV heads a GPU), recurrent layers, int4 KV, exchange between "
            + "nodes: no kernel measurements",
    ]

    /// A page of a reference validation; `rows` adds every row.
    public static func text(_ validation: ReferenceValidation, rows: Bool) -> String {
        var groups = TextTable([
            "group", "rows", "median", "p90", "bias", "left out: median", "p90", "skipped",
        ])
        for group in validation.groups {
            groups.add([
                group.name, "\(group.errors?.count ?? 0)", share(group.errors?.median),
                share(group.errors?.p90), group.errors.map { signed($0.bias) } ?? "-",
                share(group.errorsLeftOut?.median), share(group.errorsLeftOut?.p90),
                group.skipped == 0 ? "" : "\(group.skipped)",
            ])
        }
        var parts = [
            groups.text,
            "Median and p90 of |predicted - measured| / measured. \"Left out\": host time fitted "
                + "without the server (engine, model, tensor-parallel size) that is predicted.",
        ]
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

    private static var notMeasured: String {
        "Not measured anywhere:\n" + unmeasured.map { "  " + $0 }.joined(separator: "\n")
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

    /// A page of an operator validation.
    public static func text(_ validation: OperatorValidation) -> String {
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

    /// A percentage, "-" where there is none.
    private static func share(_ value: Double?) -> String { value.map(percent) ?? "-" }

    private static func percent(_ value: Double) -> String { Quantity.decimal(value, 1) + " %" }

    private static func signed(_ value: Double) -> String {
        (value > 0 ? "+" : "") + percent(value)
    }
}

/// A reference validation as JSON: `rows`, `groups`, `clocks`, `unmeasured`.
extension ReferenceValidation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case rows, groups, clocks, hostFits, unusedColumns, unmeasured
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(rows, forKey: .rows)
        try keys.encode(groups, forKey: .groups)
        try keys.encode(clocks, forKey: .clocks)
        try keys.encode(hostFits, forKey: .hostFits)
        if !unusedColumns.isEmpty { try keys.encode(unusedColumns, forKey: .unusedColumns) }
        try keys.encode(ValidationReport.unmeasured, forKey: .unmeasured)
    }
}

extension ReferenceValidation.Row: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, group, load, metric, measured, predicted, errorPercent, errorPercentLeftOut
        case skipped
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(id, forKey: .id)
        try keys.encode(group, forKey: .group)
        try keys.encode(load, forKey: .load)
        try keys.encode(metric, forKey: .metric)
        try keys.encode(measured, forKey: .measured)
        try keys.encodeIfPresent(predicted, forKey: .predicted)
        try keys.encodeIfPresent(errorPercent, forKey: .errorPercent)
        try keys.encodeIfPresent(errorPercentLeftOut, forKey: .errorPercentLeftOut)
        try keys.encodeIfPresent(skipped, forKey: .skipped)
    }
}

/// The keys that every group has: count, median, 90th percentile and bias in percent.
private enum GroupKeys: String, CodingKey {
    case name, count, medianPercent, p90Percent, biasPercent
    case leftOutMedianPercent, leftOutP90Percent, leftOutBiasPercent, skipped, meant
}

extension ReferenceValidation.Group: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: GroupKeys.self)
        try Experiments.encode(name, errors, &keys)
        try keys.encodeIfPresent(errorsLeftOut?.median, forKey: .leftOutMedianPercent)
        try keys.encodeIfPresent(errorsLeftOut?.p90, forKey: .leftOutP90Percent)
        try keys.encodeIfPresent(errorsLeftOut?.bias, forKey: .leftOutBiasPercent)
        try keys.encode(skipped, forKey: .skipped)
    }
}

private func encode(
    _ name: String, _ errors: ErrorSummary?, _ keys: inout KeyedEncodingContainer<GroupKeys>
) throws {
    try keys.encode(name, forKey: .name)
    try keys.encode(errors?.count ?? 0, forKey: .count)
    try keys.encodeIfPresent(errors?.median, forKey: .medianPercent)
    try keys.encodeIfPresent(errors?.p90, forKey: .p90Percent)
    try keys.encodeIfPresent(errors?.bias, forKey: .biasPercent)
}

/// An operator validation as JSON: `groups`, `skipped`, `clock`.
extension OperatorValidation: Encodable {
    private enum CodingKeys: String, CodingKey { case groups, skipped, clock }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(groups, forKey: .groups)
        try keys.encode(skipped, forKey: .skipped)
        try keys.encode(clock, forKey: .clock)
    }
}

extension OperatorValidation.Group: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: GroupKeys.self)
        try Experiments.encode(name, errors, &keys)
        try keys.encode(isMeant, forKey: .meant)
    }
}
