import Basics
import Simulator

/// A scheduling policy that follows from its numbers: any order, any shape of a step, any victim,
/// and an admission now and then refused. Deterministic, as policies must be.
struct RandomPolicy: SchedulingPolicy {
    /// Who goes first.
    enum Order: CaseIterable {
        case arrival
        case lastArrival
        case priority
        case shortest
        case leastServed
        case byChance
    }

    let salt: UInt64
    let order: Order
    let ordersRunning: Bool
    /// Shapes that steps take, drawn anew in each.
    let shapes: [StepShape]
    /// Of so many admissions about one is refused; 0: none.
    let refusesOneOf: UInt64
    let namesAnyVictim: Bool

    init(_ random: inout SeededRandom) {
        salt = random.next()
        order = Order.allCases[random.below(Order.allCases.count)]
        ordersRunning = random.below(2) == 0
        refusesOneOf = random.below(3) == 0 ? 2 + UInt64(random.below(6)) : 0
        namesAnyVictim = random.below(2) == 0
        let one = Self.shape(&random)
        shapes = random.below(2) == 0 ? [one] : [one, Self.shape(&random), Self.shape(&random)]
    }

    /// Kinds of work in an order that leaves none out for ever; some twice, and overlapping.
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

    /// A number that follows from the salt and two others.
    private func chance(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var random = SeededRandom(seed: salt &+ a, stream: b)
        return random.next()
    }

    func shape(_ step: StepView) -> StepShape {
        shapes[Int(chance(1, UInt64(step.number)) % UInt64(shapes.count))]
    }

    func precedes(_ a: RequestView, _ b: RequestView) -> Bool {
        switch order {
        case .arrival: return a.sequence < b.sequence
        case .lastArrival: return a.sequence > b.sequence
        case .priority: return (a.priority, a.sequence) < (b.priority, b.sequence)
        case .shortest: return (a.promptTokens, a.sequence) < (b.promptTokens, b.sequence)
        case .leastServed: return (a.deliveredTokens, a.sequence) < (b.deliveredTokens, b.sequence)
        case .byChance:
            let (one, other) = (chance(2, UInt64(a.sequence)), chance(2, UInt64(b.sequence)))
            return (one, a.sequence) < (other, b.sequence)
        }
    }

    func admits(_ candidate: RequestView, _ step: StepView) -> Bool {
        // Alone it must enter some day.
        guard refusesOneOf > 0, step.running > 0 else { return true }
        return chance(UInt64(step.number), UInt64(candidate.sequence)) % refusesOneOf != 0
    }

    func victim(among running: [RequestView], for requester: RequestView) -> Int {
        guard namesAnyVictim else { return running.count - 1 }
        let place = chance(3, UInt64(requester.sequence)) % UInt64(running.count)
        return Int(place)
    }
}
