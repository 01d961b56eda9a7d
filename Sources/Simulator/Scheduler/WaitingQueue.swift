/// Requests that wait for admission, in the policy's order.
///
/// First come first served: a deque; preempted requests return to its front. Priority: ordered by
/// (priority, arrival, id), smallest first; kept as a descending array so that the head
/// leaves in O(1) and an insertion moves what stands before it.
struct WaitingQueue: ~Copyable {
    struct Rank: Comparable {
        var priority: Int32
        var arrival: Int64
        var id: Int64

        static func < (a: Rank, b: Rank) -> Bool {
            if a.priority != b.priority { return a.priority < b.priority }
            return a.arrival != b.arrival ? a.arrival < b.arrival : a.id < b.id
        }
    }

    let ordered: Bool
    private var deque = RingQueue<Int32>()
    private var descending: [(rank: Rank, slot: Int32)] = []
    /// Requests that the admission loop under way has passed over.
    private var aside: [Int32] = []

    init(ordered: Bool) { self.ordered = ordered }

    var count: Int { ordered ? descending.count : deque.count }
    var isEmpty: Bool { count == 0 }
    /// The request at a place, the head first.
    subscript(place: Int) -> Int32 {
        ordered ? descending[descending.count - 1 - place].slot : deque[place]
    }
    var head: Int32? { ordered ? descending.last?.slot : deque.first }

    /// A new request joins.
    mutating func append(_ slot: Int32, rank: Rank) {
        ordered ? insert(slot, rank) : deque.append(slot)
    }

    /// A preempted request returns.
    mutating func putBack(_ slot: Int32, rank: Rank) {
        ordered ? insert(slot, rank) : deque.prepend(slot)
    }

    /// Passes the head over until `returnAside`.
    mutating func setAside() {
        guard let head else { return }
        removeHead()
        aside.append(head)
    }

    /// Those passed over return to the front, the last of them first, or by rank. O(aside).
    mutating func returnAside(_ requests: borrowing HotArray<LiveRequest>) {
        for slot in aside { putBack(slot, rank: requests[Int(slot)].rank) }
        aside.removeAll()
    }

    private mutating func removeHead() {
        if ordered { descending.removeLast() } else { _ = deque.popFirst() }
    }

    /// Removes a request wherever it stands. O(1) for the head, else O(count).
    mutating func remove(_ slot: Int32) {
        if head == slot { return removeHead() }
        if ordered {
            descending.removeAll { $0.slot == slot }
        } else if let index = (0..<deque.count).first(where: { deque[$0] == slot }) {
            deque.remove(at: index)
        }
    }

    private mutating func insert(_ slot: Int32, _ rank: Rank) {
        var (low, high) = (0, descending.count)
        while low < high {
            let middle = (low + high) / 2
            if rank < descending[middle].rank { low = middle + 1 } else { high = middle }
        }
        descending.insert((rank, slot), at: low)
    }
}
