/// A `$NAME`, `${NAME:-default}`, `$((sum))` or `$(command)` in a script, and what it stands for.
struct ShellReference {
    /// What a reference stands for.
    enum Meaning {
        case text(String)
        /// The items of an array, each a word of its own: `${ARGS[@]}`, `$@`.
        case list([String])
        /// It is not known why, to follow the reference: "is not set in the text".
        case unknown(String)
    }

    /// As it is written.
    let text: String
    let meaning: Meaning
    /// A variable that is not set, whose default was taken.
    var defaulted: String?
    /// The variable that was read.
    var name: String?

    /// Most characters of a reference, and most references within one another.
    private static let (longest, deepest) = (20_000, 8)
    private static let notRead = "is a form of the shell's that is not read"

    /// Reads a reference behind its $, and moves past it; nil: the $ stands for itself.
    init?(
        _ rest: inout ArraySlice<Character>, _ value: (String) -> ShellVariables.Value,
        depth: Int = 0
    ) {
        guard let first = rest.first, depth < Self.deepest else { return nil }
        if first == "(" || first == "{" {
            guard let end = Self.end(rest) else { return nil }
            let inner = String(rest[(rest.startIndex + 1)..<end])
            let text = "$" + String(rest[...end])
            rest = rest[(end + 1)...]
            guard first == "{" else {
                let isSum = inner.hasPrefix("(") && inner.hasSuffix(")")
                let sum = isSum ? ShellSum.value(inner.dropFirst().dropLast(), value, depth) : nil
                let why = isSum ? "cannot be computed from the text" : "is what a command prints"
                self.init(text: text, meaning: sum.map { .text(String($0)) } ?? .unknown(why))
                return
            }
            self.init(text, inner: inner, value, depth)
            return
        }
        if first.isASCII, first.isLetter || first == "_" {
            let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
            rest = rest[word.endIndex...]
            self.init("$" + String(word), inner: String(word), value, depth)
        } else if first.isASCII, first.isNumber || "@*#?!-".contains(first) {
            rest.removeFirst()
            self.init("$\(first)", inner: String(first), value, depth)
        } else {
            return nil
        }
    }

    private init(text: String, meaning: Meaning) {
        self.text = text
        self.meaning = meaning
    }

