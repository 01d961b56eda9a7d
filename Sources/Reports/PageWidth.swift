/// How wide a page may be.
///
/// A terminal's pages fit it: tables too wide are broken up, charts are narrower. Text for a file
/// or a pipe is as wide as it wants to be, so that it is the same everywhere.
public enum PageWidth {
    /// Columns of the terminal that pages are made for; nil: no limit.
    @TaskLocal public static var columns: Int?

    /// What is left of a chart's usual width beside labels and values of `used` columns; at least
    /// eight.
    static func fitting(_ usual: Int, beside used: Int) -> Int {
        guard let columns else { return usual }
        return max(8, min(usual, columns - used))
    }

    /// The text with the lines that are too wide broken at spaces. What follows a label ("batch
    /// 13.5 requests") stays in its column; lines of tables and charts are left alone. O(text).
    public static func wrapped(_ text: String) -> String {
        guard let columns, columns >= 20 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { wrapped(line: $0, columns) }.joined(separator: "\n")
    }

    private static func wrapped(line: Substring, _ columns: Int) -> String {
        let isDrawn = line.unicodeScalars.contains { (0x2500...0x259F).contains($0.value) }
        guard line.count > columns, !isDrawn else { return String(line) }
        let indent = min(indentation(line), columns / 2)
        var lines: [String] = []
        var current = ""
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            if current.count + word.count > columns, current.contains(where: { $0 != " " }) {
                lines.append(trimmed(current))
                current = String(repeating: " ", count: indent) + word
            } else {
                current += word
            }
            current += " "
        }
        lines.append(trimmed(current))
        return lines.joined(separator: "\n")
    }

    /// Where the lines that continue a line begin: behind its label and two spaces or more.
    private static func indentation(_ line: Substring) -> Int {
        let leading = line.prefix { $0 == " " }.count
        guard let gap = line.dropFirst(leading).prefix(28).firstRange(of: "  ") else {
            return leading
        }
        let behind = line[gap.lowerBound...].drop { $0 == " " }
        return line.distance(from: line.startIndex, to: behind.startIndex)
    }
}
