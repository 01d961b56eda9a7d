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

    /// A few spans of a few contents, so that many begin alike, cut anywhere.
    private func draw(
        _ random: inout SeededRandom, _ segments: inout HotArray<Segment>
    ) -> [Token] {
        var tokens: [Token] = []
        for _ in 0...random.below(5) {
            let content = Int64(random.below(3))
            var offset = Int32(4 * random.below(3))
            var left = Int32(1 + random.below(12))
            for place in offset..<offset + left {
                tokens.append(Token(content: content, offset: place))
            }
            while left > 0 {
                let length = Int32(1 + random.below(Int(left)))
                segments.append(Segment(content: content, offset: offset, length: length))
                offset += length
                left -= length
            }
        }
        return tokens
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
            let tokens = draw(&random, &segments)
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
}
