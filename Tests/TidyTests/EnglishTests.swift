import Foundation
import TestSupport
import Testing

/// What users read is plain: no private word, and help in short sentences.
@Suite("User-facing text is plain English")
struct EnglishTests {
    /// A text that a user may read.
    private struct Piece {
        /// Path and line, as an editor takes them.
        let place: String
        let text: String
    }

    /// Words of earlier designs and of none of the field's papers, and pronouns that hide who acts.
    /// The field has a word for each: step, fast-forward, cohort, request, need, name. A state may
    /// be steady, a request may not.
    private static let privateWords = [
        "walk", "walks", "walked", "walking", "stride", "strides", "striding", "glide", "glides",
        "gliding", "gait", "gaits", "steadily", "explicit", "explicitly", "ask", "asks", "asked",
        "asking", "quiet", "quietly", "spelling", "spellings", "keyless", "whoever", "whom",
        "nobody", "somebody", "anybody", "everybody", "one by one",
        "steady (?:requests?|steps?|members?|pace|decodes?)",
    ]

    /// Words that no documentation comment needs either. The field has words for the first ones;
    /// the others hide who acts.
    private static let hiddenWords = [
        "walk", "walks", "walked", "walking", "stride", "strides", "striding", "glide", "glides",
        "gliding", "gaits", "steadily", "whoever", "whom", "nobody", "somebody", "anybody",
        "everybody", "one by one",
    ]

    /// Modules whose documentation comments are held to that.
    private static let documented = [
        "Basics", "Traces", "Results", "Scenario", "Reports", "headway",
    ]

    /// Places where a word stays, each with its reason: (end of the path, text around the word).
    private static let exceptions: [(file: String, text: String, reason: String)] = [
        ("FormerSpelling.swift", "gait", "the name that older configurations use"),
        ("FormerSpelling.swift", "walk", "the value that older configurations use"),
        ("FormerSpelling.swift", "stride", "the value that older configurations use"),
        ("BenchVerb.swift", "walk-", "the names that older scripts use"),
        ("", "--quiet", "the flag, a common name"),
    ]

    /// String literals of the sources, without what is interpolated, and lines of text literals.
    private static func literals(_ file: SourceFile) -> [Piece] {
        // Up to three brackets deep.
        let interpolation = #/\\\([^()]*(?:\([^()]*(?:\([^()]*\))?[^()]*\)[^()]*)*\)/#
        var isText = false
        var found: [Piece] = []
        for (index, line) in file.lines.enumerated() {
            let place = "\(file.path):\(index + 1)"
            if line.contains("\"\"\"") {
                isText.toggle()
            } else if isText {
                found.append(Piece(place: place, text: line))
            } else if line.utf8.contains(UInt8(ascii: "\"")),
                !line.drop(while: { $0 == " " }).hasPrefix("//")
            {
                found += line.replacing(interpolation, with: "").matches(
                    of: #/"((?:\\.|[^"\\])*)"/#
                ).map {
                    Piece(place: place, text: String($0.1))
                }
            }
        }
        return found
    }

    /// The literals of all sources, read once for all tests.
    private static let allLiterals = Result {
        try SourceFile.all(under: ["Sources"]).flatMap(literals)
    }

