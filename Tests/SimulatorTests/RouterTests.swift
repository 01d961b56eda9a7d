import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

/// A request of 1,000 tokens that arrives after some milliseconds.
private func arriving(
    _ number: Int64, at milliseconds: Int64 = 0, _ content: [Segment] = []
) -> ArrivingRequest {
    ArrivingRequest(
        id: number, sequence: number, arrival: milliseconds * 1_000_000_000, promptTokens: 1000,
        outputTokens: 10, maxTokens: 10, priority: 0, abort: .max, outputContent: 0,
        isQuotable: false, content: content[...])
}

private func router(
    _ policy: RouterConfiguration.Policy, replicas: Int = 4,
    _ change: (inout RunPlan) -> Void = { _ in }
) -> Router {
    var plan = RunPlan(
        stepTime: StepTime(
            LinearStepTime(
                fixedMicroseconds: 1000, perTokenMicroseconds: 1, perRequestMicroseconds: 0)))
    plan.replicas = replicas
    plan.router.policy = policy
    change(&plan)
    return Router(plan)
}

@Suite("Routers")
struct RouterTests {
    @Test("round robin takes the replicas in turn, whatever they have to do")
    func roundRobin() {
        var router = router(.roundRobin, replicas: 3)
        var choices: [Int] = []
        for number in Int64(0)..<7 {
            choices.append(router.route(arriving(number)))
            if number == 2 { router.ended(on: 2) }
        }
        #expect(choices == [0, 1, 2, 0, 1, 2, 0])
        let readsState = router.readsState
        #expect(!readsState)
    }

    @Test("random draws every replica alike, and the same for the same seed")
    func random() {
        func choices(seed: UInt64) -> [Int] {
            var router = router(.random) { $0.seed = seed }
            var choices: [Int] = []
            for number in Int64(0)..<4000 { choices.append(router.route(arriving(number))) }
            return choices
        }
        let drawn = choices(seed: 1)
        for replica in 0..<4 {
            // Four standard deviations around 1,000.
            #expect((890...1110).contains(drawn.count { $0 == replica }))
        }
        #expect(choices(seed: 1) == drawn)
        #expect(choices(seed: 2) != drawn)
    }

    @Test("least outstanding takes the one with the fewest, of equals the next in turn")
    func leastOutstanding() {
        var router = router(.leastOutstanding)
        var choices: [Int] = []
        for number in Int64(0)..<4 { choices.append(router.route(arriving(number))) }
        #expect(choices == [0, 1, 2, 3])
        // Outstanding: 1, 0, 1, 0.
        router.ended(on: 1)
        router.ended(on: 3)
        choices = []
        for number in Int64(4)..<8 { choices.append(router.route(arriving(number))) }
        // One and three are least; then all have one, and the turn is at the first.
        #expect(choices == [1, 3, 0, 1])
        // Outstanding: 2, 2, 1, 1.
        let last = router.route(arriving(8))
        #expect(last == 2)
    }

    @Test("power of two takes the less loaded of the two that it draws, of equals the first")
    func powerOfTwo() {
        var router = router(.powerOfTwo, replicas: 3) { $0.seed = 5 }
        var draws = SeededRandom(seed: 5, stream: 0x726f_7574)
        var load = [0, 0, 0]
        var avoided = 0
        for number in Int64(0)..<600 {
            let first = draws.below(3)
            let second = (first + 1 + draws.below(2)) % 3
            #expect(first != second)
            let better = load[second] < load[first] ? second : first
            if better != first { avoided += 1 }
            let choice = router.route(arriving(number))
            #expect(choice == better)
            load[better] += 1
            // Nobody ends on replica 0, so that the others are better.
            for replica in 1..<3 where number % 2 == 0 && load[replica] > 0 {
                load[replica] -= 1
                router.ended(on: replica)
            }
        }
        #expect(avoided > 100)
        #expect(load[0] < 400)
    }

    @Test("with staleness the router sees what it sent, but ends only when it looks again")
    func staleness() {
        var router = router(.leastOutstanding, replicas: 2) {
            $0.router.staleness = 100_000_000_000
        }
        // It looks at 0 ms, and again at 100 ms.
        var choices = [
            router.route(arriving(0, at: 0)), router.route(arriving(1, at: 10)),
            router.route(arriving(2, at: 20)),
        ]
        #expect(choices == [0, 1, 0])
        router.ended(on: 0)
        router.ended(on: 0)
        // Truly 0 and 1 outstanding; it still believes 2 and 1.
        choices = [router.route(arriving(3, at: 99))]
        #expect(choices == [1])
        // Now it sees 0 and 2.
        choices = [router.route(arriving(4, at: 100)), router.route(arriving(5, at: 101))]
        #expect(choices == [0, 0])
    }

