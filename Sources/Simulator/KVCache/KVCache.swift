import Models
import Traces

/// The KV cache of one engine: every block, table, key and content. It knows no scheduler and no
/// clock.
///
/// Its verbs are `lookUp`, `canAllocate`, `allocate`, `register`, `release` and `nextNeed`. Asking
/// has one side effect only, which vLLM has too: blocks that left a sliding window are released
/// first, even when the answer is no.
///
/// Two stores stand behind the verbs: extents (`Extents/`, fast) and numbered blocks (`Blocks/`,
/// literal: the oracle of the extents, and for whoever wants block numbers).
///
/// Rules: vLLM 0.33.0 `KVCacheManager`.
struct KVCache: ~Copyable {
    let blockSize: BlockSize
    let maxModelLen: Int
    let isCaching: Bool
    let groups: HotArray<GroupRules>
    let hasWindows: Bool
    /// Blocks in the pool, the null block included.
    let count: Int
    /// Tokens that a request which decodes steadily has in flight when a step is decided.
    let inFlight: Int
    /// Those of them that still hold its attention windows back (S7).
    let windowLag: Int
    /// Whether what windows can hold caps every demand (S11), and by how many blocks the latest
    /// one that was let through so exceeded the free ones: taking them ends the engine.
    let capsDemand: Bool
    var overdraft = 0
    /// Whether a group keeps a request's blocks from the first one on while it runs.
    let keepsWholePrefixes: Bool
    /// Whether blocks are kept as extents or by number.
    let usesExtents: Bool
    /// Whether the blocks of requests that decode are mere counts: extents, full attention only.
    let sumsBlocks: Bool

    var slots = HotArray<CacheSlot>()
    var found: Lookup

    var contents = PromptContents()

    var extents: ExtentPool
    /// Group by group: index slot × groups + group.
    var groupTables = HotArray<GroupTable>()
    var holds = Slab<ExtentRange>(filler: ExtentRange(extent: -1, low: 0, high: 0))

    var pool: BlockPool
    /// Block numbers, group by group: index slot × groups + group.
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
        // Plain values: Swift 6.3.1 destroys what is not there yet when the right side of an `&&`
        // reads a property of a noncopyable value under construction.
        let usesExtents = !numbersBlocks
        let isFull = engine.groups == [.full]
        self.usesExtents = usesExtents
        // Where freed blocks without a key go to the back (S8), which of a step's blocks is taken
        // first decides what is evicted: sums do not say.
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
/// A small value: the cache keeps the pieces of its latest lookup, and `serial` says whether they
/// are still this hit's.
struct Hit {
    /// Tokens of the prefix, a multiple of the block size.
    var tokens = 0
    /// Tokens of the longest prefix that a kind of groups has, where another has less.
    var longest = 0
    fileprivate(set) var serial = 0

    /// Nothing found, nothing looked up: what running requests have.
    static let none = Hit()
}

extension KVCache {
    /// Makes room for what is known of a new request's slot. `content` is nil where no other
    /// request can name the request's content. O(segments).
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

    /// The segments of a request's prompt; empty where content does not matter. O(segments).
    mutating func content(of slot: Int) -> [Segment] {
        guard isCaching, !slots[slot].isPrivate else { return [] }
        return contents.segments(slot, to: slots[slot].promptTokens)
    }

    /// Finds the longest cached prefix of a request: vLLM's `get_computed_blocks`. At least one
    /// known token is always left to compute.
    ///
    /// O(nodes + pieces passed + runs looked at) over extents, O(hit blocks) by number, O(blocks)
    /// with windows.
    @inline(__always)
    mutating func lookUp(_ slot: Int, known: Int) -> Hit {
        if !isCaching || slots[slot].isPrivate { return .none }
        return lookUpContent(slot, known)
    }

    /// The same for content that other requests may share: each kind of groups in turn, full
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

    /// Whether a demand can be met: vLLM's `allocate_slots` up to its test of capacity. Releases
    /// what left a window. O(groups · hit runs), by number O(hit blocks).
    @inline(__always)
    mutating func canAllocate(_ demand: BlockDemand, _ hit: Hit = .none) -> Bool {
        guard sumsBlocks, hit.tokens == 0 else { return fits(demand, hit) }
        // Nothing slides, nothing caps what is asked for, and of two questions the larger decides.
        let known = demand.reservesFullPrompt ? demand.known : 0
        let tokens = min(max(demand.computed + demand.tokens, known), maxModelLen)
        let held = Int(slots[demand.slot].table.count)
        return max(0, blockSize.holding(tokens) - held) + demand.watermark <= extents.freeCount
    }

