/// A pattern for module names in checkpoints' ignore lists and targets: a regular expression of
/// Python's `re`, or a name with `*` for any text.
///
/// Matching takes O(pattern × name) time for any pattern: no state is tried twice at one position.
/// Captures are not needed here, so back-references are refused.
package struct ModulePattern: Equatable, Hashable, Sendable {
    /// One instruction of the matcher.
    enum Operation: Equatable, Hashable, Sendable {
        case byte(ByteSet)
        /// Continues at both places.
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        /// A word boundary, or its negation.
        case boundary(Bool)
        /// Lookahead: whether the program up to `after` matches from here, or does not.
        case look(isNegative: Bool, after: Int)
        case match
    }

    private let program: [Operation]

    /// Compiles a regular expression. `place` names the file in errors.
    ///
    /// - Throws: `InputError` for an invalid expression, or one with unsupported features.
    package init(regex source: String, place: String) throws {
        var compiler = ModulePatternCompiler(source, place: place)
        program = try compiler.program()
    }

    /// A name in which `*` stands for any text and `?` for one letter. The whole name must match.
    package init(wildcard source: String) {
        var program: [Operation] = []
        for byte in source.utf8 {
            switch byte {
            case UInt8(ascii: "*"):
                let at = program.count
                program += [.split(at + 1, at + 3), .byte(.all), .jump(at)]
            case UInt8(ascii: "?"): program.append(.byte(.all))
            default: program.append(.byte(ByteSet(byte)))
            }
        }
        self.program = program + [.end, .match]
    }

    /// Whether the beginning of `name` matches, as in `re.match`.
    package func matches(_ name: some StringProtocol) -> Bool {
        run(from: 0, Array(name.utf8), at: 0)
    }

    private func run(from first: Int, _ text: [UInt8], at start: Int) -> Bool {
        let width = text.count + 1
        var seen = [Bool](repeating: false, count: program.count * width)
        var (open, places) = ([first], [start])
        while let next = open.popLast(), var at = places.popLast() {
            var pc = next
            // One way as far as it goes; others wait.
            way: while !seen[pc * width + at] {
                seen[pc * width + at] = true
                switch program[pc] {
                case .match: return true
                case .byte(let set):
                    guard at < text.count, set.contains(text[at]) else { break way }
                    at += 1
                    pc += 1
                case .jump(let next): pc = next
                case .split(let one, let other):
                    open.append(other)
                    places.append(at)
                    pc = one
                case .start:
                    guard at == 0 else { break way }
                    pc += 1
                case .end:
                    guard at == text.count else { break way }
                    pc += 1
                case .boundary(let isOne):
                    let before = at > 0 && ByteSet.word.contains(text[at - 1])
                    let behind = at < text.count && ByteSet.word.contains(text[at])
                    guard (before != behind) == isOne else { break way }
                    pc += 1
                case .look(let isNegative, let after):
                    guard run(from: pc + 1, text, at: at) != isNegative else { break way }
                    pc = after
                }
            }
        }
        return false
    }
}

/// A set of bytes.
struct ByteSet: Equatable, Hashable, Sendable {
    // Shifts are taken modulo 128.
    private var low: UInt128 = 0
    private var high: UInt128 = 0

    init() {}

    init(_ byte: UInt8) { insert(byte) }

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    static let all = ByteSet(0...255)
    static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let spaces = ByteSet(" \t\n\r\u{0B}\u{0C}".utf8)
    static let word = ByteSet(
        (UInt8(ascii: "a")...UInt8(ascii: "z"))
    ).union(ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z")))
        .union(digits).union(ByteSet(UInt8(ascii: "_")))

    mutating func insert(_ byte: UInt8) {
        if byte < 128 { low |= 1 &<< UInt128(byte) } else { high |= 1 &<< UInt128(byte) }
    }

    func contains(_ byte: UInt8) -> Bool {
        (byte < 128 ? low : high) &>> UInt128(byte) & 1 == 1
    }

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.low |= other.low
        result.high |= other.high
        return result
    }

    var inverted: ByteSet {
        var result = self
        result.low = ~low
        result.high = ~high
        return result
    }
}
