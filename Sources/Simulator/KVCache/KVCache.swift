import Models
import Traces

/// The KV cache of one engine: every block, table, key and content. It knows no scheduler and no
/// clock.
///
/// Its verbs are `lookUp`, `canAllocate`, `allocate`, `register`, `release` and `nextNeed`.
/// `canAllocate` has one side effect, as in vLLM: blocks that left a sliding window are released
/// first, even if the answer is no.
///
/// Two stores implement the verbs: extents (`Extents/`, fast) and numbered blocks (`Blocks/`,
/// literal: the oracle of the extents, and the store for runs that need block numbers).
///
/// Rules: vLLM 0.33.0 `KVCacheManager`.
struct KVCache: ~Copyable {
    let blockSize: BlockSize
    let maxModelLen: Int
    let isCaching: Bool
    let groups: HotArray<GroupRules>
    let hasWindows: Bool
    /// Blocks in the pool, including the null block.
    let count: Int
    /// Tokens that a steadily decoding request has in flight when a step is scheduled.
    let inFlight: Int
    /// How many of them still hold its attention windows back (S7).
    let windowLag: Int
    /// Whether what windows can hold caps every demand (S11). `overdraft` is by how many blocks the
    /// latest demand that passed only because of the cap exceeds the free ones, which ends the
    /// engine.
    let capsDemand: Bool
    var overdraft = 0
    /// Whether some group keeps all of a request's blocks from the first while it runs.
    let keepsWholePrefixes: Bool
    /// Whether blocks are kept as extents; else by number.
    let usesExtents: Bool
    /// Whether the blocks of decoding requests are mere counts: extents and full attention only.
    let sumsBlocks: Bool

    var slots = HotArray<CacheSlot>()
    var found: Lookup

    var contents = PromptContents()

    var extents: ExtentPool
    /// By group: index slot × groups + group.
    var groupTables = HotArray<GroupTable>()
    var holds = Slab<ExtentRange>(filler: ExtentRange(extent: -1, low: 0, high: 0))

    var pool: BlockPool
    /// Block numbers by group: index slot × groups + group.
    var tables = HotArray<Slab<Int32>.List>()
    var numbers = Slab<Int32>(filler: 0)

    init(_ engine: EngineConfiguration, numbersBlocks: Bool) {
        blockSize = BlockSize(engine.blockSize)
        maxModelLen = engine.maxModelLen
        isCaching = engine.enablePrefixCaching
        count = engine.numGPUBlocks
        inFlight = engine.tokensInFlight
        let rules = engine.release.rules
        windowLag = rules.windowRelease == .settled ? engine.tokensInFlight : 0
        capsDemand = rules.windowCap == .everywhere
        var groups = HotArray<GroupRules>()
        for group in engine.groups { groups.append(GroupRules(group, engine: engine)) }
        found = Lookup(engine.groups, groups)
        self.groups = groups
        // Plain values: Swift 6.3.1 destroys uninitialised members when the right side of an `&&`
        // reads a property of a noncopyable value under construction.
        let usesExtents = !numbersBlocks
        let isFull = engine.groups == [.full]
        self.usesExtents = usesExtents
        // If freed blocks without a key go to the back (S8), the order in which a step takes its
        // blocks decides what is evicted, and sums do not know that order.
        let isBack = rules.keylessGoBack(isSliding: false, isCaching: engine.enablePrefixCaching)
        let isSum = usesExtents && isFull
        sumsBlocks = isSum && !isBack
        let isCaching = engine.enablePrefixCaching
        keepsWholePrefixes = engine.groups.contains(.full) || !isCaching
        hasWindows = engine.groups.contains { $0 != .full }
        extents = ExtentPool(
            count: usesExtents ? engine.numGPUBlocks : 1, blockSize: engine.blockSize,
            groups: engine.groups.count)
        pool = BlockPool(count: usesExtents ? 1 : engine.numGPUBlocks)
    }

    var freeBlocks: Int { usesExtents ? extents.freeCount : pool.freeCount }
    /// Blocks that requests can hold: all but the null block.
    var usableBlocks: Int { count - 1 }
    var usedBlocks: Int { usableBlocks - freeBlocks }
    var evictions: Int { usesExtents ? extents.evictions : pool.evictions }
    var distinctKeys: Int { usesExtents ? extents.distinctKeys : pool.distinctKeys }
}

