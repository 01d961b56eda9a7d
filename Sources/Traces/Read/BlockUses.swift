/// Which block ids stood for a partial block, and of how many tokens, and which for a full one.
/// Detects ids that stood for blocks of two lengths.
///
/// Ids that count up as new content appears, as in published traces, need one bit each: every id up
/// to the largest has occurred, and stood for a full block unless its bit says otherwise. If that
/// order breaks, or an id has done both, a table keeps words of 64 ids, up to a bound.
struct BlockUses {
    /// The last run of ids in the row being read, not counted yet.
    private var pending: ClosedRange<Int64>?
    /// All ids up to this one have occurred, while ids count up; -1 before the first.
    private var largest: Int64 = -1
    private var partialBits = Bits()
    private var lengths = PartialLengths()
    /// Set once ids no longer count up, or one id has done both.
    private var table: [Int64: Word]?
    private var clashes = false

    private struct Word {
        var full: UInt64 = 0
        var partial: UInt64 = 0
    }

    /// Most words in the table: 64 MB. Later ids are compared with those in it.
    private static let most = 1 << 20

    /// Adds consecutive ids of a row. O(ids / 64) while ids count up.
    @inline(__always)
    mutating func add(_ first: Int64, through last: Int64) {
        if let pending { countFull(pending.lowerBound, through: pending.upperBound) }
        pending = ClosedRange(uncheckedBounds: (first, last))
    }

    /// Ends a row whose last id stands for a partial block of `tokens` tokens, or for a full one if
    /// 0. Returns true if one of its ids stood for a block of another length before.
    @inline(__always)
    mutating func settle(partial tokens: Int32) -> Bool {
        guard let run = pending else { return false }
        pending = nil
        let last = run.upperBound
        if tokens > 0 {
            if run.lowerBound < last { countFull(run.lowerBound, through: last &- 1) }
            countPartial(last, tokens)
        } else {
            countFull(run.lowerBound, through: last)
        }
        guard clashes else { return false }
        clashes = false
        return true
    }

    /// Drops what a row without blocks may have left.
    mutating func forget() {
        pending = nil
        clashes = false
    }

    @inline(__always)
    private mutating func countFull(_ first: Int64, through last: Int64) {
        if table == nil {
            // New ids cannot have been partial.
            if first == largest &+ 1, last < Bits.most {
                largest = last
                return
            }
            if last <= largest, !partialBits.hasAny(in: first...last) { return }
        }
        countFullSlowly(first, through: last)
    }

    @inline(__always)
    private mutating func countPartial(_ id: Int64, _ tokens: Int32) {
        if table == nil {
            if id == largest &+ 1, id < Bits.most {
                largest = id
                partialBits.insert(id)
                lengths.append(id, tokens)
                return
            }
            if id <= largest, partialBits.contains(id) {
                if lengths.tokens(of: id) != tokens { clashes = true }
                return
            }
        }
        countPartialSlowly(id, tokens)
    }

    @inline(never)
    private mutating func countFullSlowly(_ first: Int64, through last: Int64) {
        if table == nil { begin() }
        var id = first
        while true {
            let wordEnd = id | 63
            let end = min(wordEnd, last)
            let mask = (UInt64.max << UInt64(id & 63)) & (UInt64.max >> UInt64(63 - end & 63))
            change(id >> 6) { word in
                word.full |= mask
                return word.partial & mask != 0
            }
            if end == last { return }
            id = end + 1
        }
    }

    @inline(never)
    private mutating func countPartialSlowly(_ id: Int64, _ tokens: Int32) {
        if table == nil { begin() }
        if lengths.add(id, tokens, most: Self.most) != tokens { clashes = true }
        let mask: UInt64 = 1 << UInt64(id & 63)
        change(id >> 6) { word in
            word.partial |= mask
            return word.full & mask != 0
        }
    }

    private mutating func change(_ key: Int64, _ body: (inout Word) -> Bool) {
        var word = table![key] ?? Word()
        let isThere = table![key] != nil
        if body(&word) { clashes = true }
        if isThere || table!.count < Self.most { table![key] = word }
    }

    /// Moves from bits to the table.
    private mutating func begin() {
        table = [:]
        lengths.beginTable()
        guard largest >= 0 else { return }
        for key in 0...(largest >> 6) where table!.count < Self.most {
            let known = min(63, largest - key << 6)
            let partial = partialBits.word(key)
            table![key] = Word(
                full: (UInt64.max >> UInt64(63 - known)) & ~partial, partial: partial)
        }
    }

    /// Tokens of partial blocks by id: lists in order of id while ids count up, then a table.
    private struct PartialLengths {
        private var ids: [Int64] = []
        private var tokens: [Int32] = []
        private var table: [Int64: Int32] = [:]

        /// Adds the largest id so far.
        mutating func append(_ id: Int64, _ count: Int32) {
            ids.append(id)
            tokens.append(count)
        }

        /// The tokens of an id that was appended. O(log ids).
        func tokens(of id: Int64) -> Int32? {
            var range = ids.indices
            while !range.isEmpty {
                let middle = (range.lowerBound + range.upperBound) / 2
                if ids[middle] == id { return tokens[middle] }
                range = ids[middle] < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
            }
            return nil
        }

        mutating func beginTable() {
            table = Dictionary(uniqueKeysWithValues: zip(ids, tokens))
            ids = []
            tokens = []
        }

        /// Adds to the table, up to a bound. Returns what the id had before, or else `count`.
        mutating func add(_ id: Int64, _ count: Int32, most: Int) -> Int32 {
            if let known = table[id] { return known }
            if table.count < most { table[id] = count }
            return count
        }
    }

    /// A set of small numbers, one bit each.
    private struct Bits {
        private var words: [UInt64] = []
        /// Larger ids are not kept as bits: 128 MB of them.
        static let most: Int64 = 1 << 30

        func word(_ index: Int64) -> UInt64 { index < words.count ? words[Int(index)] : 0 }

        func contains(_ id: Int64) -> Bool {
            word(id >> 6) >> UInt64(id & 63) & 1 != 0
        }

        mutating func insert(_ id: Int64) {
            let index = Int(id >> 6)
            while words.count <= index { words.append(0) }
            words[index] |= 1 << UInt64(id & 63)
        }

        @inline(__always) func hasAny(in range: ClosedRange<Int64>) -> Bool {
            var index = range.lowerBound >> 6
            let end = range.upperBound >> 6
            var mask = UInt64.max << UInt64(range.lowerBound & 63)
            while index < end {
                if word(index) & mask != 0 { return true }
                mask = .max
                index += 1
            }
            mask &= UInt64.max >> UInt64(63 - range.upperBound & 63)
            return word(index) & mask != 0
        }
    }
}
