/// How wide a page may be.
///
/// Pages fit the terminal: tables that are too wide are split, and charts are narrower. In a file
/// or a pipe, sentences and charts fit 80 columns; tables stay whole, so that each row is one line.
package enum PageWidth {
    /// Columns of the terminal that pages are made for; nil for no limit.
    @TaskLocal package static var columns: Int?

    /// The width of a chart beside labels and values of `used` columns: at most `usual`, at least
    /// eight. A file has 80 columns.
    static func fitting(_ usual: Int, beside used: Int) -> Int {
        max(8, min(usual, prose - used))
    }

    /// Columns for sentences and charts in a file or a pipe.
    private static let ofProse = 80

    /// The same, or the terminal's columns.
    package static var prose: Int { columns ?? ofProse }

    /// The first words of lines that are meant to be pasted.
    private static let programs = ["headway ", "vllm ", "sglang ", "python", "curl "]

    /// Breaks lines that are too wide at spaces. Text after a label ("batch 13.5 requests") stays
    /// in its column. Leaves charts, commands and settings alone; tables fit by themselves.
    /// O(text).
    package static func wrapped(_ text: String) -> String {
        guard let columns, columns >= 20 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { wrapped(line: $0, columns) }.joined(separator: "\n")
    }

    /// A page whose sentences fit the terminal, or 80 columns without one. Paragraphs with a rule
    /// are tables and are left unchanged in a file. O(text).
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
        // A comment above a command is pasted with it, so each of its lines must be a comment.
        let start = line.hasPrefix("# ") ? "# " : String(repeating: " ", count: indent)
        return filled(words(line), columns, start: start)
    }

    /// Words in lines of at most `columns`; all but the first line begin with `start`. O(words).
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

    /// Whether a line holds a command, perhaps after a label, or keys with their values.
    private static func isPasted(_ line: Substring, behind indent: Int) -> Bool {
        let text = line.dropFirst(indent)
        return programs.contains {
            line.hasPrefix($0) || text.hasPrefix($0) || line.hasPrefix("Next: " + $0)
        } || line.split(separator: " ").count { $0.contains("=") } > 1
    }

    /// Units that stay on the line of their number.
    private static let units: Set = ["%", "µs", "ms", "s", "min", "h", "kB", "MB", "GB", "GiB"]

    /// The line split at its spaces, keeping each number with its unit.
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

    /// Where continuation lines begin: after the line's label and at least two spaces.
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
