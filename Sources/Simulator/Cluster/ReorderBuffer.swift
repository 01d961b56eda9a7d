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

    /// Hands the records on that every earlier request's end has set free, in order of arrival.
    mutating func handOn(_ observer: inout any RunObserver) throws {
        while !pending.isEmpty, let record = pending[0] {
            pending.removeFirst()
            base += 1
            count += 1
            fold(record)
            trend.add(record)
            if stretch.isOn { stretch.add(record) }
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
