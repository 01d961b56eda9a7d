import Basics

/// A server in an image that a Dockerfile builds.
enum Dockerfile {
    /// The container of the last stage; nil: the text is no Dockerfile, or starts nothing.
    static func container(_ text: String) throws -> ServerContainer? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
            .filter { !$0.isEmpty && $0.first != "#" }
        guard let first = lines.first(where: { !$0.uppercased().hasPrefix("ARG ") }),
            first.uppercased().hasPrefix("FROM ")
        else { return nil }
        var container = ServerContainer()
        var references = ShellReferences()
        var isOpen = false
        var whole: [String] = []
        for line in lines {
            let part = line.hasSuffix("\\") ? line.dropLast() : line
            if isOpen { whole[whole.count - 1] += " " + part } else { whole.append(String(part)) }
            isOpen = line.hasSuffix("\\")
        }
        for line in whole {
            let word = line.prefix { !$0.isWhitespace }
            let rest = line[word.endIndex...].drop(while: \.isWhitespace)
            switch word.uppercased() {
            case "FROM":
                container = ServerContainer()
                let words = rest.split(whereSeparator: \.isWhitespace).filter {
                    !$0.hasPrefix("--")
                }
                container.image = ShellScript.putIn(String(words.first ?? ""), &references)
            case "ENV", "ARG":
                let pairs = try ShellScript(String(rest), place: "--serve").commands
                    .flatMap(\.words)
                if pairs.count >= 2, ShellAssignment(pairs[0]) == nil {
                    container.environment.append(pairs[0] + "=" + pairs[1])
                } else {
                    container.environment += pairs.filter { ShellAssignment($0) != nil }
                }
            case "ENTRYPOINT": container.entrypoint = words(rest)
            case "CMD": container.arguments = words(rest)
            default: break
            }
        }
        return container
    }

    /// A list in brackets, or a line for a shell.
    private static func words(_ rest: Substring) -> [String] {
        guard rest.hasPrefix("["), case .list(let items)? = try? ServerScalar.value(rest) else {
            return ["sh", "-c", String(rest)]
        }
        return items.flatMap(\.words)
    }
}