/// The longest cached prefix of a request, as `lookUp` found it.
///
/// A small value: the cache keeps the pieces of its latest lookup, and `serial` tells whether they
/// still belong to this hit.
struct Hit {
    /// Tokens of the prefix, a multiple of the block size.
    var tokens = 0
    /// Tokens of the longest prefix that any kind of groups has; another kind may have less.
    var longest = 0
    fileprivate(set) var serial = 0

    /// Nothing looked up, nothing found: the hit of running requests.
    static let none = Hit()
}

extension KVCache {
    /// Prepares the slot of a new request. `content` is nil if no other request can name the
    /// request's content. O(segments).
    mutating func open(
        _ slot: Int, _ request: borrowing LiveRequest, content: ArraySlice<Segment>?
    ) {
        let entry = CacheSlot(
            retention: Retention(promptTokens: request.promptTokens, blockSize),
            promptTokens: request.promptTokens, sequence: request.sequence)
        if slot < slots.count {
            slots[slot] = entry
        } else {
            slots.append(entry)
            groupTables.append(GroupTable(), times: usesExtents ? groups.count : 0)
            tables.append(.init(), times: usesExtents ? 0 : groups.count)
        }
        guard isCaching, let content else {
            slots[slot].isPrivate = true
            return
        }
        contents.open(slot, content, output: request.outputContent)
    }

    /// Forgets the content of a request that has ended and released its blocks.
    @inline(__always)
    mutating func close(_ slot: Int) {
        if isCaching, !slots[slot].isPrivate { contents.close(slot) }
    }

    /// The segments of a request's prompt; empty if content does not matter. O(segments).
    mutating func content(of slot: Int) -> [Segment] {
        guard isCaching, !slots[slot].isPrivate else { return [] }
        return contents.segments(slot, to: slots[slot].promptTokens)
    }

    /// Finds the longest cached prefix of a request: vLLM's `get_computed_blocks`. At least one
    /// known token is always left to compute.
    ///
    /// O(nodes + pieces passed + extents looked at) over extents, O(hit blocks) by number,
    /// O(blocks) with windows.
    @inline(__always)
    mutating func lookUp(_ slot: Int, known: Int) -> Hit {
        if !isCaching || slots[slot].isPrivate { return .none }
        return lookUpContent(slot, known)
    }

    /// The same for content that other requests may share. Each kind of groups in turn, full
    /// attention first, cuts the hit to what it has.
    @inline(never)
    private mutating func lookUpContent(_ slot: Int, _ known: Int) -> Hit {
        found.serial += 1
        var blocks = Int32(blockSize.filled(by: known - 1))
        if usesExtents { blocks = followPrefix(slot, blocks) }
        var longest: Int32 = 0
        for kind in found.kinds.indices {
            blocks = usesExtents ? lookUpExtents(kind, blocks) : lookUpBlocks(slot, kind, blocks)
            longest = max(longest, blocks)
        }
        let isCut = groups.count > 1 && longest > blocks
        slots[slot].retention.junction = isCut ? longest : 0
        usesExtents ? collectHits(blocks) : cutHits(blocks)
        return Hit(
            tokens: Int(blocks) * blockSize.tokens, longest: Int(longest) * blockSize.tokens,
            serial: found.serial)
    }

    /// Whether a demand can be met: vLLM's `allocate_slots` up to its capacity check. Releases
    /// blocks that left a window. O(groups · hit extents), by number O(hit blocks).
    @inline(__always)
    mutating func canAllocate(_ demand: BlockDemand, _ hit: Hit = .none) -> Bool {
        guard sumsBlocks, hit.tokens == 0 else { return fits(demand, hit) }
        // Nothing slides, nothing caps the demand, and the larger of the two demands decides.
        let known = demand.reservesFullPrompt ? demand.known : 0
        let tokens = min(max(demand.computed + demand.tokens, known), maxModelLen)
        let held = Int(slots[demand.slot].table.count)
        return max(0, blockSize.holding(tokens) - held) + demand.watermark <= extents.freeCount
    }

