/// Compiles a regular expression of Python's `re` into the instructions of a `ModulePattern`.
struct ModulePatternCompiler {
    private typealias Operation = ModulePattern.Operation

    private let text: [UInt8]
    private let source: String
    private let place: String
    private var at = 0
    private var depth = 0
    private var looks = 0
    private var lookDepth = 0

    /// Limits far beyond real lists: longest expression and program, deepest nesting of groups, and
    /// most lookaheads, each of which tries the rest of a name again.
    private static let longest = 1000
    private static let mostSteps = 5000
    private static let deepest = 20
    private static let mostLooks = 8

    init(_ source: String, place: String) {
        text = Array(source.utf8)
        self.source = source
        self.place = place
    }

    /// The program of the whole expression.
    mutating func program() throws -> [ModulePattern.Operation] {
        guard text.count <= Self.longest else { throw problem("is longer than \(Self.longest)") }
        let body = try alternatives()
        guard at == text.count else { throw problem("has a ) too many") }
        return body + [.match]
    }

    private func problem(_ what: String) -> InputError {
        InputError(
            place, "the pattern \"\(source.echoed())\" of its quantisation settings \(what)",
            expected: "a regular expression as Python's re reads it, without references back")
    }

    /// Alternatives up to a closing bracket or the end. Jumps are relative to the part's start
    /// until `shifted` makes them absolute.
    private mutating func alternatives() throws -> [Operation] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw problem("nests too deeply") }
        var result = try sequence()
        while at < text.count, text[at] == UInt8(ascii: "|") {
            at += 1
            let other = try sequence()
            let first: [Operation] = [.split(1, result.count + 2)]
            let skip: [Operation] = [.jump(result.count + 2 + other.count)]
            result = first + Self.shifted(result, 1) + skip + Self.shifted(other, result.count + 2)
            try check(result.count)
        }
        return result
    }

    private func check(_ count: Int) throws {
        guard count <= Self.mostSteps else { throw problem("repeats too much") }
    }

    private static func shifted(_ part: [Operation], _ by: Int) -> [Operation] {
        part.map { operation in
            switch operation {
            case .split(let one, let other): .split(one + by, other + by)
            case .jump(let to): .jump(to + by)
            case .look(let isNegative, let after): .look(isNegative: isNegative, after: after + by)
            default: operation
            }
        }
    }

    private mutating func sequence() throws -> [Operation] {
        var result: [Operation] = []
        while at < text.count, text[at] != UInt8(ascii: "|"), text[at] != UInt8(ascii: ")") {
            let part = try repeated(try atom())
            result += Self.shifted(part, result.count)
            try check(result.count)
        }
        return result
    }

    /// An atom with the repetition that follows it. Laziness does not matter.
    private mutating func repeated(_ atom: [Operation]) throws -> [Operation] {
        var part = atom
        while at < text.count {
            var (least, most): (Int, Int?)
            switch text[at] {
            case UInt8(ascii: "*"): (least, most) = (0, nil)
            case UInt8(ascii: "+"): (least, most) = (1, nil)
            case UInt8(ascii: "?"): (least, most) = (0, 1)
            case UInt8(ascii: "{"):
                guard let bounds = bounds() else { return part }
                (least, most) = bounds
                at -= 1
            default: return part
            }
            at += 1
            if at < text.count, text[at] == UInt8(ascii: "?") { at += 1 }
            part = try Self.repetition(part, least, most) { try check($0) }
        }
        return part
    }

    private static func repetition(
        _ part: [Operation], _ least: Int, _ most: Int?, _ check: (Int) throws -> Void
    ) throws -> [Operation] {
        try check(part.count * max(least, most ?? least) + part.count + 2)
        var result: [Operation] = []
        for _ in 0..<least { result += shifted(part, result.count) }
        guard let most else {
            let start = result.count
            result.append(.split(start + 1, start + part.count + 2))
            return result + shifted(part, start + 1) + [.jump(start)]
        }
        for _ in 0..<max(0, most - least) {
            let start = result.count
            result.append(.split(start + 1, start + part.count + 1))
            result += shifted(part, start + 1)
        }
        return result
    }

    /// Reads `{2}`, `{2,}`, `{,3}` or `{2,3}` and advances `at`; nil if the brace is a literal.
    private mutating func bounds() -> (Int, Int?)? {
        guard let close = text[at...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let inner = String(decoding: text[(at + 1)..<close], as: UTF8.self)
        let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, inner.count <= 9, inner != "," else { return nil }
        let least = parts[0].isEmpty ? 0 : Int(parts[0])
        guard let least, least >= 0 else { return nil }
        var most: Int? = least
        if parts.count == 2 {
            most = Int(parts[1])
            guard parts[1].isEmpty || (most ?? -1) >= least else { return nil }
        }
        at = close + 1
        return (least, most)
    }

    private mutating func atom() throws -> [Operation] {
        let byte = text[at]
        at += 1
        switch byte {
        case UInt8(ascii: "."): return [.byte(.all)]
        case UInt8(ascii: "^"): return [.start]
        case UInt8(ascii: "$"): return [.end]
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["): return [.byte(try bytes())]
        case UInt8(ascii: "\\"): return [try escaped()]
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            throw problem("repeats nothing")
        default: return [.byte(ByteSet(byte))]
        }
    }

    private mutating func group() throws -> [Operation] {
        var look: Bool?
        if takes("?:") {
        } else if takes("?=") {
            look = false
        } else if takes("?!") {
            look = true
        } else if takes("?P<") {
            guard let close = text[at...].firstIndex(of: UInt8(ascii: ">")) else {
                throw problem("has a name without an end")
            }
            at = close + 1
        } else if takes("?") {
            throw problem("has a group of a kind that is not read")
        }
        if look != nil {
            (looks, lookDepth) = (looks + 1, lookDepth + 1)
            guard looks <= Self.mostLooks, lookDepth <= 2 else {
                throw problem("looks ahead too often")
            }
        }
        let body = try alternatives()
        if look != nil { lookDepth -= 1 }
        guard at < text.count else { throw problem("lacks a )") }
        at += 1
        guard let isNegative = look else { return body }
        return [.look(isNegative: isNegative, after: body.count + 2)] + Self.shifted(body, 1)
            + [.match]
    }

    private mutating func takes(_ word: String) -> Bool {
        guard text[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func escaped() throws -> Operation {
        guard at < text.count else { throw problem("ends in a backslash") }
        if text[at] == UInt8(ascii: "b") || text[at] == UInt8(ascii: "B") {
            at += 1
            return .boundary(text[at - 1] == UInt8(ascii: "b"))
        }
        if text[at] == UInt8(ascii: "Z") {
            at += 1
            return .end
        }
        return .byte(try escapedBytes())
    }

    private mutating func escapedBytes() throws -> ByteSet {
        let byte = text[at]
        at += 1
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return ByteSet.digits.inverted
        case UInt8(ascii: "w"): return .word
        case UInt8(ascii: "W"): return ByteSet.word.inverted
        case UInt8(ascii: "s"): return .spaces
        case UInt8(ascii: "S"): return ByteSet.spaces.inverted
        default:
            guard !ByteSet.word.contains(byte) || byte == UInt8(ascii: "_") else {
                throw problem("has an escape that is not read")
            }
            return ByteSet(byte)
        }
    }

    /// The content of a bracket expression, up to and including the closing bracket.
    private mutating func bytes() throws -> ByteSet {
        let isInverted = takes("^")
        var set = ByteSet()
        var isFirst = true
        while true {
            guard at < text.count else { throw problem("lacks a ]") }
            let byte = text[at]
            at += 1
            if byte == UInt8(ascii: "]"), !isFirst { break }
            isFirst = false
            if byte == UInt8(ascii: "\\") {
                guard at < text.count else { throw problem("ends in a backslash") }
                set = set.union(try escapedBytes())
            } else if at + 1 < text.count, text[at] == UInt8(ascii: "-"),
                text[at + 1] != UInt8(ascii: "]")
            {
                let last = text[at + 1]
                guard last >= byte else { throw problem("has a range that runs backwards") }
                at += 2
                set = set.union(ByteSet(byte...last))
            } else {
                set.insert(byte)
            }
        }
        return isInverted ? set.inverted : set
    }
}
