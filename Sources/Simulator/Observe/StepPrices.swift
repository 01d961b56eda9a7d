import StepTime

extension ScheduledEntry {
    /// Whether a step prices it as a decode.
    var isDecode: Bool { StepLoad.isDecode(tokens, past: computedBefore) }
}

/// How much others' prefill lengthens a step for each of its entries.
struct StepPrices {
    /// For decodes.
    private(set) var ofDecodes: Int64 = 0
    /// For prefill chunks, in order; empty with fewer than two.
    private var ofChunks: [Int64] = []
    private let stepTime: StepTime
    private let window: Int
    /// Prices of decode-only steps.
    private let lines: [DecodeLine]

    /// Prices the steps of a run.
    init(_ plan: RunPlan) {
        stepTime = plan.stepTime
        window = plan.stepTime.window
        lines = plan.decodeLines
    }

    /// How much longer the step takes for a chunk, by its index among the step's chunks.
    func ofChunk(_ number: Int) -> Int64 { ofChunks.isEmpty ? 0 : ofChunks[number] }

    /// Prices a plan, by its number in the list, without parts of its prefill. O(entries).
    mutating func note(_ number: Int, of plans: DecidedPlans) {
        let plan = plans.plans[number]
        let entries = plans.entries
        ofDecodes = 0
        if !ofChunks.isEmpty { ofChunks.removeAll(keepingCapacity: true) }
        var decodes = StepLoad()
        if plan.members > 0 {
            decodes.addDecodes(
                plan.members, context: plan.context, windowedContext: plan.windowedContext)
            decodes.sampled += plan.members
        }
        var chunks = 0
        for place in plan.entries {
            if entries[place].isDecode {
                Self.add(entries[place], to: &decodes, window)
            } else {
                chunks += 1
            }
        }
        guard chunks > 0 else { return }
        if decodes.requests > 0 {
            ofDecodes = max(0, plan.duration - picoseconds(decodes))
        }
        guard chunks > 1 else { return }
        for place in plan.entries {
            if entries[place].isDecode { continue }
            var load = decodes
            Self.add(entries[place], to: &load, window)
            ofChunks.append(max(0, plan.duration - stepTime.picoseconds(load)))
        }
    }

    /// The price of a decode-only step. Mutating, because a copy of the tables would cost more than
    /// the price.
    @inline(__always)
    private mutating func picoseconds(_ load: StepLoad) -> Int64 {
        guard load.decodes < lines.count, load.sampled == load.decodes else {
            return stepTime.picoseconds(load)
        }
        return lines[load.decodes].picoseconds(
            context: load.decodeContext, windowedContext: load.decodeWindowedContext)
    }

    @inline(__always)
    private static func add(_ entry: ScheduledEntry, to load: inout StepLoad, _ window: Int) {
        load.add(
            entry.tokens, past: entry.computedBefore, samples: entry.samples, window: window)
    }
}
