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
    let caps: HotArray<GroupCaps>
    /// Whether a group's freed blocks without a key go to the back of the queue.
    let freesToBack: Bool
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
    /// Whether blocks are kept as extents or by number.
    let usesExtents: Bool
    /// Whether the blocks of requests that decode are mere counts: extents, full attention only.
    let sumsBlocks: Bool

    var slots = HotArray<CacheSlot>()
    var found: Lookup

    var extents: ExtentPool
    /// Group by group: index slot × groups + group.
    var groupTables = HotArray<GroupTable>()
    var holds = Slab<ExtentRange>(filler: ExtentRange(extent: -1, low: 0, high: 0))
    var contents = PromptContents()

    var pool: BlockPool
    /// Group by group: index slot × groups + group.
    var tables = HotArray<BlockTable>()
    var blockLists = Slab<Int32>(filler: 0)
    var chains: KeyChains

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
        var caps = HotArray<GroupCaps>()
        var freesToBack = false
        for group in engine.groups {
            groups.append(GroupRules(group, engine: engine))
            let cap = GroupCaps(group, engine: engine)
            caps.append(cap)
            freesToBack = freesToBack || cap.keylessToBack
        }
        self.freesToBack = freesToBack
        self.caps = caps
        found = Lookup(engine.groups, groups)
        self.groups = groups
        // Plain values: Swift 6.3.1 destroys what is not there yet when the right side of an `&&`
        // reads a property of a noncopyable value under construction.
        let usesExtents = !numbersBlocks
        let isFull = engine.groups == [.full]
        self.usesExtents = usesExtents
        sumsBlocks = usesExtents && isFull
        hasWindows = engine.groups.contains { $0 != .full }
        extents = ExtentPool(
            count: usesExtents ? engine.numGPUBlocks : 1, blockSize: engine.blockSize,
            groups: engine.groups.count)
        pool = BlockPool(count: usesExtents ? 1 : engine.numGPUBlocks)
        chains = KeyChains(blockSize: engine.blockSize)
    }

    var freeBlocks: Int { usesExtents ? extents.freeCount : pool.freeCount }
    /// Blocks that requests can hold: all but the null block.
    var usableBlocks: Int { count - 1 }
    var usedBlocks: Int { usableBlocks - freeBlocks }
    var evictions: Int { usesExtents ? extents.evictions : pool.evictions }
    var distinctKeys: Int { usesExtents ? extents.distinctKeys : pool.distinctKeys }
}

/// What the cache knows of a request, whose facts it was given when its slot was opened.
struct CacheSlot {
    var table = ExtentTable()
    /// Up to so many computed tokens nothing has to be allocated, registered or slid.
    var quietUntil: Int32 = -1
    /// Where a full group's hit went on past the sliding groups', in tokens; 0: nowhere.
    var junction: Int32 = 0
    /// Whether no other request can name its content, so that its blocks are a number.
    var isPrivate = false
    var promptTokens: Int32
    /// Content id of the outputs.
    var outputContent: Int64
    /// Order of arrival over the whole run: unique.
    var sequence: Int64

    /// What decides which of its blocks a window's group retains.
    var retention: Retention { Retention(promptTokens: promptTokens, junction: junction) }
}

/// The longest cached prefix of a request, as `lookUp` found it.
///
/// A small value: the cache keeps the pieces of its latest lookup, and `serial` says whether they
/// are still this hit's.
struct Hit {
    /// Tokens of the prefix, a multiple of the block size.
    var tokens = 0
    fileprivate(set) var serial = 0

    /// Nothing found, nothing looked up: what running requests have.
    static let none = Hit()
}

/// What a request wants to hold after the step. Token counts throughout.
struct BlockDemand {
    var slot: Int
    /// Computed before the step, without what a hit adds.
    var computed: Int
    /// To compute in the step.
    var tokens: Int
    /// Prompt and delivered outputs.
    var known: Int
    /// Scheduled before, in batches not yet processed.
    var inFlight: Int
    /// Refuse unless all known tokens fit (vLLM's scheduler_reserve_full_isl).
    var reservesFullPrompt = false
    /// Blocks to leave free (vLLM's watermark).
    var watermark = 0

