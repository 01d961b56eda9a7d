import Traces

/// Every beginning of a prompt or answer that a run has seen, as chained hashes of its pieces: a
/// bound of what prefix caches can hit, told request by request.
///
/// Exact for the latest million pieces of content at least; what came back later than that counts
/// as new. So memory stays below 64 MB.
struct ReuseBound: ~Copyable {
    /// Whether there are caches to hit.
    let isOn: Bool
    /// Whether a request may find what it shares in a replica that it does not go to.
    private let tellsReplicas: Bool
    private var recent = PieceLengths()
    /// What the latest `most` pieces before those of `recent` were.
    private var older = PieceLengths()
    private let most: Int

    init(_ plan: RunPlan, most: Int = 1 << 20) {
        isOn = plan.engine.enablePrefixCaching
        tellsReplicas = plan.replicas > 1
        self.most = most
    }

    /// Notes what a request begins with, and tells it what was known of that. O(segments).
    @inline(__always)
    mutating func see(_ request: inout ArrivingRequest, on replica: Int) {
        if isOn, !request.content.isEmpty { follow(&request, replica) }
    }

    /// Adjacent segments that continue one content are one piece, as in `PromptContents`.
    @inline(never)
    private mutating func follow(_ request: inout ArrivingRequest, _ replica: Int) {
        var walk = PrefixWalk(promptTokens: request.promptTokens, replica: replica)
        var (content, offset, length) = (Int64(0), Int32(0), Int32(0))
        for segment in request.content {
            if length > 0, segment.content == content, segment.offset == offset + length {
                length += segment.length
            } else {
                if length > 0 { pass(&walk, content, offset, length) }
                (content, offset, length) = (segment.content, segment.offset, segment.length)
            }
        }
        // The last token of an answer is computed by nobody.
        let answer = request.outputTokens - 1
        if request.isQuotable, answer > 0 {
            if request.outputContent == content, offset + length == 0 {
                length += answer
            } else {
                pass(&walk, content, offset, length)
                (content, offset, length) = (request.outputContent, 0, answer)
            }
        }
        pass(&walk, content, offset, length)
        request.shared = walk.shared
        if !tellsReplicas { request.shared.here = walk.shared.anywhere }
    }

    /// Goes on by a piece.
    private mutating func pass(
        _ walk: inout PrefixWalk, _ content: Int64, _ offset: Int32, _ length: Int32
    ) {
        let key = walk.key(content, offset)
        let inPrompt = min(length, walk.left)
        let known = raise(key, to: length)
        walk.shared.anywhere += walk.goesOn ? min(known, inPrompt) : 0
        walk.goesOn = walk.goesOn && known >= length
        if tellsReplicas {
            let known = raise(walk.keyHere(key), to: length)
            walk.shared.here += walk.goesOnHere ? min(known, inPrompt) : 0
            walk.goesOnHere = walk.goesOnHere && known >= length
        }
        walk.hash = PrefixWalk.mix(key, UInt64(UInt32(bitPattern: length)))
        walk.left -= inPrompt
    }

    /// Notes a piece of some length; the longest that was known of it, 0 for a new one.
    private mutating func raise(_ key: UInt64, to length: Int32) -> Int32 {
        let place = recent.place(of: key)
        if recent[place].key == key {
            let known = recent[place].longest
            recent[place].longest = max(known, length)
            return known
        }
        let before = older[older.place(of: key)]
        let known = before.key == key ? before.longest : 0
        recent.insert(key, max(known, length), at: place)
        if recent.count >= most {
            swap(&recent, &older)
            recent = PieceLengths()
        }
        return known
    }
}

/// How far a request's content has been followed.
private struct PrefixWalk {
    var hash: UInt64 = 0
    /// Tokens of the prompt that are left.
    var left: Int32
    var shared = SharedPrefix()
    var goesOn = true
    var goesOnHere = true
    private let replica: UInt64

    init(promptTokens: Int32, replica: Int) {
        left = promptTokens
        self.replica = UInt64(replica + 1) &* 0x9e37_79b9_7f4a_7c15
    }

    /// Identity of a piece and of all before it; never 0.
    func key(_ content: Int64, _ offset: Int32) -> UInt64 {
        let what = UInt64(bitPattern: content) &* 0xa076_1d64_78bd_642f
        return Self.mix(hash ^ what, UInt64(UInt32(bitPattern: offset)) << 32)
    }

    /// The same within a replica.
    func keyHere(_ key: UInt64) -> UInt64 { Self.mix(key, replica) }

    /// One 64 x 64 multiplication (as in wyhash).
    static func mix(_ what: UInt64, _ with: UInt64) -> UInt64 {
        let product = (what ^ 0xe703_7ed1_a0b4_28db)
            .multipliedFullWidth(by: with ^ 0x8ebc_6af0_9c88_c6e3)
        return (product.high ^ product.low &+ what) | 1
    }
}

/// The longest that a piece was seen to be. Not private: Swift 6.3.1 breaks off at a private type
/// in an array that other files destroy.
struct PieceLength {
    /// 0: empty.
    var key: UInt64 = 0
    var longest: Int32 = 0
}

/// The longest that pieces were seen to be, by their keys: linear probing, load at most one half.
struct PieceLengths: ~Copyable {
    private var entries = HotArray(repeating: PieceLength(), count: 64)
    private(set) var count = 0

    subscript(place: Int) -> PieceLength {
        get { entries[place] }
        set { entries[place] = newValue }
    }

    /// Where a key is, or would be entered. O(1) expected.
    func place(of key: UInt64) -> Int {
        let mask = entries.count - 1
        var place = Int(truncatingIfNeeded: key >> 1) & mask
        while entries[place].key != key, entries[place].key != 0 { place = (place + 1) & mask }
        return place
    }

    /// Enters a new key at the place that it was looked for. O(1) amortised.
    mutating func insert(_ key: UInt64, _ length: Int32, at place: Int) {
        entries[place] = PieceLength(key: key, longest: length)
        count += 1
        if 2 * count > entries.count { grow() }
    }

    private mutating func grow() {
        var old = HotArray(repeating: PieceLength(), count: 2 * entries.count)
        swap(&old, &entries)
        for index in old.indices where old[index].key != 0 {
            entries[place(of: old[index].key)] = old[index]
        }
    }
}
