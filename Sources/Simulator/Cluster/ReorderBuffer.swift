import Basics

/// Puts ended requests back into order of arrival. A record leaves as soon as every earlier request
/// has ended, so memory grows with the requests alive.
struct ReorderBuffer: ~Copyable {
    private var pending = RingQueue<RequestRecord?>()
    /// Sequence number of the first pending place.
    private var base: Int64 = 0
    private(set) var digest = Fingerprint()
    private(set) var trend = QueueTrend()
    /// Statistics of the requests between the margins, if there are margins.
    private(set) var stretch: StretchStatistics
    /// Gaps of finished requests that are not handed on yet, if margins need them per request.
    private var gaps: [Int64: [Int64]] = [:]
    /// Number of records handed on.
    private(set) var count = 0
    /// The records handed on, if the plan keeps them.
    private(set) var records: [RequestRecord] = []
    private let keepsRecords: Bool

    /// Whether a request has ended while an earlier one has not.
    var isHolding: Bool { !pending.isEmpty }

    init(_ plan: RunPlan) {
        keepsRecords = plan.keepsRecords
        stretch = StretchStatistics(plan.margins, plan.objective)
    }

    /// Takes ended requests over, emptying the list. O(requests).
    mutating func enter(_ ended: inout HotArray<EndedRequest>) {
        for index in ended.indices {
            let place = Int(ended[index].sequence - base)
            while pending.count <= place { pending.append(nil) }
            pending[place] = ended[index].record
        }
        ended.removeAll()
    }

    /// Takes over the gaps of finished requests, emptying the list. Call before `handOn` for these
    /// requests. O(requests).
    mutating func enter(_ ended: inout HotArray<EndedGaps>) {
        guard !ended.isEmpty else { return }
        for index in ended.indices { gaps[ended[index].sequence] = ended[index].gaps }
        ended.removeAll()
    }

    /// Hands on, in order of arrival, the records whose earlier requests have all ended.
    mutating func handOn(_ observer: inout any RunObserver) throws {
        while !pending.isEmpty, let record = pending[0] {
            pending.removeFirst()
            base += 1
            count += 1
            fold(record)
            trend.add(record)
            if stretch.isOn { stretch.add(record, gaps: gaps.removeValue(forKey: base - 1) ?? []) }
            if keepsRecords { records.append(record) }
            try observer.record(record)
        }
    }

    /// Closes the statistics after the last record.
    mutating func finish() {
        if stretch.isOn { stretch.finish() }
    }

    private mutating func fold(_ record: RequestRecord) {
        digest.add(Int(record.id))
        digest.add(Int(record.arrival))
        digest.add(Int(record.admitted))
        digest.add(Int(record.firstToken))
        digest.add(Int(record.finish))
        digest.add(Int(record.promptTokens) << 32 | Int(record.hitTokens))
        digest.add(Int(record.outputTokens) << 32 | Int(record.preemptions))
        digest.add(Int(record.replica) << 8 | Int(record.outcome.rawValue))
    }
}
