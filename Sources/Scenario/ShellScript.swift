import Basics

/// The commands of a text, separated as by a shell: at line ends, `;`, `&` and `|`.
///
/// Quotes, backslashes, comments and redirections work as in a shell. Variables, here-documents and
/// other syntax are not read.
struct ShellScript {
    struct Command {
        var words: [String] = []
        /// Its redirections as written: "> log", "2>&1".
        var redirections: [String] = []

        var isEmpty: Bool { words.isEmpty && redirections.isEmpty }
    }

    private(set) var commands: [Command] = []
    /// Flags at the start of a line that continue the command above without a backslash. A shell
    /// would take them for another command.
    private(set) var continued: [String] = []

    private let place: String
    private var command = Command()
    private var word: String?
    /// The redirection whose file is the next word.
    private var redirection: String?
    private var quote: Character?
    private var isEscaped = false
    private var isComment = false
    /// Whether the last command ended at a line end, not at an operator.
    private var mayContinue = false

    /// Throws `InputError` at `place` for an open quotation and for a here-document.
    init(_ text: String, place: String) throws {
        self.place = place
        var rest = Array(text)[...]
        while let character = rest.popFirst() { try take(character, &rest) }
        guard quote == nil else {
            throw InputError(place, "ends inside a quotation", expected: "a whole line")
        }
        guard !isEscaped else {
            throw InputError(
                place, "ends with a backslash", expected: "the line that it goes on with")
        }
        endCommand(atLineEnd: true)
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

    private mutating func take(
        _ character: Character, _ rest: inout ArraySlice<Character>
    ) throws {
        if isComment {
            guard character.isNewline else { return }
            isComment = false
            return endCommand(atLineEnd: true)
        }
        if isEscaped {
            isEscaped = false
            if !character.isNewline { append(character) }
        } else if character == "\\", quote != "'" {
            isEscaped = true
        } else if let open = quote {
            if character == open { quote = nil } else { append(character) }
        } else if character == "'" || character == "\"" {
            quote = character
            word = word ?? ""
        } else if character == "#", word == nil {
            isComment = true
        } else if character.isNewline || ";&|".contains(character) {
            if character == "&", rest.first == ">" {
                endWord()
                rest.removeFirst()
                return try redirect("&>", &rest)
            }
            endCommand(atLineEnd: character.isNewline)
        } else if character == "<" || character == ">" {
            // Digits before it are a descriptor.
            let number = word.map { $0.allSatisfy(\.isWholeNumber) && !$0.isEmpty } ?? false
            let descriptor = number ? word! : ""
            if number { word = nil } else { endWord() }
            try redirect(descriptor + String(character), &rest)
        } else if character.isWhitespace {
            endWord()
        } else {
            append(character)
        }
    }

    private mutating func append(_ character: Character) {
        word = (word ?? "") + String(character)
    }

    /// `>`, `>>`, `>&`, `>|`, `<`, `<&`, `<<<`: the word that follows is a file or a descriptor.
    private mutating func redirect(
        _ start: String, _ rest: inout ArraySlice<Character>
    ) throws {
        var sign = start
        while let next = rest.first, "<>&|".contains(next), sign.count < start.count + 2,
            sign.last == "<" || sign.last == ">"
        {
            sign.append(rest.removeFirst())
        }
        guard !sign.hasSuffix("<<") || sign.hasSuffix("<<<") else {
            throw InputError(
                place, "holds a here-document (<<), which is not read",
                expected: "the command alone")
        }
        redirection = sign
    }

    private mutating func endWord() {
        guard let done = word else { return }
        word = nil
        if let sign = redirection {
            let isJoined = sign.hasSuffix("&")
            command.redirections.append(sign + (isJoined ? "" : " ") + done)
            redirection = nil
            return
        }
        if command.words.isEmpty, command.redirections.isEmpty, mayContinue, done.hasPrefix("-"),
            let above = commands.popLast()
        {
            command = above
            continued.append(done)
        }
        command.words.append(done)
    }

    private mutating func endCommand(atLineEnd: Bool) {
        endWord()
        if let sign = redirection { command.redirections.append(sign) }
        redirection = nil
        guard !command.isEmpty else {
            if !atLineEnd { mayContinue = false }
            return
        }
        commands.append(command)
        command = Command()
        mayContinue = atLineEnd
    }
}
