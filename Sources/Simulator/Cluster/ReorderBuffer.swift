import Basics

/// Puts ended requests back into the order of arrival: a record leaves as soon as every earlier
/// request has ended, so memory follows the requests alive.
struct ReorderBuffer: ~Copyable {
    private var pending = RingQueue<RequestRecord?>()
    /// Sequence number of the first pending place.
    private var base: Int64 = 0
    private(set) var digest = Fingerprint()
    private(set) var trend = QueueTrend()
    /// Those between the margins, where there are any.
    private(set) var stretch: StretchStatistics
    /// Gaps of finished requests that were not handed on, where margins ask whose they are.
    private var gaps: [Int64: [Int64]] = [:]
    /// Records handed on.
    private(set) var count = 0
    /// The records handed on, where they are kept.
    private(set) var records: [RequestRecord] = []
    private let keepsRecords: Bool

    /// Whether a request has ended, and an earlier one has not.
    var isHolding: Bool { !pending.isEmpty }

    init(_ plan: RunPlan) {
        keepsRecords = plan.keepsRecords
        stretch = StretchStatistics(plan.margins, plan.objective)
    }

    /// Enters ended requests and forgets them there. O(requests).
    mutating func enter(_ ended: inout HotArray<EndedRequest>) {
        for index in ended.indices {
            let place = Int(ended[index].sequence - base)
            while pending.count <= place { pending.append(nil) }
            pending[place] = ended[index].record
        }
        ended.removeAll()
    }

    /// Enters gaps of finished requests and forgets them there. Before `handOn` for these requests.
    /// O(requests).
    mutating func enter(_ ended: inout HotArray<EndedGaps>) {
        guard !ended.isEmpty else { return }
        for index in ended.indices { gaps[ended[index].sequence] = ended[index].gaps }
        ended.removeAll()
    }

    /// Hands the records on that every earlier request's end has set free, in order of arrival.
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

    /// Says that every record was handed on.
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
