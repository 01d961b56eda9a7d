/// The four columns that every trace has, being filled row by row without the checks that an
/// array makes at every append: a third of the time of reading a trace of lengths.
///
/// Rows with anything more go to the batch itself, for the rest of that batch.
final class PlainColumns {
    private let ids: UnsafeMutablePointer<Int64>
    private let arrivals: UnsafeMutablePointer<Int64>
    private let prompts: UnsafeMutablePointer<Int32>
    private let outputs: UnsafeMutablePointer<Int32>
    private let capacity: Int
    private var isOpen = true
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        ids = .allocate(capacity: self.capacity)
        arrivals = .allocate(capacity: self.capacity)
        prompts = .allocate(capacity: self.capacity)
        outputs = .allocate(capacity: self.capacity)
    }

    deinit {
        ids.deallocate()
        arrivals.deallocate()
        prompts.deallocate()
        outputs.deallocate()
    }

    /// Starts a batch.
    func begin() {
        precondition(count == 0, "the last batch was not drained")
        isOpen = true
    }

    /// Takes a row whose segments, if any, are at the end of the batch's; false when the row must
    /// go to the batch itself. O(1).
    @inline(__always)
    func append(_ row: borrowing TraceRow, arrival: Int64, to batch: inout Workload) -> Bool {
        guard isOpen, count < capacity else { return false }
        if !batch.segments.isEmpty {
            let end = batch.segments.count
            guard batch.segmentEnds.count == count, end > (batch.segmentEnds.last ?? 0) else {
                return false
            }
            batch.segmentEnds.append(end)
        }
        ids[count] = row.id
        arrivals[count] = arrival
        prompts[count] = Int32(truncatingIfNeeded: row.prompt)
        outputs[count] = Int32(truncatingIfNeeded: row.output)
        count &+= 1
        return true
    }

    /// Moves what was taken into the batch; later rows of it must go there themselves. O(rows).
    func drain(into batch: inout Workload) {
        isOpen = false
        guard count > 0 else { return }
        batch.ids.append(contentsOf: UnsafeBufferPointer(start: ids, count: count))
        batch.arrivals.append(contentsOf: UnsafeBufferPointer(start: arrivals, count: count))
        batch.promptTokens.append(contentsOf: UnsafeBufferPointer(start: prompts, count: count))
        batch.outputTokens.append(contentsOf: UnsafeBufferPointer(start: outputs, count: count))
        count = 0
    }
}
