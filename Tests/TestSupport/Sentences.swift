/// The longest sentence of a text, counting words with a letter. A full stop, a colon, a question
/// mark, and an empty or indented line end a sentence; a semicolon does not.
public func longestSentence(_ text: String) -> (words: Int, sentence: String) {
    // Lists, examples and paragraphs.
    let flat = text.replacing(#/\n(?:\s*\n| {2,})/#, with: ". ").replacing("\n", with: " ")
    let sentences = flat.replacing(#/[.:?!](?=\s|$)/#, with: "\u{1}").split(separator: "\u{1}")
    let counted = sentences.map { sentence in
        (
            sentence.split(separator: " ").filter { $0.contains(where: \.isLetter) }.count,
            String(sentence)
        )
    }
    return counted.max { $0.0 < $1.0 } ?? (0, "")
}