    @Test("prefix affinity follows the longest known beginning, not equal lengths")
    func prefixAffinity() {
        var router = router(.prefixAffinity)
        let prompts = [
            [Segment(content: 1, length: 600), Segment(content: 2, length: 400)],
            // Equal in content id and length, and other tokens: the next in turn.
            [Segment(content: 1, offset: 600, length: 600)],
            // A beginning of the first, however it is cut.
            [Segment(content: 1, length: 100)],
            [
                Segment(content: 1, length: 250), Segment(content: 1, offset: 250, length: 350),
                Segment(content: 9, length: 400),
            ],
            // Nothing in common with any: the least loaded in turn.
            [Segment(content: 7, length: 1000)], [],
        ]
        var choices: [Int] = []
        for (number, prompt) in prompts.enumerated() {
            choices.append(router.route(arriving(Int64(number), prompt)))
        }
        #expect(choices == [0, 1, 0, 0, 2, 3])
    }

    @Test("the preferred replica may have so many more outstanding requests, and no more")
    func slack() {
        var router = router(.prefixAffinity, replicas: 2) { $0.router.affinitySlack = 2 }
        let content = [Segment(content: 1, length: 1000)]
        var choices: [Int] = []
        for number in Int64(0)..<5 { choices.append(router.route(arriving(number, content))) }
        // Replica 0 may have 2 more than replica 1: the fourth goes there, and draws the fifth.
        #expect(choices == [0, 0, 0, 1, 1])
    }
}

@Suite("What the router remembers of prompts")
struct PrefixDirectoryTests {
    /// A prompt's tokens, each with an identity of its own.
    private typealias Tokens = [Int]

    /// The longest common beginning with one of the latest prompts; the last of those that have it.
    private func expected(
        _ prompt: Tokens, _ known: ArraySlice<(tokens: Tokens, replica: Int)>
    ) -> Int? {
        var best: (length: Int, replica: Int)?
        for (tokens, replica) in known {
            let length = zip(tokens, prompt).prefix { $0 == $1 }.count
            if length > 0, length >= best?.length ?? 0 { best = (length, replica) }
        }
        return best?.replica
    }

    /// Tokens as segments: token `t` is at offset `t % 64` of content `t / 64`, cut at random.
    private func segments(_ tokens: Tokens, _ random: inout SeededRandom) -> [Segment] {
        var segments: [Segment] = []
        for token in tokens {
            if let last = segments.last, random.below(5) > 0, token % 64 > 0,
                token == 64 * Int(last.content) + Int(last.offset + last.length)
            {
                segments[segments.count - 1].length += 1
            } else {
                segments.append(
                    Segment(content: Int64(token / 64), offset: Int32(token % 64), length: 1))
            }
        }
        return segments
    }

    @Test(
        "it knows the latest prompts as if it compared token by token", arguments: UInt64(1)...20)
    func oracle(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var directory = PrefixDirectory(span: 16)
        var prompts: [(tokens: Tokens, replica: Int)] = []
        for number in 0..<400 {
            var tokens: Tokens = []
            if !prompts.isEmpty, random.below(3) > 0 {
                let other = prompts[max(0, number - 1 - random.below(20))].tokens
                tokens = Array(other.prefix(random.below(other.count + 1)))
            }
            for _ in 0..<random.below(4) {
                let start = random.below(200)
                tokens += start..<(start + 1 + random.below(30))
            }
            let content = segments(tokens, &random)
            let found = directory.follow(content[...])
            #expect(found == expected(tokens, prompts.suffix(16)), "seed \(seed), \(number)")
            let replica = random.below(5)
            directory.record(replica, content[...])
            prompts.append((tokens, replica))
        }
    }

    @Test("memory follows the prompts remembered")
    func bounded() {
        var directory = PrefixDirectory(span: 8)
        for number in Int64(0)..<1000 {
            let content = [
                Segment(content: number % 3, length: 10), Segment(content: 100 + number, length: 5),
            ]
            _ = directory.follow(content[...])
            directory.record(0, content[...])
        }
        // Eight tails and three openings.
        var count = directory.count
        #expect(count == 11)
        for _ in 0..<8 {
            _ = directory.follow([])
            directory.record(0, [])
        }
        count = directory.count
        #expect(count == 0)
    }
}
