/// The token identity of block ids that count up as new content appears.
///
/// Block `id` of `tokens` tokens becomes the tokens from `(id mod n) · tokens` on of content `id
/// div n`, where n is the largest power of two for which the offsets fit 30 bits. This is one to
/// one, and blocks that first appeared side by side become one segment instead of hundreds.
struct BlockIdentity {
    let tokens: Int32
    private let shift: Int64
    /// Which ids stood for partial and which for full blocks; nil if all blocks are whole.
    private var uses: BlockUses?

    /// `tokens` per block, 1...2²⁰. `hasPartial`: the last id of a prompt may stand for fewer.
    init(tokens: Int, hasPartial: Bool = false) {
        precondition(tokens >= 1 && tokens <= 1 << 20, "absurd block size")
        self.tokens = Int32(tokens)
        shift = Int64(30 - (64 - (UInt64(tokens) - 1).leadingZeroBitCount) % 64)
        uses = hasPartial ? BlockUses() : nil
    }

    /// Reads a JSON array of block ids at the cursor and appends their tokens as whole blocks.
    /// Returns the number of ids, or nil for null. `space` separates namespaces (files, sessions).
    /// O(ids).
    mutating func read(
        _ cursor: inout ByteCursor, space: Int64 = 0, into segments: inout [Segment]
    ) throws -> Int? {
        // A local copy can stay in registers.
        var scan = cursor
        defer { cursor = scan }
        if scan.skipNull() { return nil }
        try scan.openArray("hash_ids")
        scan.skipSpaces()
        if scan.skip(0x5d) { return 0 }
        let mask = Int64(1) << shift - 1
        var count = 0
        var first: Int64 = -1
        var next = Int64.min
        while true {
            let id = try scan.integer("a hash id")
            if id != next || id & mask == 0 {
                guard id >= 0 else {
                    throw ScanFailure("a hash id is negative: \(id)", expected: "at least 0")
                }
                if first >= 0 { append(first, through: next &- 1, space, to: &segments) }
                first = id
            }
            // After the largest id this wraps to a number that no id can have; it wraps back in the
            // same way.
            next = id &+ 1
            count &+= 1
            if scan.skipCommaAndSpace() { continue }
            scan.skipSpaces()
            if scan.skip(0x5d) { break }
            guard scan.skip(0x2c) else { throw scan.unfinished() }
            scan.skipSpaces()
        }
        append(first, through: next &- 1, space, to: &segments)
        return count
    }

    /// Appends the tokens of block ids as whole blocks. Ids are at least 0. O(ids).
    mutating func append(_ ids: [Int64], to segments: inout [Segment]) {
        let mask = Int64(1) << shift - 1
        var first = 0
        while first < ids.count {
            var next = first + 1
            while next < ids.count, ids[next] == ids[next - 1] + 1, ids[next] & mask != 0 {
                next += 1
            }
            append(ids[first], through: ids[next - 1], 0, to: &segments)
            first = next
        }
    }

    /// Appends the whole blocks of consecutive ids that share a content.
    @inline(__always)
    private mutating func append(
        _ first: Int64, through last: Int64, _ space: Int64, to segments: inout [Segment]
    ) {
        uses?.add(first, through: last)
        let offset = Int32(truncatingIfNeeded: first & (1 << shift - 1)) * tokens
        let length = Int32(truncatingIfNeeded: last - first + 1) * tokens
        segments.append(
            Segment(content: space + (first >> shift), offset: offset, length: length))
    }

    /// Fits whole blocks already appended to a prompt's length: cuts the last one, or, if only
    /// whole blocks have ids, leaves the rest to the request itself.
    @inline(__always)
    mutating func fit(
        _ count: Int, to row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws {
        guard row.prompt >= 0, count > 0 || row.prompt > 0 else {
            uses?.forget()
            return
        }
        let size = Int64(tokens)
        let (reach, overflow) = Int64(count).multipliedReportingOverflow(by: size)
        let excess = reach &- row.prompt
        switch excess {
        case 0..<size where !overflow:
            if count > 0 {
                segments[segments.count &- 1].length &-= Int32(truncatingIfNeeded: excess)
            }
        case (1 &- size)..<0 where !overflow:
            try counters.note(.floorBlockCount)
            row.ownTail = Int32(truncatingIfNeeded: 0 &- excess)
        default: throw misfit(count, row)
        }
        let partial = excess > 0 ? tokens &- Int32(truncatingIfNeeded: excess) : 0
        if let clashes = uses?.settle(partial: partial), clashes {
            try counters.note(.partialID)
        }
    }

    /// The same if ids stand for whole blocks only.
    func fitWhole(
        _ count: Int, to row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws {
        guard row.prompt >= 0, count > 0 || row.prompt > 0 else { return }
        let size = Int64(tokens)
        switch row.prompt - Int64(count) * size {
        case 0: break
        case let rest where rest > 0 && rest < size: row.ownTail = Int32(rest)
        case let rest where rest < 0 && rest > -size:
            try counters.note(.ceilBlockCount)
            segments[segments.count - 1].length += Int32(rest)
        default: throw misfit(count, row)
        }
    }

    private func misfit(_ count: Int, _ row: TraceRow) -> ScanFailure {
        let size = Int64(tokens)
        return ScanFailure(
            "\(count) hash ids for a prompt of \(row.prompt) tokens",
            expected: "\(row.prompt / size + min(1, row.prompt % size)) ids of \(size) tokens"
                + " (another size: trace.block_size; headway trace: --block-size)")
    }
}
