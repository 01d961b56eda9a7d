/// Which outputs other live requests may quote, by hash of their content. An output that is quoted
/// while it is being generated must register its blocks in the order of all others.
///
/// Counts by hash can only be too high, which costs speed but not exactness.
struct QuoteCounts: ~Copyable {
    private static let size = 1 << 14
    private var quoted = HotArray<Int32>()
    private var outputs = HotArray<Int32>()
    /// Whether an arrival quoted what might be the output of a live request.
    var mayConflict = false

    private static func place(_ content: Int64) -> Int {
        Int((UInt64(bitPattern: content) &* 0x9e37_79b9_7f4a_7c15) >> 50)
    }

    /// Counts a content that a live request's prompt names, or subtracts it with `sign` -1.
    mutating func countQuoted(_ content: Int64, _ sign: Int32) {
        prepare()
        let place = Self.place(content)
        quoted[place] += sign
        if sign > 0, outputs[place] > 0 { mayConflict = true }
    }

    /// Counts a live request's output, or subtracts it with `sign` -1.
    mutating func countOutput(_ output: Int64, _ sign: Int32) {
        prepare()
        let place = Self.place(output)
        outputs[place] += sign
        if sign > 0, outputs[place] > 1 { mayConflict = true }
    }

    private mutating func prepare() {
        guard quoted.isEmpty else { return }
        quoted = HotArray(repeating: 0, count: Self.size)
        outputs = HotArray(repeating: 0, count: Self.size)
    }

    /// Whether no other live request names this output.
    func isPrivate(_ output: Int64) -> Bool {
        if quoted.isEmpty { return true }
        let place = Self.place(output)
        return quoted[place] == 0 && outputs[place] <= 1
    }
}
