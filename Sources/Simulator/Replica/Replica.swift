import Basics
import Models
import StepTime
import Traces

/// One engine with its scheduler, block pool and clock.
///
/// The way of a step: `schedule` decides (`Schedule.swift`), the step time prices, `update`
/// commits the sampled tokens (`Update.swift`), and the loop in `ReplicaLoop.swift` moves the
/// clock. Synchronous scheduling is the pipeline of depth one, asynchronous of depth two.
struct Replica: ~Copyable {
    let engine: EngineConfiguration
    let groups: HotArray<GroupRules>
    /// Full groups first, as the joint lookup asks them.
    let lookupOrder: [[Int]]
    let stepTime: StepTime
    /// Counts the weights that steps read, where that depends on what they hold. Asked for first,
    /// because looking into it copies it.
    let weightReads: StepDemand?
    let countsWeights: Bool
    /// Prices of steps that only decode, by decodes; empty where they are no lines in context.
    /// The replicas of a cluster share them.
    let lines: [DecodeLine]
    let number: Int32
    /// Requests that may run at once, tokens of a step, and blocks that admissions leave free.
    let activeLimit: Int
    let tokenBudget: Int
    let watermarkBlocks: Int
    let blockSize: BlockSize

    /// Whether the blocks are kept as runs (`runPool`) or one by one (`pool`, the oracle).
    let usesRuns: Bool
    /// Whether steady requests' blocks are sums too: with runs, and full attention only. Else who
    /// needs the pool asks for it (`StrideAsks.swift`).
    let sumsBlocks: Bool
    let hasWindows: Bool
    var pool: BlockPool
    var runPool: RunPool
    var requests = HotArray<LiveRequest>()
    /// Group by group: index slot × groups + group.
    var tables = HotArray<BlockTable>()
    var blockLists = Slab<Int32>(filler: 0)
    var chains: KeyChains
    /// With runs: each slot's blocks, the same group by group, and content.
    var runTables = HotArray<RunTable>()
    var groupTables = HotArray<GroupTable>()
    var runLists = Slab<RunHold>(filler: RunHold(run: -1, low: 0, high: 0))
    var contents = PromptContents()
    var freeSlots = HotArray<Int32>()

    /// Slots in order of admission, or in any order while `stride.isDisordered`.
    var running = HotArray<Int32>()
    var waiting: WaitingQueue
    /// Slots that arrived at the replica but whose arrival the loop has not reached.
    var inbox = RingQueue<Int32>()
    var aborts = EventHeap()

    /// Host clock and end of the last dispatched batch, picoseconds.
    var clock: Int64 = 0
    var lastEnd: Int64 = 0
    var dispatched = Pipeline()
    /// Whether the loop must process the oldest batch before it goes on.
    var mustDrain = false
    var scheduledNothing = false
    /// A request ended and no schedule call has told the workers yet.
    var endedFlag = false

    /// Who decides in place of `schedule`'s own rules, and what it did wrong.
    var custom: CustomScheduler?
    var customFailure: InputError?

    var stride: StrideState
    var cadence: PrefillCadence
    var calls = 0
    /// Schedule calls in a row that scheduled nothing while nothing was in flight.
    var idleCalls = 0
    /// Number of the schedule call under way when a token was last delivered.
    var lastDeliveryCall = 0
    var scratch = ScheduleScratch()
    var tally = Tally()
    var log = DecisionBuffer()

    init(_ plan: RunPlan, number: Int, lines: [DecodeLine]) {
        self.lines = lines
        let engine = plan.engine
        self.engine = engine
        self.number = Int32(number)
        stepTime = plan.stepTime
        let weightReads = plan.demand.flatMap { $0.isFixed ? nil : $0 }
        self.weightReads = weightReads
        countsWeights = weightReads != nil
        activeLimit = engine.maxNumActiveSeqs ?? engine.maxNumSeqs
        tokenBudget = min(engine.maxNumScheduledTokens ?? .max, engine.maxNumBatchedTokens)
        blockSize = BlockSize(engine.blockSize)
        watermarkBlocks = Int(engine.watermark * Double(engine.numGPUBlocks))
        var groups = HotArray<GroupRules>()
        for group in engine.groups { groups.append(GroupRules(group, engine: engine)) }
        lookupOrder = Self.lookupOrder(engine.groups)
        // A plain value: Swift 6.3.1 destroys what is not there yet when the right side of an `&&`
        // reads a property of a noncopyable value under construction.
        let usesRuns = !plan.numbersBlocks
        let isFull = engine.groups == [.full]
        self.usesRuns = usesRuns
        sumsBlocks = usesRuns && isFull
        hasWindows = engine.groups.contains { $0 != .full }
        pool = BlockPool(
            count: usesRuns ? 1 : engine.numGPUBlocks, caching: engine.enablePrefixCaching)
        runPool = RunPool(
            count: usesRuns ? engine.numGPUBlocks : 1, blockSize: engine.blockSize,
            groups: engine.groups.count)
        chains = KeyChains(blockSize: engine.blockSize)
        waiting = WaitingQueue(ordered: engine.policy == .priority && !plan.hasCustomScheduler)
        custom = CustomScheduler(plan, replica: number)
        stride = StrideState(
            isOn: engine.gait == .stride, blockSize: engine.blockSize, window: stepTime.window)
        cadence = PrefillCadence(interval: engine.prefillScheduleInterval)
        for _ in engine.groups {
            scratch.hits.append(HotArray())
            scratch.runHits.append(HotArray())
        }
        for members in lookupOrder {
            let first = scratch.members.count
            for group in members { scratch.members.append(Int32(group)) }
            let rules = groups[members[0]]
            scratch.kinds.append(
                LookupKind(
                    members: first..<scratch.members.count,
                    needed: rules.window == 0 ? 0 : Int32(max(1, rules.needed))))
        }
        self.groups = groups
    }