    /// What a request asks for when so many of its tokens are to be computed in a step.
    @inline(__always)
    init(_ request: borrowing LiveRequest, slot: Int, tokens: Int) {
        self.slot = slot
        self.tokens = tokens
        computed = Int(request.computed)
        known = Int(request.known)
        inFlight = Int(request.inFlight)
    }
}

extension KVCache {
    /// Makes room for what is known of a new request's slot. `content` is nil where no other
    /// request can name the request's content. O(segments).
    mutating func open(
        _ slot: Int, _ request: borrowing LiveRequest, content: ArraySlice<Segment>?
    ) {
        let entry = CacheSlot(
            promptTokens: request.promptTokens, outputContent: request.outputContent,
            sequence: request.sequence)
        if slot < slots.count {
            slots[slot] = entry
        } else {
            slots.append(entry)
            if usesExtents {
                groupTables.append(GroupTable(), times: groups.count)
            } else {
                tables.append(BlockTable(), times: groups.count)
            }
        }
        guard isCaching, let content else {
            slots[slot].isPrivate = true
            return
        }
        if usesExtents {
            contents.open(slot, content, output: request.outputContent)
        } else {
            chains.open(slot, content)
        }
    }

    /// Forgets the content of a request that has ended and released its blocks.
    mutating func close(_ slot: Int) {
        guard isCaching, !slots[slot].isPrivate else { return }
        usesExtents ? contents.close(slot) : chains.close(slot)
    }

