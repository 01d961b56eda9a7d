/// Requests that wait for admission, in the policy's order.
///
/// First come, first served: a deque; preempted requests return to its front. Priority: ordered by
/// (priority, arrival, id), smallest first, kept as a descending array, so that the head leaves in
/// O(1) and an insertion moves only what precedes it. Swift policy: placed requests are in the
/// array, again with the head last; those that came or returned since are in the deque, behind
/// them.
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
    /// Whether the array is in use: by priority, and for a policy.
    private let usesArray: Bool
    private var deque = RingQueue<Int32>()
    private var descending: [(rank: Rank, slot: Int32)] = []
    /// Requests that the current admission loop has passed over.
    private var aside: [Int32] = []

    init(ordered: Bool, byPolicy: Bool = false) {
        self.ordered = ordered
        usesArray = ordered || byPolicy
    }

    var count: Int { usesArray ? descending.count + deque.count : deque.count }
    var isEmpty: Bool { count == 0 }
    /// The request at a position; the head is 0.
    subscript(place: Int) -> Int32 {
        let placed = placed
        return place < placed ? descending[placed - 1 - place].slot : deque[place - placed]
    }
    var head: Int32? { usesArray ? descending.last?.slot ?? deque.first : deque.first }

    /// Adds a new request.
    mutating func append(_ slot: Int32, rank: Rank) {
        ordered ? insert(slot, rank) : deque.append(slot)
    }

    /// Returns a preempted request to the queue.
    mutating func putBack(_ slot: Int32, rank: Rank) {
        ordered ? insert(slot, rank) : deque.prepend(slot)
    }

    /// Passes over the head until `returnAside`.
    mutating func setAside() {
        guard let head else { return }
        removeHead()
        aside.append(head)
    }

    /// Returns the requests passed over to the front, the last of them first, or by rank. O(aside).
    mutating func returnAside(_ requests: borrowing HotArray<LiveRequest>) {
        for slot in aside { putBack(slot, rank: requests[Int(slot)].rank) }
        aside.removeAll()
    }

    private mutating func removeHead() {
        if placed == 0 { _ = deque.popFirst() } else { descending.removeLast() }
    }

    /// Removes a request wherever it is. O(1) for the head, else O(count).
    mutating func remove(_ slot: Int32) {
        if head == slot { return removeHead() }
        if usesArray, let index = descending.lastIndex(where: { $0.slot == slot }) {
            descending.remove(at: index)
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

/// The order of a Swift policy.
extension WaitingQueue {
    /// How many requests have been placed, and how many behind them have not.
    var placed: Int { usesArray ? descending.count : 0 }
    var unplaced: Int { deque.count }

    /// Removes a request that has not been placed, by its index among those.
    mutating func takeUnplaced(_ index: Int) -> Int32 {
        let slot = deque[index]
        if index == 0 { deque.removeFirst() } else { deque.remove(at: index) }
        return slot
    }

    /// Places a request before the one at a position from the head. O(place).
    mutating func place(_ slot: Int32, before place: Int) {
        let rank = Rank(priority: 0, arrival: 0, id: 0)
        descending.insert((rank, slot), at: descending.count - place)
    }

    /// Moves a request forward. O(distance).
    mutating func move(from place: Int, to earlier: Int) {
        let entry = descending.remove(at: descending.count - 1 - place)
        descending.insert(entry, at: descending.count - earlier)
    }
}

extension LiveRequest {
    /// Its rank in a queue ordered by priority.
    var rank: WaitingQueue.Rank { .init(priority: priority, arrival: arrival, id: id) }
}
