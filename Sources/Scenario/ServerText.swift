/// Tells what a text is that starts a server, and makes a script of it.
enum ServerText {
    /// Whether its first line is one of YAML or JSON, not of a script.
    static func looksLikeYAML(_ text: String) -> Bool {
        guard !isMakefile(text) else { return false }
        let lines = text.split(whereSeparator: \.isNewline).lazy.map {
            ServerScalar.withoutComment($0.drop { $0 == " " })
        }
        guard let first = lines.first(where: { !$0.isEmpty }) else { return false }
        if first == "---" || first.hasPrefix("- ") { return true }
        if first.hasPrefix("{") || first.hasPrefix("[") {
            return first.dropFirst().first { $0 != " " }.map { "{[]}\"".contains($0) } ?? true
        }
        guard let (key, _) = ServerScalar.member(first) else { return false }
        return key.allSatisfy { $0.isLetter || $0.isNumber || "_-./".contains($0) }
    }

    /// The text without what pages put around it: fences, and prompts in front of its lines.
    static func unwrapped(_ text: String) -> String {
        guard text.contains("```") || text.contains("$ ") else { return text }
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        lines.removeAll { $0.drop { $0 == " " }.hasPrefix("```") }
        let first = lines.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        guard first.wholeMatch(of: /\s*(\([^)]*\) )?([\w.-]+@\S+)?[$] .*/) != nil else {
            return lines.joined(separator: "\n")
        }
        return lines.map { line in
            if let prompt = line.prefixMatch(of: /\s*(\([^)]*\) )?([\w.-]+@\S+)?[$][ ]/) {
                return line[prompt.range.upperBound...]
            }
            return line.hasPrefix("> ") ? line.dropFirst(2) : line
        }.joined(separator: "\n")
    }

    /// A script that does what a text of another kind starts: a unit of systemd, or the recipes of
    /// a Makefile. The text itself if it is a script.
    static func script(_ text: String) -> String {
        if isMakefile(text) { return recipes(text) }
        let lines = logicalLines(text)
        let starts = lines.contains { $0.hasPrefix("ExecStart=") }
        return starts ? unit(lines) : text
    }

    /// Lines with those that a backslash continues, without blanks in front.
    private static func logicalLines(_ text: String) -> [String] {
        var lines: [String] = []
        var isOpen = false
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = raw.drop(while: \.isWhitespace)
            if isOpen, line.first == "#" || line.first == ";" { continue }
            let ends = line.hasSuffix("\\")
            let part = ends ? line.dropLast() : line
            if isOpen { lines[lines.count - 1] += " " + part } else { lines.append(String(part)) }
            isOpen = ends
        }
        return lines
    }

    /// A unit's variables, and what it starts. (`systemd.exec`, `systemd.service`: signs in front
    /// of the program say how to run it.)
    private static func unit(_ lines: [String]) -> String {
        lines.compactMap { line -> String? in
            guard let equals = line.firstIndex(of: "=") else { return nil }
            let value = line[line.index(after: equals)...]
            switch line[..<equals] {
            case "Environment": return "export " + value
            case "ExecStart": return String(value.drop { "-@:+!".contains($0) })
            default: return nil
            }
        }.joined(separator: "\n")
    }

    /// Whether a text has a target with a recipe, which begins with a tab.
    private static func isMakefile(_ text: String) -> Bool {
        guard text.contains("\n\t") else { return false }
        var before: Substring = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let target = before.firstMatch(of: /^[A-Za-z0-9_.\/-]+[^=:]*:([^=]|$)/)
            if line.first == "\t", target != nil { return true }
            before = line
        }
        return false
    }

    /// The variables and recipes of a Makefile as a script: `$(NAME)` is `${NAME}` there, `$$` a $.
    private static func recipes(_ text: String) -> String {
        func words(_ text: Substring) -> String {
            String(text).replacing(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/) { "${\($0.1)}" }
                .replacing("$$", with: "$")
        }
        var lines: [String] = []
        var isOpen = false
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let isPart = isOpen
            isOpen = line.hasSuffix("\\") && (isPart || line.first == "\t")
            if isPart {
                lines.append(words(line))
            } else if line.first == "\t" {
                lines.append(words(line.dropFirst().drop { "@-+".contains($0) }))
            } else if let set = line.wholeMatch(
                of: /(?:export )?([A-Za-z_][A-Za-z0-9_]*)\s*[?:]{0,2}=\s*(.*)/)
            {
                let value = words(set.2).replacing("\"", with: "\\\"")
                lines.append("\(set.1)=\"\(value)\"")
            }
        }
        return lines.joined(separator: "\n")
    }
}
