extension ShellScript {
    /// A text with references put in by another program than a shell: `$$` is a $, and nothing is
    /// set.
    static func putIn(_ text: String, _ references: inout ShellReferences) -> String {
        var rest = Array(text)[...]
        var result = ""
        while let character = rest.popFirst() {
            guard character == "$", rest.first != "$" else {
                if character == "$" { rest.removeFirst() }
                result.append(character)
                continue
            }
            guard rest.first != "(", let found = ShellReference(&rest, { _ in .unset }) else {
                result.append(character)
                continue
            }
            references.add(found)
            if case .text(let text) = found.meaning { result += text } else { result += found.text }
        }
        return result
    }

    /// Notes on the words after a program's command, and on lines without a backslash.
    func notes(after words: [String], of program: String) -> [String] {
        var notes: [String] = []
        if !words.isEmpty {
            notes.append(
                "\(place): what stands after \(program) is not read: "
                    + words.joined(separator: " ").echoed())
        }
        if let flag = continued.first {
            notes.append(
                "\(place): a line begins with \(flag.echoed()) and is taken with the line above, "
                    + "which has no backslash at its end")
        }
        return notes
    }
}
