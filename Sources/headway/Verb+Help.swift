import Reports

extension Verb {
    /// Columns for the flags' names; a longer name gets its own line.
    private static let flagColumns = 22

    /// The text of `headway NAME --help` in lines of at most `columns`: summary, usage, details,
    /// flags.
    func help(columns: Int) -> String {
        var usage = "Usage: headway \(name)"
        if !operands.isEmpty { usage += " " + operands }
        if !flags.isEmpty { usage += " [FLAGS]" }
        var parts = [summary, filled(usage, columns, indent: 7)]
        parts += paragraphs.map { $0.isLaidOut ? $0.text : filled($0.text, columns, indent: 0) }
        let rows = flags + [Flag("--help", "Show this text.")]
        let width = rows.map(\.usage.count).filter { $0 <= Self.flagColumns }.max() ?? 0
        let lines = rows.map { flag in
            let indent = width + 4
            let meaning = filled(flag.meaning, columns - indent, indent: 0)
                .replacing("\n", with: "\n" + String(repeating: " ", count: indent))
            let gap = indent - 2 - flag.usage.count
            return "  " + flag.usage
                + (gap >= 2
                    ? String(repeating: " ", count: gap)
                    : "\n" + String(repeating: " ", count: indent)) + meaning
        }
        parts.append("Flags:\n" + lines.joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }

    /// The paragraphs of the details. Lists and examples are laid out by hand and keep their lines;
    /// other paragraphs may be broken anywhere.
    var paragraphs: [(text: String, isLaidOut: Bool)] {
        details.split(separator: "\n\n").map { paragraph in
            let isLaidOut = paragraph.split(separator: "\n").contains { line in
                line.hasPrefix(" ") || line.hasPrefix("headway ") || line.contains("  ")
                    || line.contains(": headway ")
            }
            return (String(paragraph), isLaidOut)
        }
    }

    /// A text in lines of at most `columns` characters, all but the first one indented.
    private func filled(_ text: String, _ columns: Int, indent: Int) -> String {
        let words = text.split { $0 == " " || $0 == "\n" }.map(String.init)
        return PageWidth.filled(words, columns, start: String(repeating: " ", count: indent))
    }
}