    /// The same with windows, hits, or several groups, and with numbered blocks.
    @inline(never)
    private mutating func fits(_ demand: BlockDemand, _ hit: Hit) -> Bool {
        precondition(
            hit.tokens == 0 || hit.serial == found.serial, "I8: a hit of an earlier lookup")
        let total = min(demand.computed + hit.tokens, maxModelLen)
        let settled = settled(total, inFlight: demand.inFlight)
        let held = Int(slots[demand.slot].table.count) + blockSize.filled(by: hit.tokens)
        var aside = demand.watermark
        if hit.tokens > 0 {
            // Adopting hits that no request holds takes them out of the queue.
            aside += usesExtents ? freeHitExtents(settled) : freeHitBlocks(settled)
        }
        if demand.reservesFullPrompt {
            let want = blockSize.holding(min(demand.known, maxModelLen))
            if lacking(want, held, { $0.gateCap }) + aside > freeBlocks { return false }
        }
        if hasWindows { slide(demand.slot, settled) }
        let want = blockSize.holding(min(total + demand.tokens, maxModelLen))
        if capsDemand { return fitsCapped(want, held, aside, demand.watermark) }
        return max(0, want - held) * groups.count + aside <= freeBlocks
    }

    /// The same if windows cap the demand (S11). A demand that passes only because of the cap is
    /// refused and leaves an overdraft.
    @inline(never)
    private mutating func fitsCapped(
        _ want: Int, _ held: Int, _ aside: Int, _ watermark: Int
    ) -> Bool {
        guard lacking(want, held, { $0.demandCap }) + aside <= freeBlocks else { return false }
        let whole = max(0, want - held) * groups.count + aside - watermark
        overdraft = max(0, whole - freeBlocks)
        return overdraft == 0
    }

    /// Blocks that a request holding `held` lacks to hold `want` in each group, up to the group's
    /// cap. O(groups).
    @inline(__always)
    private func lacking(_ want: Int, _ held: Int, _ cap: (GroupRules) -> Int) -> Int {
        var blocks = 0
        for group in groups.indices { blocks += max(0, min(want, cap(groups[group])) - held) }
        return blocks
    }

    /// How many of the computed tokens a request's windows are counted from (S7).
    @inline(__always)
    func settled(_ computed: Int, inFlight: Int) -> Int {
        windowLag == 0 ? computed : max(0, computed - inFlight)
    }

    /// Meets a demand that `canAllocate` accepted: adopts the hit, takes the missing blocks and
    /// registers those that become full. O(groups · (hit extents + spans evicted)), by number O(new
    /// blocks + hit blocks).
    @inline(__always)
    mutating func allocate(_ demand: BlockDemand, _ hit: Hit = .none) {
        let total = min(demand.computed + hit.tokens, maxModelLen)
        if hit.tokens > 0 {
            adopt(
                demand.slot, Int32(blockSize.filled(by: hit.tokens)),
                settled: settled(total, inFlight: demand.inFlight))
        }
        grow(demand.slot, to: min(total + demand.tokens, maxModelLen))
        register(demand.slot, upTo: min(total + demand.tokens, demand.known))
        noteQuiet(demand.slot)
    }

    /// Takes the blocks that a request lacks to hold `tokens` tokens.
    @inline(__always)
    mutating func grow(_ slot: Int, to tokens: Int) {
        let new = blockSize.holding(tokens) - Int(slots[slot].table.count)
        guard new > 0 else { return }
        slots[slot].table.count += Int32(new)
        if usesExtents { extents.take(new * groups.count) } else { takeBlocks(slot, new) }
    }

    @inline(never)
    private mutating func adopt(_ slot: Int, _ blocks: Int32, settled: Int) {
        slots[slot].table.count = blocks
        slots[slot].table.registered = blocks
        usesExtents ? adoptExtents(slot, settled) : adoptBlocks(slot, settled)
    }

    /// Releases the blocks that have left a window of a request with `settled` settled tokens.
    @inline(never)
    mutating func slide(_ slot: Int, _ settled: Int) {
        for group in groups.indices where groups[group].window > 0 {
            let end = min(Int32(groups[group].skippedBlocks(settled)), slots[slot].table.count)
            usesExtents
                ? freeBehindWindows(slot, group, to: end)
                : slideBlocks(slot, group, to: end)
        }
    }

    /// Registers keys for the blocks that are full at `tokens` tokens.
    @inline(__always)
    mutating func register(_ slot: Int, upTo tokens: Int) {
        guard isCaching else { return }
        let full = Int32(blockSize.filled(by: tokens))
        let done = slots[slot].table.registered
        guard done < full else { return }
        slots[slot].table.registered = full
        usesExtents ? registerExtents(slot, done..<full) : registerBlocks(slot, done..<full)
    }

