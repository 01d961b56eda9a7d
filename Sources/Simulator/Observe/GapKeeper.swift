import Basics

/// A gap between two tokens of a request, picoseconds.
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

/// Gaps between tokens by request, of those whose gaps cannot be counted as they come.
///
/// A gap is counted for the run when its request finishes. Whose client may give up is therefore
/// kept apart, and every request where margins leave some out, an observer watches gaps, or an
/// objective limits the tail of each request's. Costs nothing elsewhere; else O(1) a token.
struct GapKeeper: ~Copyable {
    /// Whether some request's gaps are kept.
    private(set) var isOn: Bool
    /// Whether every request's are.
    let keepsAll: Bool
    private let tells: Bool
    private let keepsTails: Bool
    private let handsOn: Bool
    /// Those since the last ones were told.
    private var delivered = HotArray<TokenGap>()
    /// By slot: when its latest token was delivered, and its gaps.
    private var latest = HotArray<Int64>()
    private var gaps: [[Int64]] = []
    /// Gaps of requests that ended without having finished: in no figure, but in the account.
    private(set) var abandoned = HotHistogram()
    /// Gaps of finished requests, to be taken by the cluster, where margins ask whose they are.
    var ended = HotArray<EndedGaps>()

    /// Keeps no request's gaps.
    init() {
        self.init(tells: false, keepsTails: false, handsOn: false)
    }

    /// `tells`: to observers; `keepsTails`: for the objective; `handsOn`: with finished requests.
    init(tells: Bool, keepsTails: Bool, handsOn: Bool) {
        keepsAll = tells || keepsTails || handsOn
        isOn = keepsAll
        self.tells = tells
        self.keepsTails = keepsTails
        self.handsOn = handsOn
    }

    /// Says that a client may give up: its request's gaps are kept.
    mutating func expectAbort() { isOn = true }

    /// Whether the gaps of a request are kept, and counted when it finishes.
    @inline(__always)
    func keeps(mayAbort: Bool) -> Bool { keepsAll || mayAbort }

    /// Notes a token of the request in a slot. The gap that it ends, picoseconds; nil: it is the
    /// first.
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

    /// Ends the request in a slot: counts its gaps, in the histogram if it finished. Its 99th
    /// percentile where the objective limits it, linear between neighbours and rounded down; -1
    /// without any. O(gaps), O(gaps log gaps) for the percentile.
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

    /// Tells them.
    mutating func hand(to plans: inout DecidedPlans) {
        for index in delivered.indices { plans.gaps.append(delivered[index]) }
        delivered.removeAll()
    }
}
