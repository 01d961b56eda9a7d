import Basics

/// A table for a terminal: columns as wide as their widest cell, two spaces apart, the first
/// aligned left and the others right unless said otherwise. Cells may hold text from outside: they
/// are shown on one line (`echoed`).
///
///     var table = TextTable(["", "mean", "p99"])
///     table.add(["TTFT", "41.2 ms", "210 ms"])
///     print(table.text)
package struct TextTable: Sendable {
    /// Where a column's cells stand.
    package enum Alignment: Sendable {
        case left
        case right
    }

    private var rows: [[String]] = []
    private let alignments: [Alignment]

    /// A table with a header row. `alignments` may be shorter than the header: the rest is right.
    package init(_ header: [String], alignments: [Alignment] = [.left]) {
        rows = [header.map { $0.echoed() }]
        self.alignments = header.indices.map { $0 < alignments.count ? alignments[$0] : .right }
    }

    /// Adds a row; missing cells are empty, extra cells are a programming error.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count <= alignments.count, "a row has more cells than the header")
        let missing = Array(repeating: "", count: alignments.count - cells.count)
        rows.append(cells.map { $0.echoed() } + missing)
    }

    /// Number of rows below the header.
    package var count: Int { rows.count - 1 }

    /// The table with a rule under the header, without a final newline and without spaces at line
    /// ends; broken up where it is wider than the terminal (`PageWidth`). O(cells).
    package var text: String {
        blocks(PageWidth.columns).joined(separator: "\n\n")
    }

    /// The table, or tables one below the other that hold its columns and fit a width: each
    /// repeats the leading columns that name a row.
    private func blocks(_ columns: Int?) -> [String] {
        let widths = alignments.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        guard let columns, width(of: widths) > columns else {
            return [block(Array(widths.indices), widths)]
        }
        let named = alignments.prefix(2).prefix { $0 == .left }.count
        var names = Array(0..<min(max(1, named), widths.count))
        // Names so wide that no figure has room beside them stand alone.
        let widest = widths.dropFirst(names.count).max() ?? 0
        if width(of: names.map { widths[$0] }) + 2 + widest > columns { names = [0] }
        var blocks: [[Int]] = []
        for column in widths.indices.dropFirst(names.count) {
            if let last = blocks.last,
                width(of: (names + last + [column]).map { widths[$0] }) <= columns
            {
                blocks[blocks.count - 1].append(column)
            } else {
                blocks.append([column])
            }
        }
        return blocks.map { block(names + $0, widths, atMost: columns) }
    }

    private func width(of widths: [Int]) -> Int {
        widths.reduce(0, +) + 2 * max(0, widths.count - 1)
    }

    private func block(_ columns: [Int], _ widths: [Int], atMost most: Int? = nil) -> String {
        var widths = widths
        // Only a name can still be too wide: its middle is left out.
        if let most, let first = columns.first {
            let beside = width(of: columns.map { widths[$0] }) - widths[first]
            widths[first] = min(widths[first], max(8, most - beside))
        }
        var lines = rows.map { row in
            let cells = columns.map { column in
                let isWide = row[column].count > widths[column]
                let cell = isWide ? row[column].echoed(atMost: widths[column]) : row[column]
                return padded(cell, to: widths[column], alignments[column])
            }
            return trimmed(cells.joined(separator: "  "))
        }
        let total = width(of: columns.map { widths[$0] })
        lines.insert(String(repeating: "─", count: total), at: 1)
        return lines.joined(separator: "\n")
    }

    /// The table as Markdown, for pull requests and documents.
    package var markdown: String {
        var lines = rows.map { row in
            "| " + row.map(Self.markdown).joined(separator: " | ") + " |"
        }
        lines.insert(
            "|" + alignments.map { $0 == .left ? "---|" : "---:|" }.joined(), at: 1)
        return lines.joined(separator: "\n")
    }

    /// A cell that neither ends its column nor begins a tag.
    private static func markdown(_ cell: String) -> String {
        cell.replacing("\\", with: "\\\\").replacing("|", with: "\\|")
            .replacing("<", with: "&lt;")
    }
}

/// A cell padded with spaces to a width, counted in characters.
func padded(_ cell: String, to width: Int, _ alignment: TextTable.Alignment) -> String {
    let padding = String(repeating: " ", count: max(0, width - cell.count))
    return alignment == .left ? cell + padding : padding + cell
}

/// A line without spaces at its end.
func trimmed(_ line: String) -> String {
    var characters = Substring(line)
    while characters.last == " " { characters.removeLast() }
    return String(characters)
}
