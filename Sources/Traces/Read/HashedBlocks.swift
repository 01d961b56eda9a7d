/// 64-bit block hashes as ids that count up in order of first appearance.
struct HashedBlocks {
    private var ids: [UInt64: Int64] = [:]

    /// The id of a hash.
    mutating func id(of hash: UInt64) -> Int64 {
        let fresh = Int64(ids.count)
        if let known = ids[hash] { return known }
        ids[hash] = fresh
        return fresh
    }
}

extension ByteCursor {
    /// A whole number, at least 0, that fits 64 bits.
    mutating func unsigned(_ name: StaticString) throws -> UInt64 {
        let start = at
        var value: UInt64 = 0
        while at < end, base[at] &- 48 < 10 {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = scaled.addingReportingOverflow(UInt64(base[at] - 48))
            guard !overflow, !carry else {
                throw ScanFailure(
                    "\(name) does not fit 64 bits: \(excerpt(from: start))",
                    expected: "a smaller number")
            }
            value = next
            at += 1
        }
        guard at > start else {
            throw ScanFailure(
                "\(name) is not a number: \(excerpt(from: start))", expected: "at least 0")
        }
        return value
    }
}
