/// One request as a format gives it, before checks that all formats share.
///
/// -1 stands for "the trace does not say" where a column is optional.
struct TraceRow {
    var id: Int64 = -1
    /// Nanoseconds on the format's own clock.
    var time: Int64 = 0
    var prompt: Int64 = 0
    var output: Int64 = 0
    var maxTokens: Int64 = -1
    var priority: Int32 = 0
    /// Nanoseconds on the format's own clock.
    var abort: Int64 = -1
    var outputContent: Int64 = -1
    var predecessor: Int64 = -1
    /// Nanoseconds.
    var thinkTime: Int64 = 0

    /// Whether any optional column is said.
    @inline(__always) var hasOptions: Bool {
        maxTokens >= 0 || priority != 0 || abort >= 0 || outputContent >= 0 || predecessor >= 0
    }

    /// Longest prompt or output that is taken for real: ten times the longest context that any
    /// published model claims (10 million tokens, Llama 4 Scout).
    static let longest: Int64 = 100_000_000
}

extension [Segment] {
    /// Appends a piece of a prompt, joined to the last one where it continues it and that one lies
    /// at or after `start`, so that equal prompts have equal segments. O(1) amortised.
    @inline(__always)
    mutating func appendPiece(_ content: Int64, offset: Int32, length: Int32, from start: Int) {
        if count > start {
            let last = self[count - 1]
            let (reach, overflow) = last.offset.addingReportingOverflow(last.length)
            if last.content == content, reach == offset, !overflow,
                !last.length.addingReportingOverflow(length).overflow
            {
                self[count - 1].length += length
                return
            }
        }
        append(Segment(content: content, offset: offset, length: length))
    }
}

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
        try cursor.openArray("hash_ids")
        let mask = Int64(1) << shift - 1
        var count = 0
        var first: Int64 = -1
        var next = Int64.min
        while true {
            cursor.skipSpaces()
            if count > 0 {
                if cursor.skip(0x5d) { break }
                guard cursor.skip(0x2c) else { throw cursor.unfinished() }
                if cursor.current == 32 { cursor.at &+= 1 }
            } else if cursor.skip(0x5d) {
                return 0
            }
            let id = try cursor.integer("a hash id")
            if id != next || id & mask == 0 {
                guard id >= 0 else {
                    throw ScanFailure("a hash id is negative: \(id)", expected: "at least 0")
                }
                if first >= 0 { append(first, through: next - 1, space, to: &segments) }
                first = id
            }
            next = id &+ 1
            count &+= 1
        }
        append(first, through: next - 1, space, to: &segments)
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
}

/// Which ids were seen, so that a second one is found. Memory follows the gaps between ids that
/// come in order, not their number.
struct SeenIDs {
    private var runs: [ClosedRange<Int64>] = []
    private var stragglers: Set<Int64> = []

    /// Adds an id; false when it was there. O(log gaps).
    mutating func insert(_ id: Int64) -> Bool {
        guard let last = runs.last else {
            runs.append(id...id)
            return true
        }
        if id > last.upperBound {
            if id == last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...id
            } else {
                runs.append(id...id)
            }
            return true
        }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound < id { low = middle + 1 } else { high = middle }
        }
        if runs[low].contains(id) { return false }
        return stragglers.insert(id).inserted
    }
}
