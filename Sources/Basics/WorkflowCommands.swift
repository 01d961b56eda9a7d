extension String {
    /// The text as it may be printed in a GitHub workflow: no line of it is taken for a command,
    /// whatever names it shows. The runner obeys lines that begin with `::` after spaces, and
    /// `##[` anywhere in a line (actions/runner, `ActionCommand.TryParseV2` and `TryParse`).
    package var withoutWorkflowCommands: String {
        guard contains("::") || contains("##[") else { return self }
        let lines = split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return lines.map { line in
            let isCommand = line.drop(while: \.isWhitespace).hasPrefix("::")
            return (isCommand ? "| " : "") + line.replacing("##[", with: "## [")
        }.joined(separator: "\n")
    }
}
