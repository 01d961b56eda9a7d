import Basics

/// The commands of a text, separated as by a shell: at line ends, `;`, `&` and `|`, and at the
/// parentheses of a subshell.
///
/// Quotes, backslashes, comments and redirections work as in a shell. Variables, here-documents and
/// other syntax are not read; `$(...)` stays a part of its words.
struct ShellScript {
    struct Command {
        var words: [String] = []
        /// Its redirections as written: "> log", "2>&1".
        var redirections: [String] = []
        /// The subshells that it runs in, by number, the outermost first.
        var subshells: [Int] = []

        var isEmpty: Bool { words.isEmpty && redirections.isEmpty }

        /// Whether what it exports reaches a later command: not from a subshell to the outside.
        func reaches(_ other: Command) -> Bool { other.subshells.starts(with: subshells) }
    }

    private(set) var commands: [Command] = []
    /// Flags at the start of a line that continue the command above without a backslash. A shell
    /// would take them for another command.
    private(set) var continued: [String] = []

    /// Most subshells within one another; scripts have one or two.
    private static let deepest = 20

    private let place: String
    private var command = Command()
    private var word: String?
    /// The redirection whose file is the next word.
    private var redirection: String?
    private var quote: Character?
    private var isEscaped = false
    private var isComment = false
    /// The open subshells, and how many there were.
    private var subshells: [Int] = []
    private var subshellsOpened = 0
    /// Open parentheses inside words, as of `$(date)` or `a=(1 2)`.
    private var parentheses = 0
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
        guard subshells.isEmpty else {
            throw InputError(
                place, "ends inside a subshell", expected: "a ) for each ( that stands alone")
        }
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
        } else if try !groups(character) {
            append(character)
        }
    }

    /// Whether a character opens or closes a subshell, which ends a command.
    private mutating func groups(_ character: Character) throws -> Bool {
        switch character {
        case "(" where word == nil && redirection == nil && parentheses == 0:
            endCommand(atLineEnd: false)
            guard subshells.count < Self.deepest else {
                throw InputError(
                    place, "opens more than \(Self.deepest) subshells within one another",
                    expected: "the command alone")
            }
            subshellsOpened += 1
            subshells.append(subshellsOpened)
            return true
        case ")" where parentheses == 0 && !subshells.isEmpty:
            endCommand(atLineEnd: false)
            subshells.removeLast()
            return true
        case "(": parentheses += 1
        case ")": parentheses = max(0, parentheses - 1)
        default: break
        }
        return false
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
        // Braces group commands in the same shell.
        if command.words.isEmpty, ["{", "}"].contains(done) { return }
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
        command.subshells = subshells
        commands.append(command)
        command = Command()
        mayContinue = atLineEnd
    }
}
