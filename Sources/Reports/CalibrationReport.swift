import Basics
import Fidelity

/// The page of a calibration: constants with their intervals, errors by file, what to do next.
package enum CalibrationReport {
    /// The page. `out` is the file that the profile was written to, if any; `file` is the
    /// configuration, and `changes` are the settings made beside it.
    package static func text(
        _ calibration: Calibration, file: String?, changes: [String] = [], out: String?
    ) -> String {
        var parts = [
            calibration.server,
            "Base: host profile \(calibration.base.echoed()). "
                + "\(calibration.constants.count(where: \.isFitted)) of "
                + "\(calibration.constants.count) constants are determined by the data.",
            constants(calibration).text,
        ]
        let open = calibration.constants.filter { !$0.isFitted }
        if !open.isEmpty {
            let lines = open.map { "  \($0.constant.rawValue): \($0.reason ?? "")" }
            parts.append(
                "Not determined, left at the base's value where nothing else is said:\n"
                    + lines.joined(separator: "\n"))
        }
        parts.append(errors(calibration).text)
        parts.append(
            "Errors: |simulated - measured| / measured, of requests where the file has them. "
                + "\"base\" is before the fit.")
        let notes =
            calibration.notes
            + calibration.sources.flatMap { source in
                source.notes.map { "\(source.name.echoed()): \($0)" }
            }
        if !notes.isEmpty { parts.append(notes.map { "Note: \($0)" }.joined(separator: "\n")) }
        parts.append(next(calibration, file: file, changes: changes, out: out))
        return parts.joined(separator: "\n\n")
    }

    private static func constants(_ calibration: Calibration) -> TextTable {
        var table = TextTable(
            ["constant", "what", "fitted", "99 % interval", "base"], alignments: [.left, .left])
        for row in calibration.constants where row.isFitted {
            table.add([
                row.constant.rawValue, row.constant.words, value(row.value, row.constant),
                interval(row), value(row.base, row.constant),
            ])
        }
        return table
    }

    private static func interval(_ row: Calibration.Constant) -> String {
        guard let low = row.low, let high = row.high else { return "-" }
        return "\(value(low, row.constant)) to \(value(high, row.constant))"
    }

    private static func value(_ value: Double, _ constant: CalibrationConstant) -> String {
        constant.isFactor ? Quantity.decimal(value, 4) : Quantity.duration(seconds: value)
    }

    private static func errors(_ calibration: Calibration) -> TextTable {
        var table = TextTable(
            ["file", "", "figure", "n", "median", "p90", "bias", "base: median", "bias"],
            alignments: [.left, .left, .left])
        for source in calibration.sources {
            for (index, errors) in source.errors.enumerated() {
                table.add([
                    index == 0 ? source.name : "",
                    index == 0 ? (source.isHeldOut ? "held out" : "fitted") : "",
                    errors.kind, Quantity.count(errors.after.count),
                    share(errors.after.median), share(errors.after.p90),
                    signed(errors.after.bias), share(errors.before.median),
                    signed(errors.before.bias),
                ])
            }
        }
        return table
    }

    private static func share(_ percent: Double) -> String { Quantity.decimal(percent, 1) + " %" }

    private static func signed(_ percent: Double) -> String {
        (percent < 0 ? "" : "+") + share(percent)
    }

    /// The lines that apply the result.
    private static func next(
        _ calibration: Calibration, file: String?, changes given: [String], out: String?
    ) -> String {
        let run = "Next: headway run" + (file.map { " " + ShellWord.path($0) } ?? "")
        var changes = (given + calibration.changes).map(ShellWord.quoted)
        let isHostFitted = calibration.constants.contains { $0.isFitted && !$0.constant.isFactor }
        if let out {
            changes.insert(ShellWord.quoted("engine.host.profile=\(out)"), at: 0)
        } else if isHostFitted {
            return "Next: --out HOST.json writes the profile"
                + (changes.isEmpty ? "" : "; then --set " + changes.joined(separator: " "))
        }
        if out == nil, let scale = calibration.gpuScale {
            changes.insert("step_time.scale=\(Quantity.decimal(scale, 6))", at: 0)
        }
        guard !changes.isEmpty else { return run }
        return run + " --set " + changes.joined(separator: " ")
    }
}
