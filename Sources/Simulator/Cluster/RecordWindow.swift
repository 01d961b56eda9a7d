import Basics

/// Puts ended requests back into the order of arrival: a record leaves as soon as every earlier
/// request has ended, so memory follows the requests alive.
struct RecordWindow: ~Copyable {
    private var pending = RingQueue<RequestRecord?>()
    /// Sequence number of the first pending place.
    private var base: Int64 = 0
    private(set) var digest = Fingerprint()
    private(set) var count = 0

    /// Enters an ended request.
    mutating func put(_ ended: borrowing EndedRequest) {
        let place = Int(ended.sequence - base)
        while pending.count <= place { pending.append(nil) }
        pending[place] = ended.record
    }

    /// The next record in order of arrival, if its request has ended.
    mutating func next() -> RequestRecord? {
        guard let first = pending.first, let record = first else { return nil }
        _ = pending.popFirst()
        base += 1
        count += 1
        fold(record)
        return record
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
