import Basics
import Results
import Simulator

extension BreakdownReport {
    /// A table of the means of TTFT and TPOT, over all requests and over the slowest by each; nil
    /// if no request has finished. Parts without any time are left out.
    package var text: String? {
        guard toFirstToken.count > 0 else { return nil }
        let columns = [
            toFirstToken.means(), toFirstToken.means(slowest: 0.01), afterwards.means(),
            afterwards.means(slowest: 0.01),
        ]
        var table = TextTable([
            "where time goes", "TTFT", "slowest 1 %", "TPOT", "slowest 1 %",
        ])
        for part in LatencyParts.Part.allCases {
            let values = columns.map { $0[part.rawValue] }
            guard values.contains(where: { $0 > 0 }) else { continue }
            let cells = zip(values, columns).map { value, column in
                cell(value, of: column.reduce(0, +))
            }
            table.add([part.name] + cells)
        }
        table.add(["sum"] + columns.map { Quantity.duration(seconds: $0.reduce(0, +)) })
        return table.text
    }

    private func cell(_ value: Double, of whole: Double) -> String {
        guard value > 0 else { return "-" }
        return "\(Quantity.duration(seconds: value)) \(Quantity.percent(value / whole))"
    }
}
