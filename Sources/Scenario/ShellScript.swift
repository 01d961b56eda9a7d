import Basics

/// The commands of a text, separated as by a shell: at line ends, `;`, `&` and `|`, and at the
/// parentheses of a subshell.
///
/// Quotes, backslashes, comments and redirections work as in a shell, and variables that the text
/// sets are substituted (`ShellVariables`). Nothing is run: what a command prints is not known.
struct ShellScript {
    struct Command {
        var words: [String] = []
        /// Its redirections as written: "> log", "2>&1".
        var redirections: [String] = []
        /// The variables at its time.
        fileprivate var variables = ShellVariables()

        /// The variables that it gets, beside those in front of it.
        var environment: [String: String] { variables.environment }

        var isEmpty: Bool { words.isEmpty && redirections.isEmpty }
    }

    private(set) var commands: [Command] = []
    /// Flags at the start of a line that continue the command above without a backslash. A shell
    /// would take them for another command.
    private(set) var continued: [String] = []
    /// What is known of the references in the text.
    private(set) var references = ShellReferences()
    /// Texts that the script holds (here-documents), and the files that it writes them to.
    private(set) var documents: [ShellDocument] = []

    /// Most subshells within one another; scripts have one or two. Most words; a script has some
    /// hundreds.
    private static let (deepest, mostWords) = (20, 5_000)

    let place: String
    private var variables: ShellVariables
    private var command = Command()
    private var word: String?
    private var wordCount = 0
    /// Whether the command has no other words so far than those that set variables.
    private var isInFront = true
    /// The redirection whose file is the next word.
    private var redirection: String?
    private var quote: Character?
    private var isEscaped = false
    private var isComment = false
    /// Open parentheses inside words, as of `start()`.
    private var parentheses = 0
    /// Whether the last command ended at a line end, not at an operator.
    private var mayContinue = false
    /// The array that is being read: its name and items.
    private var array: (name: String, items: [String])?
    /// Whether a quotation held an array without items, which makes no word.
    private var vanishes = false
    /// Whether what follows && or || runs in a branch of its own.
    private var isChained = false
    /// Here-documents whose text begins at the next line.
    private var awaited: [ShellDocument] = []

