import Basics
import Testing

@testable import Traces

@Suite("A law of what prompts share")
struct PrefixLawTests {
    private func lengths(_ prompts: [Int32]) -> Workload {
        var trace = Workload()
        trace.ids = (0..<Int64(prompts.count)).map { $0 }
        trace.arrivals = prompts.map { _ in 0 }
        trace.promptTokens = prompts
        trace.outputTokens = prompts.map { _ in 1 }
        return trace
    }

    private func shared(_ law: PrefixLaw, _ prompts: [Int32], seed: UInt64) throws -> Workload {
        var source = SharedPrefixSource(InMemorySource(lengths(prompts)), law, seed: seed)
        let trace = try #require(try source.next())
        #expect(try source.next() == nil)
        try trace.checkColumns()
        return trace
    }

    @Test("so many tokens, all but the last of a shorter prompt")
    func tokens() throws {
        let trace = try shared(PrefixLaw(.tokens(10)), [1, 5, 10, 11, 400], seed: 1)
        let first = (0..<5).map { trace.segments(of: $0).first! }
        #expect(first.map(\.length) == [1, 4, 9, 10, 10])
        #expect(Set(first.dropFirst().map(\.content)) == [0] && first[0].content != 0)
        #expect(Set((1..<5).map { trace.segments(of: $0).last!.content }).count == 4)
    }

    @Test("a share of each prompt")
    func share() throws {
        let trace = try shared(PrefixLaw(.share(0.3)), [1, 3, 4, 10, 1000], seed: 1)
        #expect((0..<5).map { trace.segments(of: $0).first!.length } == [1, 3, 1, 3, 300])
    }

    /// The chi-square statistic of equal chances has 7 degrees of freedom: mean 7, deviation √14.
    @Test("groups come with equal chance, and by the seed")
    func groups() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let law = PrefixLaw(.tokens(4), groups: 8)
        let prompts = [Int32](repeating: 9, count: 40_000)
        let trace = try shared(law, prompts, seed: seed)
        var counts = [Int](repeating: 0, count: 8)
        for row in 0..<trace.count { counts[Int(trace.segments(of: row)[2 * row].content)] += 1 }
        let chi = counts.reduce(0.0) { $0 + (Double($1) - 5000) * (Double($1) - 5000) / 5000 }
        #expect(chi < 7 + 8 * 14.0.squareRoot(), "seed \(seed)")
        #expect(try shared(law, prompts, seed: seed) == trace)
        #expect(try shared(law, prompts, seed: seed &+ 1) != trace)
    }

    @Test("a trace that has content is refused")
    func refused() {
        var trace = lengths([5])
        trace.segments = [Segment(content: 1, length: 5)]
        trace.segmentEnds = [1]
        var source = SharedPrefixSource(InMemorySource(trace), PrefixLaw(.tokens(2)), seed: 0)
        #expect(throws: InputError.self) { try source.next() }
    }
}
