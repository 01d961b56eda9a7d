import Basics

/// The seeds of a study.
package enum CapacitySeeds: Sendable, Equatable {
    /// This many, starting with the configuration's.
    case count(Int)
    case these([Int])

    /// The default: of six edges, the smallest and largest enclose the median with a probability of
    /// 97 %.
    package static let usual = CapacitySeeds.count(6)
    /// Most seeds.
    private static let most = 1_000

    /// "6", or a list: "0,1,5".
    ///
    /// - Throws: `InputError` at `--seeds`.
    package init(_ text: String) throws {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == words.count, numbers.allSatisfy({ $0 >= 0 }) else {
            throw InputError(
                "--seeds", "is \(text.echoed())", expected: "a number such as 6, or a list: 0,1,5")
        }
        if numbers.count == 1, let count = numbers.first {
            guard (1...Self.most).contains(count) else {
                throw InputError(
                    "--seeds", "is \(count)", expected: "1 to \(Self.most), or a list: 0,1,5")
            }
            self = .count(count)
            return
        }
        guard Set(numbers).count == numbers.count, numbers.count <= Self.most else {
            throw InputError(
                "--seeds", "names a seed twice, or more than \(Self.most)", expected: "each once")
        }
        self = .these(numbers)
    }

    /// The seeds. If only their number is given, they start with the configuration's own.
    func from(_ first: Int) -> [Int] {
        switch self {
        // Past the largest they wrap around to 0.
        case .count(let count): (0..<count).map { first > .max - count ? $0 : first + $0 }
        case .these(let seeds): seeds
        }
    }
}
