extension String {
    /// The text made safe for a GitHub workflow log: no line is taken for a command, whatever names
    /// it contains. The runner obeys lines that begin with `::` after spaces, and `##[` anywhere in
    /// a line (actions/runner, `ActionCommand.TryParseV2` and `TryParse`).
    package var withoutWorkflowCommands: String {
        guard contains("::") || contains("##[") else { return self }
        let lines = split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return lines.map { line in
            let isCommand = line.drop(while: \.isWhitespace).hasPrefix("::")
            return (isCommand ? "| " : "") + line.replacing("##[", with: "## [")
        }.joined(separator: "\n")
    }
}
