/// Mutable numbers with fast lookup of the first minimum: a tournament tree.
struct LeastTree {
    /// Node 1 is the root, node n has children 2n and 2n + 1, and the last half are the numbers.
    private var nodes: [Int32]
    private let leaves: Int

    /// `count` zeroes.
    init(count: Int) {
        var leaves = 1
        while leaves < count { leaves *= 2 }
        self.leaves = leaves
        nodes = Array(repeating: .max, count: 2 * leaves)
        for place in 0..<count { nodes[leaves + place] = 0 }
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            nodes[node] = min(nodes[2 * node], nodes[2 * node + 1])
        }
    }

    /// The number at an index. Setting it is O(log count).
    subscript(place: Int) -> Int32 {
        get { nodes[leaves + place] }
        set {
            var node = leaves + place
            nodes[node] = newValue
            while node > 1 {
                node /= 2
                let least = min(nodes[2 * node], nodes[2 * node + 1])
                if nodes[node] == least { return }
                nodes[node] = least
            }
        }
    }

    /// The first index of the least number, searching from `start` and wrapping to 0. O(log count).
    func firstLeast(from start: Int) -> Int {
        let least = nodes[1]
        var node = leaves + start
        if nodes[node] == least { return start }
        while node > 1 {
            // A right neighbour holds later indices.
            if node & 1 == 0, nodes[node + 1] == least { return firstLeast(below: node + 1) }
            node /= 2
        }
        return firstLeast(below: 1)
    }

    private func firstLeast(below top: Int) -> Int {
        var node = top
        while node < leaves { node = nodes[2 * node] == nodes[top] ? 2 * node : 2 * node + 1 }
        return node - leaves
    }
}
