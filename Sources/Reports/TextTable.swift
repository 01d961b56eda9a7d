import Basics

/// A table for a terminal: columns as wide as their widest cell, two spaces apart, the first
/// aligned left and the others right by default. Cells may hold external text: they are shown on
/// one line (`echoed`).
///
///     var table = TextTable(["", "mean", "p99"])
///     table.add(["TTFT", "41.2 ms", "210 ms"])
///     print(table.text)
package struct TextTable: Sendable {
    /// The alignment of a column's cells.
    package enum Alignment: Sendable {
        case left
        case right
    }

    /// The header, then the rows; a row with one cell is a heading.
    private var rows: [[String]] = []
    private let alignments: [Alignment]
    private let together: [Range<Int>]

    /// A table with a header row. `alignments` may be shorter than the header: the rest align
    /// right. Columns of a range in `together` share a part where the table is split.
    package init(
        _ header: [String], alignments: [Alignment] = [.left], together: [Range<Int>] = []
    ) {
        rows = [header.map { $0.echoed() }]
        self.together = together
        self.alignments = header.indices.map { $0 < alignments.count ? alignments[$0] : .right }
    }

    /// Adds a row. Missing cells are empty; extra cells are a programming error.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count <= alignments.count, "a row has more cells than the header")
        let missing = Array(repeating: "", count: alignments.count - cells.count)
        rows.append(cells.map { $0.echoed() } + missing)
    }

    /// Adds a heading on its own line, as wide as its text, for the rows below it. The table must
    /// have at least two columns.
    package mutating func add(heading: String) {
        precondition(alignments.count > 1, "a heading in a table of one column")
        rows.append([heading.echoed()])
    }

    /// The rows below the header, without headings.
    private var cells: some Sequence<[String]> { rows.dropFirst().filter { $0.count > 1 } }

    /// Number of rows below the header, including headings.
    package var count: Int { rows.count - 1 }

    /// The table with a rule under the header, without a final newline and without trailing spaces.
    /// A header that makes it wider than the page is broken into words. In a table still wider
    /// than the page (`PageWidth`) long names get lines of their own; the last resort is several
    /// tables. O(cells).
    package var text: String {
        let columns = Array(alignments.indices)
        // In as few lines as make it fit; more than five do not help.
        for lines in 1...5 {
            let titles = columns.map { folded($0, lines: lines) }
            let widths = widths(header: titles)
            if width(of: widths) <= PageWidth.prose {
                return block(columns, widths, header: titles)
            }
        }
        let titles = columns.map { folded($0, lines: 5) }
        return besideNames(PageWidth.prose, titles)
            ?? blocks(PageWidth.prose, titles).joined(separator: "\n\n")
    }

    /// Least width of a column of names whose longest stand on lines of their own.
    private static let narrowestName = 10

    /// The table with a narrower first column: a name that does not fit stands above its figures.
    /// Nil if the other columns alone leave no room, or if the first column holds figures.
    private func besideNames(_ columns: Int, _ header: [[String]]) -> String? {
        guard alignments.count > 1, alignments[0] == .left else { return nil }
        var widths = widths(header: header)
        let room = columns - width(of: widths) + widths[0]
        guard room >= max(Self.narrowestName, header[0].map(\.count).max() ?? 0) else { return nil }
        widths[0] = room
        return block(Array(widths.indices), widths, header: header)
    }

    /// A column's title in at most `most` lines, broken at spaces and after underscores. As narrow
    /// as possible beside the column's cells.
    private func folded(_ column: Int, lines most: Int) -> [String] {
        let title = rows[0][column]
        guard most > 1 else { return [title] }
        var pieces = [""]
        for character in title {
            pieces[pieces.count - 1].append(character)
            if character == " " || character == "_" { pieces.append("") }
        }
        let cells = cells.map { $0[column].count }.max() ?? 0
        var width = max(cells, pieces.map { trimmed($0).count }.max() ?? 0)
        while true {
            let lines = pieces.reduce(into: [""]) { lines, piece in
                if trimmed(lines[lines.count - 1] + piece).count <= width {
                    lines[lines.count - 1] += piece
                } else {
                    lines.append(piece)
                }
            }
            if lines.count <= most { return lines.map(trimmed) }
            width += 1
        }
    }

    /// The columns' widths with a header of these lines.
    private func widths(header: [[String]]) -> [Int] {
        header.indices.map { column in
            max(
                cells.map { $0[column].count }.max() ?? 0, header[column].map(\.count).max() ?? 0)
        }
    }

    /// The table, or several tables one below the other that together hold its columns and fit a
    /// width. Each repeats the leading columns that name a row.
    private func blocks(_ columns: Int, _ header: [[String]]) -> [String] {
        let widths = widths(header: header)
        let named = alignments.prefix(2).prefix { $0 == .left }.count
        var names = Array(0..<min(max(1, named), widths.count))
        // Names so wide that no figure fits beside them get a table of their own.
        let widest = widths.dropFirst(names.count).max() ?? 0
        if width(of: names.map { widths[$0] }) + 2 + widest > columns { names = [0] }
        func fits(_ shown: [Int]) -> Bool {
            width(of: (names + shown).map { widths[$0] }) <= columns
        }
        var blocks: [[Int]] = []
        for unit in units(widths.indices.dropFirst(names.count)) {
            for part in fits(unit) ? [unit] : unit.map({ [$0] }) {
                if let last = blocks.last, fits(last + part) {
                    blocks[blocks.count - 1] += part
                } else {
                    blocks.append(part)
                }
            }
        }
        return blocks.map { block(names + $0, widths, header: header, atMost: columns) }
    }

    /// Columns in the units that are not parted.
    private func units(_ columns: some Sequence<Int>) -> [[Int]] {
        var units: [[Int]] = []
        for column in columns {
            if let last = units.last?.last,
                together.contains(where: { $0.contains(last) && $0.contains(column) })
            {
                units[units.count - 1].append(column)
            } else {
                units.append([column])
            }
        }
        return units
    }

    private func width(of widths: [Int]) -> Int {
        widths.reduce(0, +) + 2 * max(0, widths.count - 1)
    }

    private func block(
        _ columns: [Int], _ widths: [Int], header: [[String]], atMost most: Int? = nil
    ) -> String {
        var widths = widths
        // Only a name can still be too wide: its middle is cut out.
        if let most, let first = columns.first {
            let beside = width(of: columns.map { widths[$0] }) - widths[first]
            widths[first] = min(widths[first], max(8, most - beside))
        }
        // Titles are aligned at the bottom, above the rule.
        let height = columns.map { header[$0].count }.max() ?? 1
        let titles = (0..<height).map { line in
            header.map { height - $0.count <= line ? $0[line - height + $0.count] : "" }
        }
        var lines = (titles + rows.dropFirst()).map { row in
            if row.count == 1, header.count > 1 { return row[0] }
            var above = ""
            let cells = columns.map { column in
                var cell = row[column]
                if cell.count > widths[column] {
                    // A terminal cuts names; a file keeps them, above their figures.
                    if PageWidth.columns != nil, most != nil {
                        cell = cell.echoed(atMost: widths[column])
                    } else {
                        above = (PageWidth.columns.map { cell.echoed(atMost: $0) } ?? cell) + "\n"
                        cell = ""
                    }
                }
                return padded(cell, to: widths[column], alignments[column])
            }
            return above + trimmed(cells.joined(separator: "  "))
        }
        let total = width(of: columns.map { widths[$0] })
        lines.insert(String(repeating: "─", count: total), at: height)
        return lines.joined(separator: "\n")
    }

    /// The table as Markdown, for pull requests and documents.
    package var markdown: String {
        var lines = rows.map { row in
            let missing = Array(repeating: "", count: alignments.count - row.count)
            return "| " + (row + missing).map(Self.markdown).joined(separator: " | ") + " |"
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

/// A cell padded with spaces to a width in characters.
func padded(_ cell: String, to width: Int, _ alignment: TextTable.Alignment) -> String {
    let padding = String(repeating: " ", count: max(0, width - cell.count))
    return alignment == .left ? cell + padding : padding + cell
}

/// A line without trailing spaces.
func trimmed(_ line: String) -> String {
    var characters = Substring(line)
    while characters.last == " " { characters.removeLast() }
    return String(characters)
}