    /// Throws `InputError` at `place` for what is open at the end. `environment`: variables that
    /// are set from outside.
    init(_ text: String, place: String, environment: [String: String] = [:]) throws {
        self.place = place
        variables = ShellVariables(environment)
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            try take(character, &rest)
            guard wordCount <= Self.mostWords else {
                throw InputError(
                    place, "has more than \(Quantity.count(Self.mostWords)) words",
                    expected: "the command alone")
            }
        }
        guard quote == nil else {
            throw InputError(place, "ends inside a quotation", expected: "a whole line")
        }
        guard !isEscaped else {
            throw InputError(
                place, "ends with a backslash", expected: "the line that it goes on with")
        }
        guard array == nil else {
            throw InputError(place, "ends inside an array", expected: "a ) at its end")
        }
        if let open = awaited.first { throw unended(open) }
        endCommand(atLineEnd: true)
        guard variables.subshells.isEmpty else {
            throw InputError(
                place, "ends inside a subshell", expected: "a ) for each ( that stands alone")
        }
    }

    private mutating func take(
        _ character: Character, _ rest: inout ArraySlice<Character>
    ) throws {
        if isComment {
            guard character.isNewline else { return }
            isComment = false
            return try endLine(&rest)
        }
        if isEscaped {
            isEscaped = false
            takeEscaped(character, &rest)
        } else if character == "\\", quote != "'" {
            isEscaped = true
        } else if character == "$" || character == "`", quote != "'" {
            try takeReference(character, &rest)
        } else if let open = quote {
            guard character == open else { return append(character) }
            quote = nil
            if vanishes, word == "" { word = nil }
            vanishes = false
        } else if character == "'" || character == "\"" {
            quote = character
            word = word ?? ""
        } else if character == "#", word == nil {
            isComment = true
        } else if character.isNewline {
            try endLine(&rest)
        } else if ";&|".contains(character), array == nil {
            if character == "&", rest.first == ">" {
                endWord()
                rest.removeFirst()
                return try redirect("&>", &rest)
            }
            let isTwice = rest.first == character
            if isTwice { rest.removeFirst() }
            end(at: character, isTwice: isTwice)
        } else if character == "<" || character == ">", array == nil {
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

    private mutating func takeEscaped(_ character: Character, _ rest: inout ArraySlice<Character>) {
        if character.isNewline { return }
        // Blanks behind a backslash at the end of a line are a slip.
        let blanks = rest.prefix { $0 == " " || $0 == "\t" }
        if quote == nil, character == " " || character == "\t",
            rest[blanks.endIndex...].first?.isNewline ?? false
        {
            rest = rest[blanks.endIndex...].dropFirst()
            return endWord()
        }
        if quote == "\"", !"$`\"\\".contains(character) { append("\\") }
        append(character)
    }

    /// Ends a command at ; & | or two of them.
    private mutating func end(at character: Character, isTwice: Bool) {
        let isTest = ["[", "[[", "test", "!"].contains(command.words.first)
        endCommand(atLineEnd: false)
        switch (character, isTwice) {
        case ("|", true), ("&", true):
            guard character == "|" || isTest, !isChained else { break }
            isChained = true
            variables.openBranch()
        case (";", true): variables.changeBranch()
        case (";", _), ("&", _): endChain()
        default: break
        }
    }

    private mutating func endChain() {
        guard isChained else { return }
        isChained = false
        variables.closeBranch()
    }

    private mutating func endLine(_ rest: inout ArraySlice<Character>) throws {
        guard array == nil else { return endWord() }
        endCommand(atLineEnd: true)
        for document in awaited {
            var document = document
            guard document.read(&rest) else { throw unended(document) }
            if document.isExpanded { document.text = expanded(document.text) }
            documents.append(document)
        }
        awaited = []
    }

    private func unended(_ document: ShellDocument) -> InputError {
        InputError(
            place, "ends inside a here-document (<<)",
            expected: "a line with \(document.end.echoed()) at its end")
    }

    /// A text with its references replaced. It is no word: quotes and blanks stay.
    private mutating func expanded(_ text: String) -> String {
        var rest = Array(text)[...]
        var result = ""
        while let character = rest.popFirst() {
            guard character == "$", let reference = reference(&rest) else {
                result.append(character)
                continue
            }
            switch reference.meaning {
            case .text(let text): result += text
            case .list(let words): result += words.joined(separator: " ")
            case .unknown: result += reference.text
            }
        }
        return result
    }

    private mutating func reference(_ rest: inout ArraySlice<Character>) -> ShellReference? {
        let (known, front) = (variables, command.words)
        var isInFront = false
        let found = ShellReference(&rest) { name in
            if case .unset = known[name],
                let set = front.last(where: { $0.hasPrefix(name + "=") })
            {
                isInFront = true
                return .words([String(set.dropFirst(name.count + 1))])
            }
            return known[name]
        }
        if let found { references.add(found, isInFront: isInFront) }
        return found
    }

    private mutating func takeReference(
        _ character: Character, _ rest: inout ArraySlice<Character>
    ) throws {
        if character == "`" {
            guard let end = rest.firstIndex(of: "`") else {
                throw InputError(place, "has a ` that is not closed", expected: "two of them")
            }
            let text = "`" + String(rest[...end])
            rest = rest[(end + 1)...]
            references.add(unknown: text, "is what a command prints")
            return append(text)
        }
        if quote == nil, rest.first == "'" || rest.first == "\"" { return }
        let first = rest.first
        guard let reference = reference(&rest) else {
            guard first != "{", first != "(" else {
                throw InputError(
                    place, "has a $\(first!) that is not closed", expected: "its other bracket")
            }
            return append("$")
        }
        switch reference.meaning {
        case .unknown: append(reference.text)
        case .list(let items):
            if items.isEmpty { vanishes = quote != nil }
            for (index, item) in items.enumerated() {
                if index > 0 { endWord() }
                append(item)
            }
        case .text(let text)
        where quote != nil || isAssignment || references.unknown(in: text) != nil:
            append(text)
        case .text(let text): splice(text)
        }
    }

    /// Adds a value outside of quotes, which blanks part into words.
    private mutating func splice(_ text: String) {
        if text.first?.isWhitespace ?? false { endWord() }
        for (index, part) in text.split(whereSeparator: \.isWhitespace).enumerated() {
            if index > 0 { endWord() }
            append(String(part))
        }
        if text.last?.isWhitespace ?? false { endWord() }
    }

    /// Whether the word at hand sets a variable: `NAME=`, with only such words before it.
    private var isAssignment: Bool {
        guard isInFront, let word, word.contains("=") else { return false }
        return ShellAssignment(word) != nil
    }

    /// Whether a character opens or closes a subshell, which ends a command, or an array.
    private mutating func groups(_ character: Character) throws -> Bool {
        switch character {
        case "(" where array == nil && isAssignment && word!.hasSuffix("="):
            array = (word!, [])
            word = nil
            return true
        case ")" where array != nil:
            endWord()
            let (name, items) = array!
            array = nil
            ShellAssignment(name)?.apply(items, asArray: true, &variables)
            word = name + "(" + items.joined(separator: " ") + ")"
            return true
        case "(" where array == nil && word == nil && redirection == nil && parentheses == 0:
            endCommand(atLineEnd: false)
            guard variables.subshells.count < Self.deepest else {
                throw InputError(
                    place, "opens more than \(Self.deepest) subshells within one another",
                    expected: "the command alone")
            }
            variables.openSubshell()
            return true
        case ")" where parentheses == 0 && !variables.subshells.isEmpty:
            endCommand(atLineEnd: false)
            variables.closeSubshell()
            return true
        case "(": parentheses += 1
        case ")": parentheses = max(0, parentheses - 1)
        default: break
        }
        return false
    }

    private mutating func append(_ text: some StringProtocol) {
        if word == nil { word = "" }
        word!.append(contentsOf: text)
    }

    private mutating func append(_ character: Character) {
        if word == nil { word = "" }
        word!.append(character)
    }

    /// `>`, `>>`, `>&`, `>|`, `<`, `<&`, `<<`, `<<<`: the word that follows is a file or the like.
    private mutating func redirect(
        _ start: String, _ rest: inout ArraySlice<Character>
    ) throws {
        var sign = start
        while let next = rest.first, "<>&|".contains(next), sign.count < start.count + 2,
            sign.last == "<" || sign.last == ">"
        {
            sign.append(rest.removeFirst())
        }
        guard sign.hasSuffix("<<"), !sign.hasSuffix("<<<") else {
            redirection = sign
            return
        }
        guard let document = ShellDocument(&rest) else {
            throw InputError(
                place, "has a here-document (<<) without an end", expected: "<<EOF and EOF")
        }
        command.redirections.append("<<" + document.end)
        awaited.append(document)
    }

    private mutating func endWord() {
        guard let done = word else { return }
        word = nil
        wordCount += 1
        if array != nil {
            array!.items.append(done)
            return
        }
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
            isInFront = false
            continued.append(done)
        }
        isInFront =
            isInFront && (ShellAssignment.commands.contains(done) || ShellAssignment(done) != nil)
        command.words.append(done)
    }

    private mutating func endCommand(atLineEnd: Bool) {
        endWord()
        isInFront = true
        if let sign = redirection { command.redirections.append(sign) }
        redirection = nil
        defer { if atLineEnd { endChain() } }
        guard !command.isEmpty else {
            if !atLineEnd { mayContinue = false }
            return
        }
        for index in awaited.indices where awaited[index].words.isEmpty {
            awaited[index].take(command)
        }
        if !ShellAssignment.follow(command.words, &variables) { command.variables = variables }
        commands.append(command)
        command = Command()
        mayContinue = atLineEnd
    }
}
