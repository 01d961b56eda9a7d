/// Pictures made of block characters, for a terminal.
package enum Chart {
    private static let eighths: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One horizontal bar per row: label, bar, and the value as text. The longest bar, that of the
    /// largest value, has `width` characters, or as many as fit in the terminal. Negative and
    /// non-finite values have no bar.
    package static func bars(
        _ rows: [(label: String, value: Double, text: String)], width: Int = 40
    ) -> String {
        let largest = rows.map(\.value).filter(\.isFinite).max() ?? 0
        let labelWidth = rows.map(\.label.count).max() ?? 0
        let beside = labelWidth + 3 + (rows.map(\.text.count).max() ?? 0)
        let width = PageWidth.fitting(width, beside: beside)
        return rows.map { row in
            let drawn = bar(row.value, of: largest, width: width)
            let label = padded(row.label, to: labelWidth, .right)
            return trimmed("\(label) │\(padded(drawn, to: width, .left)) \(row.text)")
        }.joined(separator: "\n")
    }

    /// A bar of at most `width` characters, precise to an eighth of a character. Any value above
    /// zero shows at least the thinnest bar.
    package static func bar(_ value: Double, of largest: Double, width: Int) -> String {
        guard value.isFinite, value > 0, largest > 0 else { return "" }
        let units = max(1, Int((min(1, value / largest) * Double(width) * 8).rounded()))
        let full = String(repeating: "█", count: units / 8)
        return units % 8 == 0 ? full : full + String(eighths[units % 8 - 1])
    }

    /// One character per value, its height proportional to the largest value; a space for zero or
    /// less.
    package static func sparkline(_ values: [Double]) -> String {
        let largest = values.filter(\.isFinite).max() ?? 0
        return String(
            values.map { value -> Character in
                guard value.isFinite, value > 0, largest > 0 else { return " " }
                return levels[min(7, Int(value / largest * 8))]
            })
    }

    /// Values reduced to at most `count` by averaging neighbours, so that a long series fits on a
    /// line. O(values).
    package static func squeezed(_ values: [Double], to count: Int) -> [Double] {
        guard values.count > count, count > 0 else { return values }
        return (0..<count).map { slot in
            let part = values[(slot * values.count / count)..<((slot + 1) * values.count / count)]
            return part.reduce(0, +) / Double(part.count)
        }
    }
}
