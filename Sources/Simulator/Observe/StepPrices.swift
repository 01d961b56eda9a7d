import StepTime

extension ScheduledEntry {
    /// Whether a step prices it as a decode.
    var isDecode: Bool { StepLoad.isDecode(tokens, past: computedBefore) }
}

/// What a step takes longer for each of its entries because of the others' prefill.
struct StepPrices {
    /// For those that decode.
    private(set) var ofDecodes: Int64 = 0
    /// For those that prefill, in order; empty where one does alone.
    private var ofChunks: [Int64] = []
    private let stepTime: StepTime
    private let window: Int
    /// Prices of steps that only decode.
    private let lines: [DecodeLine]

    /// Prices the steps of a run.
    init(_ plan: RunPlan) {
        stepTime = plan.stepTime
        window = plan.stepTime.window
        lines = plan.decodeLines
    }

    /// What it takes longer for a prompt, by its place among those of the step.
    func ofChunk(_ number: Int) -> Int64 { ofChunks.isEmpty ? 0 : ofChunks[number] }

    /// Prices a plan, by its number in the list, anew without some of its prefill. O(entries).
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

    /// The price of a step that only decodes. Mutating, because a copy of the tables would take
    /// longer than the price.
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