    /// The same with windows, hits, or several groups, and where blocks are numbered.
    @inline(never)
    private mutating func fits(_ demand: BlockDemand, _ hit: Hit) -> Bool {
        precondition(
            hit.tokens == 0 || hit.serial == found.serial, "I8: a hit of an earlier lookup")
        let total = min(demand.computed + hit.tokens, maxModelLen)
        let settled = settled(total, inFlight: demand.inFlight)
        let held = Int(slots[demand.slot].table.count) + blockSize.filled(by: hit.tokens)
        var aside = demand.watermark
        if hit.tokens > 0 {
            // To adopt hits that nobody holds takes them out of the queue.
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

    /// The same where windows cap the demand (S11). What is let through so and is not there leaves
    /// an overdraft.
    @inline(never)
    private mutating func fitsCapped(
        _ want: Int, _ held: Int, _ aside: Int, _ watermark: Int
    ) -> Bool {
        guard lacking(want, held, { $0.demandCap }) + aside <= freeBlocks else { return false }
        let whole = max(0, want - held) * groups.count + aside - watermark
        overdraft = max(0, whole - freeBlocks)
        return overdraft == 0
    }

    /// Blocks that a request with so many lacks to hold more in each group, as far as the group's
    /// cap reckons with them. O(groups).
    @inline(__always)
    private func lacking(_ want: Int, _ held: Int, _ cap: (GroupRules) -> Int) -> Int {
        var blocks = 0
        for group in groups.indices { blocks += max(0, min(want, cap(groups[group])) - held) }
        return blocks
    }

    /// The tokens from which a request's windows are counted (S7), of those computed.
    @inline(__always)
    func settled(_ computed: Int, inFlight: Int) -> Int {
        windowLag == 0 ? computed : max(0, computed - inFlight)
    }

    /// Meets a demand that `canAllocate` has said yes to: adopts the hit, takes what is missing,
    /// registers what becomes full. O(groups · (hit runs + spans evicted)), by number O(new blocks
    /// + hit blocks).
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

    /// Takes the blocks that a request lacks to hold so many tokens.
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

    /// Releases what has left a window of a request with so many settled tokens.
    @inline(never)
    mutating func slide(_ slot: Int, _ settled: Int) {
        for group in groups.indices where groups[group].window > 0 {
            let end = min(Int32(groups[group].skippedBlocks(settled)), slots[slot].table.count)
            usesExtents
                ? freeBehindWindows(slot, group, to: end)
                : slideBlocks(slot, group, to: end)
        }
    }

    /// Registers keys for the blocks that are full at so many tokens.
    @inline(__always)
    mutating func register(_ slot: Int, upTo tokens: Int) {
        guard isCaching else { return }
        let full = Int32(blockSize.filled(by: tokens))
        let done = slots[slot].table.registered
        guard done < full else { return }
        slots[slot].table.registered = full
        usesExtents ? registerExtents(slot, done..<full) : registerBlocks(slot, done..<full)
    }

    /// Tokens of the blocks of a request that a key has been registered for, or was decided not to
    /// be. O(1).
    @inline(__always)
    func registeredTokens(_ slot: Int) -> Int {
        Int(slots[slot].table.registered) * blockSize.tokens
    }

    /// Releases everything that a preempted request holds, which may find its own blocks again.
    mutating func release(_ slot: Int, returning request: borrowing LiveRequest) {
        if usesExtents { expose(slot, output: request.outputContent) }
        release(slot)
    }

    /// Releases everything a request holds, the last block first, group 0 first.
    mutating func release(_ slot: Int) {
        let table = slots[slot].table
        slots[slot].table = BlockTable()
        slots[slot].nextNeed = -1
        usesExtents ? releaseExtents(slot, table) : releaseBlocks(slot)
    }

    /// Tokens computed at which the pool has to be asked for a request that decodes steadily.
    ///
    /// `settled` is what its latest `allocate` took for settled, on which depends how far its
    /// windows have moved; nil: not known.
    mutating func nextNeed(_ slot: Int, settled: Int?) -> Int {
        let size = blockSize.tokens
        let table = slots[slot].table
        // What is full of known tokens is registered.
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

    /// Whether the pool has to be asked before a request computes up to so many tokens.
    @inline(__always)
    func needs(_ slot: Int, upTo tokens: Int) -> Bool { tokens > Int(slots[slot].nextNeed) }

    /// Blocks that a request lacks to hold so many tokens, over all groups.
    @inline(__always)
    func blocksLacking(_ slot: Int, tokens: Int) -> Int {
        let want = blockSize.holding(min(tokens, maxModelLen))
        return max(0, want - Int(slots[slot].table.count)) * groups.count
    }

    /// Most blocks that a request of so many tokens holds, over all groups. O(groups).
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

/// Blocks of requests whose steps are known as sums (`sumsBlocks`): taken as a number first, and
/// booked on a request when it is looked at.
extension KVCache {
    /// Takes blocks that are free.
    @inline(__always)
    mutating func take(_ blocks: Int) {
        if blocks > 0 { extents.take(blocks) }
    }

    /// Books what a request took, as a number, to hold so many tokens.
    @inline(__always)
    mutating func book(_ slot: Int, tokens: Int) {
        guard sumsBlocks else { return }
        let blocks = Int32(blockSize.holding(tokens))
        slots[slot].table.count = max(slots[slot].table.count, blocks)
    }

    /// Books a request's blocks at so many computed tokens, registers those that are full, and
    /// notes until when it needs nothing. `inFlight` tokens were so when its latest step was
    /// decided.
    mutating func settle(_ slot: Int, computed: Int, inFlight: Int) {
        // Else they were asked for, and registered, when it was time.
        if sumsBlocks {
            book(slot, tokens: computed)
            // A step registers what is full of tokens known when it is scheduled: with a token in
            // flight that is one less.
            register(slot, upTo: computed - inFlight)
        }
        noteQuiet(slot)
    }
}