    /// Tokens in the blocks of a request that are registered, or were decided not to be. O(1).
    @inline(__always)
    func registeredTokens(_ slot: Int) -> Int {
        Int(slots[slot].table.registered) * blockSize.tokens
    }

    /// Releases everything that a preempted request holds. It may find its own blocks again.
    mutating func release(_ slot: Int, returning request: borrowing LiveRequest) {
        if usesExtents { expose(slot, output: request.outputContent) }
        release(slot)
    }

    /// Releases everything a request holds: group 0 first, the last block first.
    mutating func release(_ slot: Int) {
        let table = slots[slot].table
        slots[slot].table = BlockTable()
        slots[slot].nextNeed = -1
        usesExtents ? releaseExtents(slot, table) : releaseBlocks(slot)
    }

    /// Computed tokens at which a steadily decoding request must next call the pool.
    ///
    /// `settled` is the settled count of its latest `allocate`, which determines how far its
    /// windows have moved; nil if not known.
    mutating func nextNeed(_ slot: Int, settled: Int?) -> Int {
        let size = blockSize.tokens
        let table = slots[slot].table
        // Blocks full of known tokens get registered.
        let fill = table.nextFill(unknown: Int32(inFlight), size: Int32(size), caching: isCaching)
        var next = Int(min(table.nextTake(size: Int32(size)), fill))
        guard hasWindows else { return next }
        guard let settled else { return 0 }
        for group in groups.indices where groups[group].window > 0 {
            let skipped = groups[group].skippedBlocks(settled)
            next = min(next, (skipped + 1) * size + groups[group].window - 1 + windowLag)
        }
        return next
    }

    /// Whether a request must call the pool before it computes up to `tokens` tokens.
    @inline(__always)
    func needs(_ slot: Int, upTo tokens: Int) -> Bool { tokens > Int(slots[slot].nextNeed) }

    /// Blocks that a request lacks to hold `tokens` tokens, over all groups.
    @inline(__always)
    func blocksLacking(_ slot: Int, tokens: Int) -> Int {
        let want = blockSize.holding(min(tokens, maxModelLen))
        return max(0, want - Int(slots[slot].table.count)) * groups.count
    }

    /// Most blocks that a request of `tokens` tokens holds, over all groups. O(groups).
    @inline(__always)
    func gateBlocks(tokens: Int) -> Int {
        let blocks = blockSize.holding(tokens)
        return sumsBlocks ? blocks : lacking(blocks, 0) { $0.holdCap }
    }

    /// Notes until when the request's next steps need nothing from the pool.
    @inline(__always)
    mutating func noteQuiet(_ slot: Int) {
        // A window may slide at any step.
        guard !hasWindows else {
            slots[slot].nextNeed = -1
            return
        }
        let size = Int32(blockSize.tokens)
        let table = slots[slot].table
        let fill = table.nextFill(unknown: 0, size: size, caching: isCaching)
        slots[slot].nextNeed = min(table.nextTake(size: size), fill)
    }
}

/// Blocks of requests whose steps are kept as sums (`sumsBlocks`): first taken as a number, and
/// booked on a request when its own state is needed.
extension KVCache {
    /// Takes free blocks.
    @inline(__always)
    mutating func take(_ blocks: Int) {
        if blocks > 0 { extents.take(blocks) }
    }

    /// Books on a request the blocks that were taken as a number for its first `tokens` tokens.
    @inline(__always)
    mutating func book(_ slot: Int, tokens: Int) {
        guard sumsBlocks else { return }
        let blocks = Int32(blockSize.holding(tokens))
        slots[slot].table.count = max(slots[slot].table.count, blocks)
    }

    /// Books a request's blocks at `computed` tokens, registers those that are full, and notes
    /// until when it needs nothing. `inFlight` of its tokens were in flight when its latest step
    /// was scheduled.
    mutating func settle(_ slot: Int, computed: Int, inFlight: Int) {
        // Otherwise they were taken and registered when it was time.
        if sumsBlocks {
            book(slot, tokens: computed)
            // A step registers blocks full of tokens known when it is scheduled: with a token in
            // flight that is one less.
            register(slot, upTo: computed - inFlight)
        }
        noteQuiet(slot)
    }
}
