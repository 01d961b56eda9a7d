import Basics

/// A gap between two tokens of a request, in picoseconds.
package struct TokenGap: Sendable, Equatable {
    /// Place in the order of arrival over the whole run.
    package var sequence: Int64
    package var gap: Int64
}

/// The gaps between the tokens of a request that has ended.
struct EndedGaps {
    /// Its place in the order of arrival.
    var sequence: Int64
    /// Picoseconds.
    var gaps: [Int64]
}

/// Gaps between tokens by request, for requests whose gaps cannot be counted at once.
///
/// A gap counts for the run only when its request finishes. So a request whose client may give up
/// is tracked separately. Every request is, if there are margins, an observer wants gaps, or an
/// objective limits each request's tail. O(1) per token of such requests, free for the others.
struct GapKeeper: ~Copyable {
    /// Whether any request's gaps are kept.
    private(set) var isOn: Bool
    /// Whether every request's gaps are kept.
    let keepsAll: Bool
    private let tells: Bool
    private let keepsTails: Bool
    private let handsOn: Bool
    /// Gaps not yet passed to observers.
    private var delivered = HotArray<TokenGap>()
    /// By slot: when the latest token was delivered, and the gaps.
    private var latest = HotArray<Int64>()
    private var gaps: [[Int64]] = []
    /// Gaps of requests that ended without finishing: in no figure, but in the balance.
    private(set) var abandoned = HotHistogram()
    /// Gaps of finished requests for the cluster to take, if margins need them per request.
    var ended = HotArray<EndedGaps>()

    /// Keeps no request's gaps.
    init() {
        self.init(tells: false, keepsTails: false, handsOn: false)
    }

    /// `tells`: for observers; `keepsTails`: for the objective; `handsOn`: with finished requests.
    init(tells: Bool, keepsTails: Bool, handsOn: Bool) {
        keepsAll = tells || keepsTails || handsOn
        isOn = keepsAll
        self.tells = tells
        self.keepsTails = keepsTails
        self.handsOn = handsOn
    }

    /// Notes that a client may give up, so its request's gaps are kept.
    mutating func expectAbort() { isOn = true }

    /// Whether the gaps of a request are kept until it finishes.
    @inline(__always)
    func keeps(mayAbort: Bool) -> Bool { keepsAll || mayAbort }

    /// Records a token of the request in a slot. Returns the gap that it ends, in picoseconds; nil
    /// for the first token.
    mutating func deliver(
        _ slot: Int, _ sequence: Int64, at time: Int64, isFirst: Bool
    ) -> Int64? {
        while latest.count <= slot {
            latest.append(-1)
            gaps.append([])
        }
        let gap = time - latest[slot]
        latest[slot] = time
        if isFirst {
            gaps[slot].removeAll(keepingCapacity: true)
            return nil
        }
        if tells { delivered.append(TokenGap(sequence: sequence, gap: gap)) }
        gaps[slot].append(gap)
        return gap
    }

    /// Ends the request in a slot and counts its gaps, in `histogram` if it finished. Returns their
    /// 99th percentile if the objective limits it (linear between neighbours, rounded down), or -1.
    /// O(gaps), and O(gaps log gaps) for the percentile.
    mutating func end(
        _ slot: Int, _ sequence: Int64, isFinished: Bool, into histogram: inout HotHistogram
    ) -> Int64 {
        guard slot < gaps.count, !gaps[slot].isEmpty else { return -1 }
        defer { gaps[slot].removeAll(keepingCapacity: true) }
        for gap in gaps[slot] {
            if isFinished { histogram.add(gap) } else { abandoned.add(gap) }
        }
        if handsOn, isFinished { ended.append(EndedGaps(sequence: sequence, gaps: gaps[slot])) }
        guard keepsTails else { return -1 }
        gaps[slot].sort()
        let own = gaps[slot]
        return Int64(Quantile.value(0.99, of: own.count) { Double(own[$0]) })
    }

    /// Moves the new gaps to the plans for observers.
    mutating func hand(to plans: inout DecidedPlans) {
        for index in delivered.indices { plans.gaps.append(delivered[index]) }
        delivered.removeAll()
    }
}
