/// How wide a page may be.
///
/// Pages fit the terminal, or 80 columns in a file or a pipe: tables that are too wide are split,
/// charts are narrower, and sentences are broken. A command, a word or a path is never broken.
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

    /// A page whose sentences fit the terminal, or 80 columns without one. O(text).
    package static func page(_ text: String) -> String {
        guard columns == nil else { return wrapped(text) }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { wrapped(line: $0, ofProse) }.joined(separator: "\n")
    }

    /// The text with comments (`#` and `//`, also indented) in lines of at most 80 columns, each a
    /// comment; other lines stay. For files that are pasted and read. O(text).
    package static func comments(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = line.prefix { $0 == " " }
            let marker = ["// ", "# "].first { line.dropFirst(indent.count).hasPrefix($0) }
            guard let marker, line.count > ofProse else { return String(line) }
            let start = indent + marker
            let text = line.dropFirst(start.count)
            return start + filled(words(text), ofProse, start: String(start), first: start.count)
        }.joined(separator: "\n")
    }

    private static func wrapped(line: Substring, _ columns: Int) -> String {
        let isDrawn = line.unicodeScalars.contains { (0x2500...0x259F).contains($0.value) }
        guard line.count > columns, !isDrawn else { return String(line) }
        let indent = min(indentation(line), columns / 2)
        guard !isPasted(line, behind: indent) else { return String(line) }
        if holdsSettings(line) {
            // Each line but the last goes on behind a backslash, as in a shell.
            return filled(words(line), columns - 2, start: "  ").replacing("\n", with: " \\\n")
        }
        // A comment above a command is pasted with it, so each of its lines must be a comment.
        let start = line.hasPrefix("# ") ? "# " : String(repeating: " ", count: indent)
        return filled(words(line), columns, start: start)
    }

    /// Words in lines of at most `columns`; all but the first line begin with `start`, and the
    /// first stands behind `first` columns of other text. O(words).
    package static func filled(
        _ words: [String], _ columns: Int, start: String, first: Int = 0
    ) -> String {
        var lines: [String] = []
        var current = ""
        for word in words {
            let used = current.count + (lines.isEmpty ? first : 0)
            if used + word.count > columns, current.contains(where: { $0 != " " }) {
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

    /// Whether a line holds a command, perhaps after a label.
    private static func isPasted(_ line: Substring, behind indent: Int) -> Bool {
        let text = line.dropFirst(indent)
        return programs.contains {
            line.hasPrefix($0) || text.hasPrefix($0) || line.hasPrefix("Next: " + $0)
        }
    }

    /// Whether a line holds keys with their values and nothing else, perhaps after a label.
    private static func holdsSettings(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        return words.count > 1
            && words.enumerated().allSatisfy { place, word in
                word.contains("=") || word == "--set" || place == 0 && word.hasSuffix(":")
            }
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
