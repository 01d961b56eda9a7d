import TestSupport
import Testing

@Suite("Help and keys read easily")
struct HelpTests {
    /// Lists of names are no sentences.
    private static func withoutLists(_ text: String) -> String {
        text.replacing(#/\w[\w.-]*(?:,\s+[\w.-]+){4,}/#, with: "names")
    }

    @Test("sentences of help have at most 30 words", arguments: WordTests.verbs)
    func help(verb: String) throws {
        let words = verb.split(separator: " ").map(String.init)
        let help = try Executable.run(["help"] + words).output
        let (count, sentence) = longestSentence(Self.withoutLists(help))
        #expect(count <= 30, "\(count) words: \(sentence)")
    }

    @Test("sentences of keys have at most 30 words")
    func keys() throws {
        var text = ""
        var isMeaning = true
        for line in try Executable.run(["config"]).output.split(separator: "\n") {
            let bare = line.drop { $0 == " " }
            // What is allowed comes last, in one line or several.
            if bare.hasPrefix("// Allowed") { isMeaning = false }
            if !bare.hasPrefix("// ") { isMeaning = true }
            text += isMeaning && bare.hasPrefix("// ") ? String(bare.dropFirst(3)) + "\n" : ".\n\n"
        }
        #expect(text.count > 5_000)
        let (count, sentence) = longestSentence(Self.withoutLists(text))
        #expect(count <= 30, "\(count) words: \(sentence)")
    }
}
