import Basics

/// A gap between two tokens of a request, picoseconds.
public struct TokenGap: Sendable, Equatable {
    /// Place in the order of arrival over the whole run.
    public var sequence: Int64
    public var gap: Int64
}

/// Gaps between tokens by request: for observers that watch them, and for the tail of each that an
/// objective limits. Costs nothing where neither is wanted; else O(1) a token.
struct GapKeeper: ~Copyable {
    let isOn: Bool
    private let tells: Bool
    private let keepsTails: Bool
    /// Those since the last ones were handed on.
    private var delivered = HotArray<TokenGap>()
    /// By slot: when its latest token was delivered, and its gaps.
    private var latest = HotArray<Int64>()
    private var gaps: [[Int64]] = []

    /// Keeps nothing.
    init() {
        isOn = false
        tells = false
        keepsTails = false
    }

    init(tells: Bool, keepsTails: Bool) {
        isOn = tells || keepsTails
        self.tells = tells
        self.keepsTails = keepsTails
    }

    /// Notes a token of the request in a slot.
    mutating func deliver(_ slot: Int, _ sequence: Int64, at time: Int64, isFirst: Bool) {
        while latest.count <= slot {
            latest.append(-1)
            gaps.append([])
        }
        let gap = time - latest[slot]
        latest[slot] = time
        if isFirst { return gaps[slot].removeAll(keepingCapacity: true) }
        if tells { delivered.append(TokenGap(sequence: sequence, gap: gap)) }
        if keepsTails { gaps[slot].append(gap) }
    }

    /// The 99th percentile of the gaps of the request in a slot, linear between neighbours and
    /// rounded down; -1 without any. Forgets them. O(gaps log gaps).
    mutating func tail(of slot: Int) -> Int64 {
        guard keepsTails, slot < gaps.count, !gaps[slot].isEmpty else { return -1 }
        defer { gaps[slot].removeAll(keepingCapacity: true) }
        gaps[slot].sort()
        let own = gaps[slot]
        return Int64(Quantile.value(0.99, of: own.count) { Double(own[$0]) })
    }

    /// Hands them on.
    mutating func hand(to plans: inout DecidedPlans) {
        for index in delivered.indices { plans.gaps.append(delivered[index]) }
        delivered.removeAll()
    }
}