    /// Groups of equal kind are looked up together, full attention first.
    private static func lookupOrder(_ groups: [CacheGroup]) -> [[Int]] {
        var kinds: [(kind: CacheGroup, members: [Int])] = []
        for (index, kind) in groups.enumerated() {
            if let known = kinds.firstIndex(where: { $0.kind == kind }) {
                kinds[known].members.append(index)
            } else {
                kinds.append((kind, [index]))
            }
        }
        return kinds.filter { $0.kind == .full }.map(\.members)
            + kinds.filter { $0.kind != .full }.map(\.members)
    }

    var freeBlocks: Int { usesRuns ? runPool.freeCount : pool.freeCount }
    var usableBlocks: Int { engine.numGPUBlocks - 1 }
    var usedBlocks: Int { usableBlocks - freeBlocks }
    var evictions: Int { usesRuns ? runPool.evictions : pool.evictions }
    var distinctKeys: Int { usesRuns ? runPool.distinctKeys : pool.distinctKeys }
    var isCaching: Bool { engine.enablePrefixCaching }
    var depth: Int { engine.asyncScheduling ? 2 : 1 }
    var hasWork: Bool { !running.isEmpty || !waiting.isEmpty }
    func rank(_ slot: Int) -> WaitingQueue.Rank {
        let request = requests[slot]
        return .init(priority: request.priority, arrival: request.arrival, id: request.id)
    }
}

/// Scratch lists that live as long as the replica, so that steps allocate nothing.
struct ScheduleScratch: ~Copyable {
    /// Hit blocks of the waiting head, group by group.
    var hits = HotArray<HotArray<Int32>>()
    /// The same with runs, and how many blocks of its chain are hit.
    var runHits = HotArray<HotArray<RunHold>>()
    var runHitBlocks: Int32 = 0
    /// The groups as they are looked up, kind by kind.
    var kinds = HotArray<LookupKind>()
    var members = HotArray<Int32>()
    /// The parts of its chain, and which blocks of one all groups of a kind have.
    var path = HotArray<ChainPart>()
    var common = HotArray<ChainPart>()
    /// Blocks that slide out of a window together.
    var retained = HotArray<Range<Int>>()
    var entries = HotArray<Entry>()
    var preempted = HotArray<Int32>()
    var finished = HotArray<Int32>()
    /// Entries of the batch being processed.
    var processing = HotArray<Entry>()
    /// Tokens that the explicit running requests ask for, in order.
    var wanted = HotArray<Int32>()
    var columns = WalkColumns()
    /// Where a custom scheduler decides: the number of the latest schedule call, counted from 1,
    /// that scheduled each slot's request.
    var scheduledIn = HotArray<Int>()
}

/// The rule of `prefill_schedule_interval`: prefill joins every n-th step only.
struct PrefillCadence {
    let interval: Int
    /// Schedule calls that scheduled something.
    var executed = 0
    var lastPrefill: Int
    var capacityBound = false
    /// Whether the call under way prefills.
    var carried = false

    init(interval: Int) {
        self.interval = interval
        lastPrefill = -interval
    }

    func holds(someoneDecodes: Bool) -> Bool {
        interval > 1 && !capacityBound && executed + 1 - lastPrefill < interval && someoneDecodes
    }

    mutating func finish(scheduledSomething: Bool) {
        if scheduledSomething { executed += 1 }
        if interval > 1, carried { lastPrefill = executed }
        carried = false
    }
}