    /// `inner`: what stands between the braces.
    private init(
        _ text: String, inner: String, _ value: (String) -> ShellVariables.Value, _ depth: Int
    ) {
        self.text = text
        // The arguments of a text that is pasted: none.
        if ["@", "*"].contains(inner) {
            meaning = .list([])
            return
        }
        var rest = Array(inner)[...]
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
        let name = String(word)
        rest = rest[word.endIndex...]
        self.name = name
        guard !name.isEmpty, name.first?.isNumber == false || Int(name) != nil else {
            meaning = .unknown(Self.notRead)
            return
        }
        var known = value(name)
        var isList = false
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            let index = String(rest[(rest.startIndex + 1)..<end])
            rest = rest[(end + 1)...]
            isList = index == "@" || index == "*"
            if !isList {
                guard let place = Int(index) else {
                    meaning = .unknown(Self.notRead)
                    return
                }
                if case .words(let words) = known {
                    known = words.indices.contains(place) ? .words([words[place]]) : .unset
                }
            }
        }
        (meaning, defaulted) = Self.meaning(
            known, rest, isList: isList, name: name, value, depth)
    }

    private static func meaning(
        _ known: ShellVariables.Value, _ form: ArraySlice<Character>, isList: Bool, name: String,
        _ value: (String) -> ShellVariables.Value, _ depth: Int
    ) -> (Meaning, defaulted: String?) {
        func whole(_ words: [String]) -> Meaning {
            isList ? .list(words) : .text(words.first ?? "")
        }
        let takesEmpty = form.first != ":"
        let form = takesEmpty ? form : form.dropFirst()
        let other = String(form.dropFirst())
        func expanded() -> Meaning { Self.expanded(other, value, depth) }
        switch (known, form.first) {
        case (.words(let words), nil) where takesEmpty: return (whole(words), nil)
        case (.unset, nil) where takesEmpty: return (.unknown("is not set in the text"), nil)
        case (.uncertain, nil) where takesEmpty, (.uncertain, "-"), (.uncertain, "="),
            (.uncertain, "?"), (.uncertain, "+"):
            return (.unknown("is set on a condition or by a command"), nil)
        case (.words(let words), "-"), (.words(let words), "="), (.words(let words), "?"):
            let isEmpty = words.allSatisfy(\.isEmpty)
            guard isEmpty, !takesEmpty else { return (whole(words), nil) }
            return form.first == "?" ? (.unknown("is empty"), nil) : (expanded(), nil)
        case (.unset, "-"), (.unset, "="): return (expanded(), name)
        case (.unset, "?"): return (.unknown("is not set in the text"), nil)
        case (.words(let words), "+"):
            let isEmpty = words.allSatisfy(\.isEmpty)
            return (isEmpty && !takesEmpty ? .text("") : expanded(), nil)
        case (.unset, "+"): return (.text(""), nil)
        default: return (.unknown(notRead), nil)
        }
    }

    /// The text of a default, with its own references and without its quotes.
    private static func expanded(
        _ text: String, _ value: (String) -> ShellVariables.Value, _ depth: Int
    ) -> Meaning {
        var rest = Array(text)[...]
        var result = ""
        var items: [String]?
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.popFirst() {
                result.append(next)
            } else if character == "$",
                let inner = ShellReference(&rest, value, depth: depth + 1)
            {
                switch inner.meaning {
                case .text(let text): result += text
                case .list(let words): items = words
                case .unknown(let why): return .unknown("takes \(inner.text), which \(why)")
                }
            } else if character != "\"", character != "'" {
                result.append(character)
            }
        }
        if let items, result.isEmpty { return .list(items) }
        return .text(result)
    }

    /// The bracket that closes the first one.
    private static func end(_ rest: ArraySlice<Character>) -> Int? {
        var open: [Character] = []
        var quote: Character?
        var isEscaped = false
        for index in rest.indices.prefix(longest) {
            let character = rest[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if let mark = quote {
                if character == mark { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "(" || character == "{" {
                open.append(character)
            } else if character == (open.last == "(" ? ")" : "}") {
                open.removeLast()
                if open.isEmpty { return index }
            }
        }
        return nil
    }
}

/// Sums of whole numbers in `$((...))`: + - * / %, brackets and variables.
enum ShellSum {
    /// The value; nil for anything else, and for what is too large.
    static func value(
        _ text: Substring, _ variable: (String) -> ShellVariables.Value, _ depth: Int
    ) -> Int? {
        var rest = Array(text.filter { !$0.isWhitespace })[...]
        guard let value = sum(&rest, variable, depth), rest.isEmpty else { return nil }
        return value
    }

    private static func sum(
        _ rest: inout ArraySlice<Character>, _ variable: (String) -> ShellVariables.Value,
        _ depth: Int
    ) -> Int? {
        guard var value = product(&rest, variable, depth) else { return nil }
        while let sign = rest.first, sign == "+" || sign == "-" {
            rest.removeFirst()
            guard let next = product(&rest, variable, depth) else { return nil }
            let (result, isOver) =
                sign == "+"
                ? value.addingReportingOverflow(next) : value.subtractingReportingOverflow(next)
            guard !isOver else { return nil }
            value = result
        }
        return value
    }

    private static func product(
        _ rest: inout ArraySlice<Character>, _ variable: (String) -> ShellVariables.Value,
        _ depth: Int
    ) -> Int? {
        guard var value = term(&rest, variable, depth) else { return nil }
        while let sign = rest.first, "*/%".contains(sign) {
            rest.removeFirst()
            guard let next = term(&rest, variable, depth), sign == "*" || next != 0 else {
                return nil
            }
            let (result, isOver) =
                switch sign {
                case "*": value.multipliedReportingOverflow(by: next)
                case "/": value.dividedReportingOverflow(by: next)
                default: value.remainderReportingOverflow(dividingBy: next)
                }
            guard !isOver else { return nil }
            value = result
        }
        return value
    }

    private static func term(
        _ rest: inout ArraySlice<Character>, _ variable: (String) -> ShellVariables.Value,
        _ depth: Int
    ) -> Int? {
        guard depth < 20 else { return nil }
        if rest.first == "(" {
            rest.removeFirst()
            guard let value = sum(&rest, variable, depth + 1), rest.popFirst() == ")" else {
                return nil
            }
            return value
        }
        if rest.first == "$" {
            rest.removeFirst()
            guard let reference = ShellReference(&rest, variable, depth: depth + 1),
                case .text(let text) = reference.meaning
            else { return nil }
            return Int(text)
        }
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
        rest = rest[word.endIndex...]
        let name = String(word)
        if let number = Int(name) { return number }
        guard case .words(let words) = variable(name), let text = words.first else { return nil }
        return Int(text)
    }
}
