import Basics

/// A table for a terminal: columns as wide as their widest cell, two spaces apart, the first
/// aligned left and the others right unless said otherwise. Cells may hold text from outside: they
/// are shown on one line (`echoed`).
///
///     var table = TextTable(["", "mean", "p99"])
///     table.add(["TTFT", "41.2 ms", "210 ms"])
///     print(table.text)
public struct TextTable: Sendable {
    /// Where a column's cells stand.
    public enum Alignment: Sendable {
        case left
        case right
    }

    private var rows: [[String]] = []
    private let alignments: [Alignment]

    /// A table with a header row. `alignments` may be shorter than the header: the rest is right.
    public init(_ header: [String], alignments: [Alignment] = [.left]) {
        rows = [header.map { $0.echoed() }]
        self.alignments = header.indices.map { $0 < alignments.count ? alignments[$0] : .right }
    }

    /// Adds a row; missing cells are empty, extra cells are a programming error.
    public mutating func add(_ cells: [String]) {
        precondition(cells.count <= alignments.count, "a row has more cells than the header")
        let missing = Array(repeating: "", count: alignments.count - cells.count)
        rows.append(cells.map { $0.echoed() } + missing)
    }

    /// Number of rows below the header.
    public var count: Int { rows.count - 1 }

    /// The table with a rule under the header, without a final newline and without spaces at line
    /// ends. O(cells).
    public var text: String {
        let widths = alignments.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        let total = widths.reduce(0, +) + 2 * max(0, widths.count - 1)
        var lines = rows.map { row in
            let cells = row.indices.map { column in
                padded(row[column], to: widths[column], alignments[column])
            }
            return trimmed(cells.joined(separator: "  "))
        }
        lines.insert(String(repeating: "─", count: total), at: 1)
        return lines.joined(separator: "\n")
    }

    /// The table as Markdown, for pull requests and documents.
    public var markdown: String {
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
