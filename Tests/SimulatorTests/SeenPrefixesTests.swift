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
        "as much is known as an earlier request of the crowd began with alike",
        arguments: UInt64(1)...40)
    func naive(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tree = SeenPrefixes()
        var earlier: [[[Token]]] = [[], [], []]
        for number in 0..<80 {
            let crowd = random.below(3)
            var segments = HotArray<Segment>()
            let tokens = draw(&random, &segments)
            let expected =
                earlier[crowd].map { zip(tokens, $0).prefix { $0 == $1 }.count }.max() ?? 0
            let followed = tree.follow(segments, in: Int32(crowd)).tokens
            let known = tree.enter(segments, Int32(tokens.count), in: Int32(crowd))
            #expect(followed == known && known == expected, "seed \(seed), request \(number)")
            earlier[crowd].append(tokens)
        }
    }

    @Test("a request that is known to its end costs nothing more")
    func repeated() {
        var tree = SeenPrefixes()
        var segments = HotArray<Segment>()
        for content in Int64(0)..<30 { segments.append(Segment(content: content, length: 7)) }
        let first = tree.enter(segments, 210, in: 0)
        let count = tree.count
        let second = tree.enter(segments, 210, in: 0)
        let countAfter = tree.count
        #expect(first == 0 && second == 210)
        #expect(count == 30 && countAfter == count)
    }
}
