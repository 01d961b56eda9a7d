import Basics
import Testing
import Traces

@testable import Simulator

@Suite("What requests began with, as a tree")
struct SeenPrefixesTests {
    /// A token: its content and its place there.
    private struct Token: Equatable {
        var content: Int64
        var offset: Int32
    }

    /// A few spans of a few contents, so that many begin alike; at times after all of an earlier
    /// request, as the turns of a session.
    private func draw(_ random: inout SeededRandom, after earlier: [[Token]]) -> [Token] {
        var tokens: [Token] = []
        if !earlier.isEmpty, random.below(3) == 0 {
            tokens = earlier[random.below(earlier.count)]
            if tokens.count > 200 { tokens = [] }
        }
        for _ in 0...random.below(5) {
            let content = Int64(random.below(3))
            // Where the last one ended, or anywhere.
            var offset = Int32(4 * random.below(3))
            if let last = tokens.last, last.content == content { offset = last.offset + 1 }
            for place in offset..<offset + Int32(1 + random.below(12)) {
                tokens.append(Token(content: content, offset: place))
            }
        }
        return tokens
    }

    /// The tokens as segments, cut anywhere.
    private func cut(
        _ tokens: [Token], _ random: inout SeededRandom, _ segments: inout HotArray<Segment>
    ) {
        var pieces: [Segment] = []
        for token in tokens {
            if let last = pieces.last, last.content == token.content,
                last.offset + last.length == token.offset, random.below(6) > 0
            {
                pieces[pieces.count - 1].length += 1
            } else {
                pieces.append(
                    Segment(content: token.content, offset: token.offset, length: 1))
            }
        }
        for piece in pieces { segments.append(piece) }
    }

    @Test(
        "as much is known, and computed, as of an earlier request that began alike",
        arguments: UInt64(1)...40)
    func naive(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tree = SeenPrefixes()
        var earlier: [(tokens: [Token], node: Int32, computed: Int)] = []
        for number in 0..<80 {
            var segments = HotArray<Segment>()
            let tokens = draw(&random, after: earlier.map(\.tokens))
            cut(tokens, &random, &segments)
            func common(_ other: [Token]) -> Int { zip(tokens, other).prefix { $0 == $1 }.count }
            let expected = earlier.map { common($0.tokens) }.max() ?? 0
            let followed = tree.follow(segments).tokens
            let entered = tree.enter(segments, Int32(tokens.count))
            let place = "seed \(seed), request \(number)"
            #expect(followed == entered.known && entered.known == expected, "\(place)")
            let computed = earlier.map { min(common($0.tokens), $0.computed) }.max() ?? 0
            // The last node may go on beyond the request's end.
            let found = min(Int(tree.computed(to: entered.node)), tokens.count)
            #expect(found == computed, "\(place)")
            earlier.append((tokens, entered.node, 0))
            let other = random.below(earlier.count)
            let depth = 1 + random.below(earlier[other].tokens.count)
            tree.compute(Int32(depth), to: earlier[other].node)
            earlier[other].computed = max(earlier[other].computed, depth)
        }
    }

    @Test("a request that is known to its end costs nothing more")
    func repeated() {
        var tree = SeenPrefixes()
        var segments = HotArray<Segment>()
        for content in Int64(0)..<30 { segments.append(Segment(content: content, length: 7)) }
        let first = tree.enter(segments, 210)
        let count = tree.count
        let second = tree.enter(segments, 210)
        let countAfter = tree.count
        #expect(first.known == 0 && second.known == 210 && first.node == second.node)
        #expect(count == 30 && countAfter == count)
    }

    @Test("the turns of a session are one node, however many there are")
    func session() {
        var tree = SeenPrefixes()
        var prompt: [Segment] = []
        for turn in Int64(0)..<60 {
            // Another request between two turns, and the answer before without its last token.
            for content in [1_000 + turn, turn] {
                var segments = HotArray<Segment>()
                if content == turn { for segment in prompt { segments.append(segment) } }
                segments.append(Segment(content: content, length: 90))
                segments.append(Segment(content: 2_000 + content, length: 49))
                let tokens = (0..<segments.count).reduce(Int32(0)) { $0 + segments[$1].length }
                _ = tree.enter(segments, tokens)
            }
            prompt.append(Segment(content: turn, length: 90))
            prompt.append(Segment(content: 2_000 + turn, length: 50))
        }
        // That of the session and one of each other request.
        let nodes = tree.nodeCount
        #expect(nodes == 61)
        var segments = HotArray<Segment>()
        for segment in prompt { segments.append(segment) }
        let before = tree.probes
        let place = tree.follow(segments)
        let probes = tree.probes - before
        #expect(place.tokens == 60 * 140 - 1)
        // To its node, and to what might follow that; neighbours in the index may be passed.
        #expect(probes <= 8, "\(probes) probes")
    }
}
