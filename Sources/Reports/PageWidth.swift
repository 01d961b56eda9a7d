/// How wide a page may be.
///
/// A terminal's pages fit it: tables too wide are broken up, charts are narrower. In a file or a
/// pipe sentences and charts fit 80 columns; tables stay whole there, so that each row is a line.
package enum PageWidth {
    /// Columns of the terminal that pages are made for; nil: no limit.
    @TaskLocal package static var columns: Int?

    /// What is left of a chart's usual width beside labels and values of `used` columns, of 80 in
    /// a file; at least eight.
    static func fitting(_ usual: Int, beside used: Int) -> Int {
        max(8, min(usual, prose - used))
    }

    /// Columns of sentences and charts in a file or a pipe.
    private static let ofProse = 80

    /// The same, or the terminal's.
    package static var prose: Int { columns ?? ofProse }

    /// What programs start a line that is meant to be pasted.
    private static let programs = ["headway ", "vllm ", "sglang ", "python", "curl "]

    /// The text with the lines that are too wide broken at spaces. What follows a label ("batch
    /// 13.5 requests") stays in its column. Lines of charts, commands and settings are left alone,
    /// and tables fit by themselves. O(text).
    package static func wrapped(_ text: String) -> String {
        guard let columns, columns >= 20 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { wrapped(line: $0, columns) }.joined(separator: "\n")
    }

    /// A page whose sentences fit the terminal, or 80 columns where there is none. Paragraphs with
    /// a rule are tables, and stay as they are in a file. O(text).
    package static func page(_ text: String) -> String {
        guard columns == nil else { return wrapped(text) }
        return text.split(separator: "\n\n", omittingEmptySubsequences: false)
            .map { paragraph in
                guard !paragraph.contains("───") else { return String(paragraph) }
                return paragraph.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { wrapped(line: $0, ofProse) }.joined(separator: "\n")
            }.joined(separator: "\n\n")
    }

    private static func wrapped(line: Substring, _ columns: Int) -> String {
        let isDrawn = line.unicodeScalars.contains { (0x2500...0x259F).contains($0.value) }
        guard line.count > columns, !isDrawn else { return String(line) }
        let indent = min(indentation(line), columns / 2)
        guard !isPasted(line, behind: indent) else { return String(line) }
        // A comment above a command is pasted with it, and each of its lines is one.
        let start = line.hasPrefix("# ") ? "# " : String(repeating: " ", count: indent)
        return filled(words(line), columns, start: start)
    }

    /// Words in lines of at most `columns`, all but the first behind `start`. O(words).
    package static func filled(_ words: [String], _ columns: Int, start: String) -> String {
        var lines: [String] = []
        var current = ""
        for word in words {
            if current.count + word.count > columns, current.contains(where: { $0 != " " }) {
                lines.append(trimmed(current))
                current = start + word
            } else {
                current += word
            }
            current += " "
        }
        lines.append(trimmed(current))
        return lines.joined(separator: "\n")
    }

    /// Whether a line holds a command, perhaps behind a label, or keys with their values.
    private static func isPasted(_ line: Substring, behind indent: Int) -> Bool {
        let text = line.dropFirst(indent)
        return programs.contains {
            line.hasPrefix($0) || text.hasPrefix($0) || line.hasPrefix("Next: " + $0)
        } || line.split(separator: " ").count { $0.contains("=") } > 1
    }

    /// Units that stay on the line of their number.
    private static let units: Set = ["%", "µs", "ms", "s", "min", "h", "kB", "MB", "GB", "GiB"]

    /// The line cut at its spaces, a number and its unit in one piece.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            let bare = word.drop { $0 == "(" }.prefix { !",.;:)".contains($0) }
            if let last = words.last, last.last?.isNumber == true, units.contains(String(bare)) {
                words[words.count - 1] = last + " " + word
            } else {
                words.append(String(word))
            }
        }
        return words
    }

    /// Where the lines that continue a line begin: behind its label and two spaces or more.
    private static func indentation(_ line: Substring) -> Int {
        let leading = line.prefix { $0 == " " }.count
        if line.hasPrefix("- ") { return 2 }
        guard let gap = line.dropFirst(leading).prefix(28).firstRange(of: "  ") else {
            return leading
        }
        let behind = line[gap.lowerBound...].drop { $0 == " " }
        return line.distance(from: line.startIndex, to: behind.startIndex)
    }
}
