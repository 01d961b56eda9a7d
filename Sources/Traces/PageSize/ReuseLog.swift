/// Which request last used which tokens, for every request of a trace fed to a cache one at a time:
/// all that matters of a trace for cache behaviour, at any page size and capacity.
package struct ReuseLog: Sendable {
    /// Tokens a request keeps in the cache: the prompt and the answer except its last token, which
    /// is never computed; the prompt alone if answers are left out.
    private(set) var storedTokens: [Int32] = []
    private(set) var promptTokens: [Int32] = []
    /// `pieces[pieceEnds[q - 1]..<pieceEnds[q]]` belong to request q.
    private(set) var pieceEnds: [Int] = []
    private(set) var pieces: [PrefixTrie.Piece] = []
    /// All prompt tokens.
    package private(set) var totalPromptTokens = 0
    /// Stored tokens that no earlier request stored.
    package private(set) var uniqueTokens = 0

    /// Whether the source gives the content of any prompt.
    package private(set) var holdsContent = false

    /// Number of requests.
    package var count: Int { storedTokens.count }

    /// The most tokens that one request stores.
    package var longestRequest: Int { Int(storedTokens.max() ?? 0) }

    /// Reads a source to its end, in order of arrival. O(segments).
    ///
    /// Throws what the source throws.
    package init(_ source: any RequestSource, includesAnswers: Bool = true) throws {
        var trie = PrefixTrie()
        var source = source
        var path: [Segment] = []
        while let batch = try source.next() {
            holdsContent = holdsContent || !batch.segmentEnds.isEmpty
            for row in 0..<batch.count {
                path.removeAll(keepingCapacity: true)
                path.append(contentsOf: batch.segments(of: row))
                let prompt = batch.promptTokens[row]
                let id = batch.ids[row]
                if path.isEmpty {
                    path.append(Segment(content: OwnContent.prompt(of: id), length: prompt))
                }
                let answer = includesAnswers ? batch.outputTokens[row] - 1 : 0
                if answer > 0 {
                    let content =
                        batch.outputContents.isEmpty
                        ? OwnContent.output(of: id) : batch.outputContents[row]
                    path.append(Segment(content: content, length: answer))
                }
                add(path, prompt: prompt, stored: prompt + answer, to: &trie)
            }
        }
    }

    private mutating func add(
        _ path: [Segment], prompt: Int32, stored: Int32, to trie: inout PrefixTrie
    ) {
        let request = Int32(storedTokens.count)
        let before = pieces.count
        trie.insert(path, total: stored, request: request, pieces: &pieces)
        pieceEnds.append(pieces.count)
        let known = pieces.count > before ? pieces[pieces.count - 1].end : 0
        uniqueTokens += Int(stored - known)
        totalPromptTokens += Int(prompt)
        promptTokens.append(prompt)
        storedTokens.append(stored)
    }

    /// The pieces of a request, from the prompt's start.
    func pieces(of request: Int) -> ArraySlice<PrefixTrie.Piece> {
        pieces[(request == 0 ? 0 : pieceEnds[request - 1])..<pieceEnds[request]]
    }
}