    /// Lines of README, CONTRIBUTING and the articles, without code.
    private static func articles() throws -> [Piece] {
        var pages = ["README.md", "CONTRIBUTING.md", "traces/README.md"]
        let root = packageRoot.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let url = files?.nextObject() as? URL {
            guard url.pathExtension == "md", url.path.contains(".docc/") else { continue }
            pages.append(String(url.path.dropFirst(packageRoot.path.count + 1)))
        }
        return try pages.sorted().flatMap { page -> [Piece] in
            let text = try String(
                contentsOf: packageRoot.appendingPathComponent(page), encoding: .utf8)
            var isCode = false
            return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .compactMap { index, line in
                    if line.hasPrefix("```") { isCode.toggle() }
                    if isCode || line.hasPrefix("    ") { return nil }
                    // Code spans are names.
                    let bare = line.replacing(#/`[^`]*`/#, with: "`")
                    return Piece(place: "\(page):\(index + 1)", text: String(bare))
                }
        }
    }

    private static func isExcepted(_ piece: Piece) -> Bool {
        let path = piece.place.prefix { $0 != ":" }
        return exceptions.contains { path.hasSuffix($0.file) && piece.text.contains($0.text) }
    }

    @Test("no private word in messages, help, keys and articles")
    func words() throws {
        let sources = try Self.allLiterals.get()
        let articles = try Self.articles()
        #expect(sources.count > 2_000 && articles.count > 1_000)
        let words = try Regex("\\b(?:\(Self.privateWords.joined(separator: "|")))\\b").ignoresCase()
        for piece in sources + articles where !Self.isExcepted(piece) {
            guard let match = piece.text.firstMatch(of: words) else { continue }
            Issue.record("\(piece.place): \"\(piece.text[match.range])\" is no word for users")
        }
    }

    /// Names in a row, perhaps each with a release in brackets: no sentence.
    private static var listOfNames: Regex<Substring> {
        #/\w[\w.-]*(?: \([\w.]+\))?(?:,\s+[\w.-]+(?: \([\w.]+\))?){4,}/#
    }

    @Test("sentences of articles have at most 30 words")
    func articleSentences() throws {
        var paragraphs: [Piece] = []
        var isOpen = false
        for piece in try Self.articles() {
            // Tables have no sentences. A list item, a heading and an empty line end a paragraph.
            let isEmpty = piece.text.allSatisfy { $0 == " " } || piece.text.hasPrefix("|")
            let begins = piece.text.firstMatch(of: #/^ *(?:[-*#]|\d+\.)/#) != nil
            if isOpen, !isEmpty, !begins, let last = paragraphs.popLast() {
                paragraphs.append(Piece(place: last.place, text: last.text + "\n" + piece.text))
            } else if !isEmpty {
                paragraphs.append(piece)
            }
            isOpen = !isEmpty
        }
        #expect(paragraphs.count > 500)
        for paragraph in paragraphs {
            let (count, sentence) = longestSentence(
                paragraph.text.replacing(Self.listOfNames, with: "names"))
            #expect(count <= 30, "\(paragraph.place): \(count) words: \(sentence)")
        }
    }

    @Test("no private word in documentation comments of what guests read first")
    func comments() throws {
        let words = try Regex("\\b(?:\(Self.hiddenWords.joined(separator: "|")))\\b").ignoresCase()
        var seen = 0
        for file in try SourceFile.all(under: Self.documented.map { "Sources/" + $0 }) {
            for (index, line) in file.lines.enumerated() where line.contains("///") {
                seen += 1
                guard let match = line.firstMatch(of: words) else { continue }
                let word = line[match.range]
                Issue.record("\(file.path):\(index + 1): \"\(word)\" is no word for guests")
            }
        }
        #expect(seen > 3_000)
    }

    @Test("every exception is in use")
    func exceptions() throws {
        let pieces =
            try Self.allLiterals.get() + Self.articles()
        for exception in Self.exceptions {
            let isUsed = pieces.contains {
                $0.place.prefix { $0 != ":" }.hasSuffix(exception.file)
                    && $0.text.contains(exception.text)
            }
            #expect(isUsed, "\(exception.file): \(exception.text) (\(exception.reason))")
        }
    }

    @Test("sentences of errors have at most 30 words")
    func errorSentences() throws {
        for file in try SourceFile.all(under: ["Sources"]) {
            var text = ""
            var begun = 0
            for (index, line) in file.lines.enumerated() {
                if line.contains("InputError(") { (text, begun) = ("", index + 1) }
                guard begun > 0, index - begun < 8 else { continue }
                for match in line.matches(of: #/"((?:\\.|[^"\\])*)"/#) {
                    // A literal that goes on in the next line is one text with it.
                    let isJoined = line.drop { $0 == " " }.hasPrefix("+ ")
                    text += (isJoined ? "" : ". ") + match.1
                }
                let (count, sentence) = longestSentence(text)
                #expect(count <= 30, "\(file.path):\(begun): \(count) words: \(sentence)")
                if count > 30 { begun = 0 }
            }
        }
    }
}
