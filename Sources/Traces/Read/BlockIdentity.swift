/// The token identity of block ids that count up as new content appears.
///
/// Block `id` of `tokens` tokens becomes the tokens from `(id mod n) · tokens` on of content
/// `id div n`, n being the largest power of two for which the offsets fit 30 bits. That is one to
/// one, and blocks that first appeared side by side become one segment instead of hundreds.
struct BlockIdentity {
    let tokens: Int32
    private let shift: Int64

    /// `tokens` per block, 1...2²⁰.
    init(tokens: Int) {
        precondition(tokens >= 1 && tokens <= 1 << 20, "absurd block size")
        self.tokens = Int32(tokens)
        shift = Int64(30 - (64 - (UInt64(tokens) - 1).leadingZeroBitCount) % 64)
    }

    /// Reads a JSON array of block ids at the cursor and appends their tokens, whole blocks all;
    /// returns how many. `space` keeps namespaces apart (files, sessions). O(ids).
    func read(
        _ cursor: inout ByteCursor, space: Int64 = 0, into segments: inout [Segment]
    ) throws -> Int {
        // A copy of one's own can stay in registers.
        var scan = cursor
        defer { cursor = scan }
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
            // After the largest id this wraps, to a number that no id can be; so it does back.
            next = id &+ 1
            count &+= 1
            if scan.skipCommaAndSpace() { continue }
            scan.skipSpaces()
            if scan.skip(0x5d) { break }
            guard scan.skip(0x2c) else { throw scan.unfinished() }
            if scan.current == 32 { scan.at &+= 1 }
        }
        append(first, through: next &- 1, space, to: &segments)
        return count
    }

    /// Appends the whole blocks of consecutive ids that share a content.
    private func append(
        _ first: Int64, through last: Int64, _ space: Int64, to segments: inout [Segment]
    ) {
        let offset = Int32(truncatingIfNeeded: first & (1 << shift - 1)) * tokens
        let length = Int32(truncatingIfNeeded: last - first + 1) * tokens
        segments.append(
            Segment(content: space + (first >> shift), offset: offset, length: length))
    }

    /// Fits whole blocks already appended to a prompt's length: cuts the last one, or where only
    /// whole blocks have ids, leaves the rest to the request itself.
    func fit(
        _ count: Int, to row: inout TraceRow, segments: inout [Segment], tally: inout Tally,
        floorIsRule: Bool = false
    ) throws {
        guard row.prompt >= 0, count > 0 || row.prompt > 0 else { return }
        let size = Int64(tokens)
        let excess = Int64(count) * size - row.prompt
        switch excess {
        case 0..<size:
            if count > 0 { segments[segments.count - 1].length -= Int32(excess) }
        case (1 - size)..<0:
            if !floorIsRule { try tally.note(.floorBlockCount) }
            row.ownTail = Int32(-excess)
        default:
            throw ScanFailure(
                "\(count) hash ids for a prompt of \(row.prompt) tokens",
                expected: "\((row.prompt + size - 1) / size) ids of \(size) tokens")
        }
    }
}
