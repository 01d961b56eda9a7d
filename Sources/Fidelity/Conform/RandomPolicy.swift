import Basics
import Simulator

/// A scheduling policy with random behaviour determined by its numbers: any order, shape of a step
/// and victim, occasional refusals of admissions, and everything else that a policy may do.
/// Deterministic, as policies must be.
struct RandomPolicy: SchedulingPolicy {
    /// Which request goes first.
    enum Order: CaseIterable {
        case arrival
        case lastArrival
        case priority
        case shortest
        case leastServed
        case byChance
        /// A new random order at intervals.
        case byTime
        case byNote
    }

    /// When a step leaves decodes out.
    enum Rest: CaseIterable {
        case never
        /// In every `pace`-th step.
        case byNumber
        /// In every second step of every second period.
        case byTime
        /// In every `pace`-th call.
        case byCount
    }

    let salt: UInt64
    let order: Order
    let ordersRunning: Bool
    /// Shapes to draw from in each step.
    let shapes: [StepShape]
    /// About one in this many admissions is refused; 0: none.
    let refusesOneOf: UInt64
    let namesAnyVictim: Bool
    let rest: Rest
    /// Calls between rests, or the length of their period in units of 50 microseconds.
    let pace: Int
    /// Most requests passed over in a step.
    let passesOverMost: Int
    let keepsNotes: Bool
    /// Whether admissions and quotas depend on the step's counts.
    let looksAtCounts: Bool
    private var asked = 0

    var orderFollowsStep: Bool { order == .byTime }

    init(_ random: inout SeededRandom) {
        salt = random.next()
        // From a separate stream, so that a case keeps its other draws.
        var more = SeededRandom(seed: salt, stream: 0x9011c)
        rest = more.below(2) == 0 ? .never : Rest.allCases[more.below(Rest.allCases.count)]
        pace = 2 + more.below(30)
        passesOverMost = max(0, more.below(8) - 3)
        looksAtCounts = more.below(3) == 0
        let early = Order.allCases.firstIndex(of: .byTime) ?? 0
        let drawn = Order.allCases[random.below(early)]
        let late = Order.allCases[early + more.below(Order.allCases.count - early)]
        order = more.below(3) == 0 ? late : drawn
        keepsNotes = order == .byNote || more.below(3) == 0
        ordersRunning = random.below(2) == 0
        refusesOneOf = random.below(3) == 0 ? 2 + UInt64(random.below(6)) : 0
        namesAnyVictim = random.below(2) == 0
        let one = Self.shape(&random)
        shapes = random.below(2) == 0 ? [one] : [one, Self.shape(&random), Self.shape(&random)]
    }

    /// Orders of work that starve no kind; some kinds appear twice or overlap.
    private static let orders: [[StepShape.Phase]] = [
        [.running, .admissions], [.admissions, .running], [.decodes, .chunks, .admissions],
        [.chunks, .decodes, .admissions], [.chunks, .admissions, .decodes],
        [.admissions, .chunks, .decodes], [.decodes, .admissions, .chunks],
        [.admissions, .decodes, .chunks], [.decodes, .running, .admissions],
        [.running, .admissions, .running], [.admissions, .chunks, .running, .admissions],
        [.running, .decodes, .chunks, .admissions, .admissions],
    ]

    private static func shape(_ random: inout SeededRandom) -> StepShape {
        var shape = StepShape()
        shape.phases = orders[random.below(orders.count)]
        if random.below(2) == 0 { shape.prefillQuota = 1 + random.below(300) }
        shape.isExclusive = random.below(4) == 0
        return shape
    }

    /// A number determined by the salt and two others.
    private func chance(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var random = SeededRandom(seed: salt &+ a, stream: b)
        return random.next()
    }

    mutating func shape(_ step: StepView) -> StepShape {
        asked += 1
        var shape = shapes[Int(chance(1, UInt64(step.number)) % UInt64(shapes.count))]
        if looksAtCounts, shape.prefillQuota < .max {
            shape.prefillQuota = 1 + (step.prefilledTokens + step.freeBlocks) % 97
        }
        if looksAtCounts { shape.mostPrefills = 1 + pace % 3 }
        var rests = false
        switch rest {
        case .never: break
        case .byNumber:
            rests = step.number % pace == 0
            shape.untilStep = (step.number / pace + 1) * pace
        case .byTime:
            let period = Int64(pace) * 50_000_000
            let isOdd = step.time / period % 2 == 1
            rests = isOdd && step.number % 2 == 0
            shape.untilTime = (step.time / period + 1) * period
            if isOdd { shape.untilStep = step.number + 1 }
        case .byCount:
            rests = asked % pace == 0
            shape.untilStep = step.number + 1
        }
        if rests {
            shape.phases = shape.phases.filter { $0 != .running && $0 != .decodes }
            shape.untilStep = step.number + 1
        }
        return shape
    }

    func passesOver(_ candidate: RequestView, _ step: StepView) -> Bool {
        step.passedOver < passesOverMost
            && chance(4, UInt64(bitPattern: candidate.sequence + candidate.note)) % 4 > 0
    }

    func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64 {
        let counts = UInt64(step.freeBlocks + step.prefilling + step.running)
        switch event {
        case .arrived: return Int64(chance(5, UInt64(request.promptTokens)) % 4)
        case .admitted: return request.note + Int64(chance(6, counts) % 3)
        case .passedOver: return request.note - 1
        case .preempted: return request.note - Int64(chance(7, counts) % 3)
        }
    }

    func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        switch order {
        case .arrival: return a.sequence < b.sequence
        case .lastArrival: return a.sequence > b.sequence
        case .priority: return (a.priority, a.sequence) < (b.priority, b.sequence)
        case .shortest: return (a.promptTokens, a.sequence) < (b.promptTokens, b.sequence)
        case .leastServed: return (a.deliveredTokens, a.sequence) < (b.deliveredTokens, b.sequence)
        case .byChance:
            let (one, other) = (chance(2, UInt64(a.sequence)), chance(2, UInt64(b.sequence)))
            return (one, a.sequence) < (other, b.sequence)
        case .byTime:
            let now = UInt64(step.time / 50_000_000) / UInt64(pace) + 8
            let (one, other) = (chance(now, UInt64(a.sequence)), chance(now, UInt64(b.sequence)))
            return (one, a.sequence) < (other, b.sequence)
        case .byNote: return (a.note, a.sequence) < (b.note, b.sequence)
        }
    }

    func admits(_ candidate: RequestView, _ step: StepView) -> Bool {
        // With nothing running it must enter eventually.
        guard refusesOneOf > 0, step.running > 0 else { return true }
        let counts = looksAtCounts ? UInt64(step.freeBlocks + step.prefilling + step.waiting) : 0
        let call = UInt64(step.number) &+ counts << 32
        return chance(call, UInt64(candidate.sequence)) % refusesOneOf != 0
    }

    func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        guard namesAnyVictim else { return running.count - 1 }
        let place = chance(3, UInt64(requester.sequence)) % UInt64(running.count)
        return Int(place)
    }
}