    /// The segments of a request's prompt, where blocks are numbered; empty where content does not
    /// matter. O(segments).
    func content(of slot: Int) -> [Segment] {
        isCaching && !usesExtents ? chains.content(slot) : []
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

    /// The same for content that other requests may share.
    @inline(never)
    private mutating func lookUpContent(_ slot: Int, _ known: Int) -> Hit {
        found.serial += 1
        let tokens =
            usesExtents
            ? lookUpExtents(&self, slot, known) : lookUpBlocks(&self, slot, known)
        return Hit(tokens: tokens, serial: found.serial)
    }

    /// Whether a demand can be met: vLLM's `allocate_slots` up to its test of capacity. Releases
    /// what slid out of a window. O(groups · hit runs), by number O(hit blocks).
    @inline(__always)
    mutating func canAllocate(_ demand: BlockDemand, _ hit: Hit = .none) -> Bool {
        precondition(hit.tokens == 0 || hit.serial == found.serial, "a hit of an earlier lookup")
        return usesExtents
            ? canAllocateExtents(&self, demand, hit) : canAllocateBlocks(&self, demand, hit)
    }

    /// Meets a demand that `canAllocate` has said yes to: adopts the hit, takes what is missing,
    /// registers what becomes full. O(groups · (hit runs + spans evicted)), by number O(new blocks
    /// + hit blocks).
    @inline(__always)
    mutating func allocate(_ demand: BlockDemand, _ hit: Hit = .none) {
        usesExtents ? allocateExtents(&self, demand, hit) : allocateBlocks(&self, demand, hit)
        noteQuiet(demand.slot)
    }

    /// `allocate` for one more token of a request that decodes, where blocks are known to be free.
    mutating func allocateNext(_ slot: Int, computed: Int, known: Int, inFlight: Int) {
        if usesExtents {
            allocateNextExtent(&self, slot, computed: computed, known: known, inFlight: inFlight)
        } else {
            allocateNextBlock(&self, slot, computed: computed, known: known, inFlight: inFlight)
        }
        noteQuiet(slot)
    }

    /// Registers keys for the blocks that are full at so many tokens.
    @inline(__always)
    mutating func register(_ slot: Int, upTo tokens: Int) {
        guard isCaching else { return }
        usesExtents ? registerExtents(&self, slot, tokens) : registerBlocks(&self, slot, tokens)
    }

    /// Releases everything a request holds, the last block first, group 0 first. A request that
    /// `returns` after a preemption may find its own blocks again.
    mutating func release(_ slot: Int, returns: Bool = false) {
        if returns, usesExtents { expose(&self, slot) }
        slots[slot].quietUntil = -1
        usesExtents ? releaseExtents(&self, slot) : releaseBlocks(&self, slot)
    }

    /// Tokens computed at which the pool has to be asked for a request that decodes steadily.
    ///
    /// `settled` is what its latest `allocate` took for settled, on which depends how far its
    /// windows have slid; nil: not known.
    @inline(__always)
    func nextNeed(_ slot: Int, settled: Int?) -> Int {
        let size = blockSize.tokens
        let table = commonTable(slot)
        // What is full of known tokens is registered.
        let fill = table.nextFill(
            unknown: Int32(inFlight), size: Int32(size), caching: isCaching)
        var next = Int(min(table.nextTake(size: Int32(size)), fill))
        guard hasWindows else { return next }
        guard let settled else { return 0 }
        for group in 0..<groups.count where groups[group].window > 0 {
            let skipped = groups[group].skippedBlocks(settled)
            next = min(next, (skipped + 1) * size + groups[group].window - 1 + windowLag)
        }
        return next
    }

    /// Whether the pool has to be asked before a request computes up to so many tokens.
    @inline(__always)
    func needs(_ slot: Int, upTo tokens: Int) -> Bool { tokens > Int(slots[slot].quietUntil) }

    /// Blocks that a request lacks to hold so many tokens, over all groups.
    @inline(__always)
    func blocksLacking(_ slot: Int, tokens: Int) -> Int {
        let want = blockSize.holding(min(tokens, maxModelLen))
        return max(0, want - Int(commonTable(slot).count)) * groups.count
    }

    /// Whether a group's freed blocks without a key go to the back of the queue.
    @inline(__always)
    func keylessToBack(_ group: Int) -> Bool { freesToBack && caps[group].keylessToBack }

    /// The tokens from which a request's windows are counted (S7), of those computed.
    @inline(__always)
    func settled(_ computed: Int, inFlight: Int) -> Int {
        windowLag == 0 ? computed : max(0, computed - inFlight)
    }

    /// Most blocks that a request of so many tokens holds, over all groups. O(groups).
    @inline(__always)
    func gateBlocks(tokens: Int) -> Int {
        let each = blockSize.holding(tokens)
        var blocks = 0
        for group in groups.indices { blocks += min(each, caps[group].hold) }
        return blocks
    }

    /// Notes until when the request's next steps need nothing from the pool.
    @inline(__always)
    mutating func noteQuiet(_ slot: Int) {
        // A window may slide at any step.
        guard !hasWindows else {
            slots[slot].quietUntil = -1
            return
        }
        let size = Int32(blockSize.tokens)
        let table = commonTable(slot)
        let fill = table.nextFill(unknown: 0, size: size, caching: isCaching)
        slots[slot].quietUntil = min(table.nextTake(size: size), fill)
    }

    /// What all groups' tables of a request have in common, however its blocks are kept.
    @inline(__always)
    func commonTable(_ slot: Int) -> ExtentTable {
        if usesExtents { return slots[slot].table }
        let first = tables[slot * groups.count]
        return ExtentTable(count: first.list.count, registered: max(0, first.cached))
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

    /// Takes one more block for a request.
    mutating func takeNext(_ slot: Int) {
        extents.take(1)
        slots[slot].table.count += 1
    }

    /// Whether a request's blocks are full at so many tokens.
    @inline(__always)
    func isFull(_ slot: Int, at tokens: Int) -> Bool {
        tokens >= Int(slots[slot].table.count) * blockSize.tokens
    }

    /// Books what a request took, as a number, to hold so many tokens.
    @inline(__always)
    mutating func book(_ slot: Int, tokens: Int) {
        guard sumsBlocks else { return }
        let blocks = Int32(blockSize.holding(tokens))
        slots[slot].table.count = max(slots[slot].table.count, blocks)
    }

    /// Books a request's blocks at so many computed tokens, registers those that are full, and
    /// notes until when it needs nothing.
    mutating func settle(_ slot: Int, computed: Int) {
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
