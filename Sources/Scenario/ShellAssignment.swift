import Basics

/// `NAME=value` or `NAME+=value`, as a shell takes it before a command.
struct ShellAssignment {
    let name: String
    let value: String
    let isAdded: Bool

    /// Commands that set variables, and words that may stand before an assignment.
    static let commands: Set<String> = [
        "export", "declare", "local", "readonly", "typeset", "then", "do", "else", "-x", "-a",
        "-ax", "-r", "-g",
    ]

    init?(_ word: String) {
        guard let equals = word.firstIndex(of: "="), let first = word.first,
            first.isASCII && first.isLetter || first == "_"
        else { return nil }
        var name = word[..<equals]
        isAdded = name.last == "+"
        if isAdded { name.removeLast() }
        guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }) else {
            return nil
        }
        self.name = String(name)
        value = String(word[word.index(after: equals)...])
    }

    /// Sets the variable.
    func apply(_ words: [String], asArray: Bool, _ variables: inout ShellVariables) {
        if isAdded {
            variables.append(words, to: name, asArray: asArray)
        } else {
            variables.set(name, to: words)
        }
    }

    /// Follows a command: branches that it opens and closes, and variables that it sets. Returns
    /// whether it does nothing else.
    @discardableResult
    static func follow(_ words: [String], _ variables: inout ShellVariables) -> Bool {
        switch words.first {
        case "if", "while", "until", "case", "select": variables.openBranch()
        case "for":
            variables.openBranch()
            if words.count > 1 { variables.set(words[1], to: nil) }
        case "else", "elif": variables.changeBranch()
        case "fi", "done", "esac": variables.closeBranch()
        case "read", "mapfile", "unset":
            for name in words.dropFirst() where !name.hasPrefix("-") {
                variables.set(name, to: nil)
            }
        default: break
        }
        guard
            words.allSatisfy({ commands.contains($0) || ShellAssignment($0) != nil })
                || words.first == "export"
        else { return false }
        for word in words {
            if let set = ShellAssignment(word) {
                // An array's items were taken as they were read.
                if !(set.value.hasPrefix("(") && set.value.hasSuffix(")")) {
                    set.apply([set.value], asArray: false, &variables)
                }
                if words.contains("export") || words.contains("-x") { variables.export(set.name) }
            } else if words.first == "export", !commands.contains(word) {
                variables.export(word)
            }
        }
        return true
    }
}

/// A text inside a script, behind `<<EOF`.
struct ShellDocument {
    /// The line that ends it.
    let end: String
    /// Whether variables in it are replaced: not where its end is quoted.
    let isExpanded: Bool
    private let isIndented: Bool
    var text = ""
    /// The file that it is written to; nil: none.
    private(set) var file: String?
    /// The command that reads it.
    private(set) var words: [String] = []

    /// Reads what stands behind the sign.
    init?(_ rest: inout ArraySlice<Character>) {
        isIndented = rest.first == "-"
        if isIndented { rest.removeFirst() }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        let word = rest.prefix { !$0.isWhitespace && !";&|<>()".contains($0) }
        rest = rest[word.endIndex...]
        end = String(word.filter { !"\"'\\".contains($0) })
        isExpanded = end.count == word.count
        if end.isEmpty { return nil }
    }

    /// Takes the command that it belongs to.
    mutating func take(_ command: ShellScript.Command) {
        words = command.words
        let output = command.redirections.first { $0.hasPrefix("> ") || $0.hasPrefix(">> ") }
        file = output.map { String($0.drop { ">| ".contains($0) }) }
        if file == nil, words.first == "tee" { file = words.dropFirst().last }
    }

    /// Reads its lines; false if it has no end.
    mutating func read(_ rest: inout ArraySlice<Character>) -> Bool {
        var lines: [Substring] = []
        while !rest.isEmpty {
            let line = rest.prefix { !$0.isNewline }
            rest = rest[line.endIndex...].dropFirst()
            let words = isIndented ? line.drop { $0 == "\t" } : line
            if String(words) == end {
                text = lines.map { $0 + "\n" }.joined()
                return true
            }
            lines.append(Substring(String(words)))
        }
        return false
    }
}

/// What became of the references of a script.
struct ShellReferences {
    /// References whose value is not known, as written, and why.
    private(set) var unknown: [String: String] = [:]
    /// Variables that are not set, whose defaults were taken, as written.
    private(set) var defaulted: [String] = []
    /// Variables that were read.
    private(set) var used: Set<String> = []
    /// Variables that stand in front of the command that reads them.
    private(set) var inFront: [String] = []
    /// Whether the arguments of the script were taken as none.
    private(set) var takesArguments = false

    mutating func add(_ reference: ShellReference, isInFront: Bool = false) {
        if let name = reference.name {
            used.insert(name)
            if isInFront, !inFront.contains(name) { inFront.append(name) }
        } else if case .list([]) = reference.meaning {
            takesArguments = true
        }
        if reference.defaulted != nil, !defaulted.contains(reference.text) {
            defaulted.append(reference.text)
        }
        if case .unknown(let why) = reference.meaning { add(unknown: reference.text, why) }
    }

    mutating func add(unknown text: String, _ why: String) { unknown[text] = why }

    /// Adds those of a script inside this one.
    mutating func add(_ other: ShellReferences) {
        unknown.merge(other.unknown) { old, _ in old }
        defaulted += other.defaulted.filter { !defaulted.contains($0) }
        used.formUnion(other.used)
        inFront += other.inFront.filter { !inFront.contains($0) }
        takesArguments = takesArguments || other.takesArguments
    }

    /// A reference whose value is not known.
    struct Unknown {
        var text: String
        var why: String

        /// The error where its value counts. `flag`: the flag that has it; empty: none.
        func error(place: String, in flag: String) -> InputError {
            let what =
                flag.isEmpty
                ? "\(text.echoed()) \(why)" : "\(flag.echoed()) is \(text.echoed()), which \(why)"
            let way =
                why.contains("not set")
                ? "an assignment before it, or its value in its place" : "its value in its place"
            return InputError(place, what, expected: way)
        }
    }

    /// The longest reference in a word whose value is not known.
    func unknown(in word: String) -> Unknown? {
        guard word.contains("$") || word.contains("`") else { return nil }
        let found = unknown.keys.filter(word.contains).max {
            ($0.count, $0) < ($1.count, $1)
        }
        return found.map { Unknown(text: $0, why: unknown[$0]!) }
    }
}
