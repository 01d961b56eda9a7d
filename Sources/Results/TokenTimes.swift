import Basics
import Simulator

/// The rows of token_times.csv: when each request's tokens reached its client, to the picosecond.
///
/// A row holds the time of the first token and the gaps between it and those after it, in order and
/// parted by spaces: `g` is a gap, `g*n` so many equal ones, and `g+d*n` (or `g-d*n`) so many of
/// which each is `d` longer (or shorter) than the one before. All are picoseconds.
package struct TokenTimes: Sendable {
    /// The header, without its newline.
    package static let header = "id,first_token_ps,tokens,gaps_ps"

    /// Gaps that rise by the same amount.
    package struct Run: Sendable, Equatable {
        package var gap: Int64
        package var rise: Int64
        package var count: Int64
    }

    private var requests = TokenSteps()

    /// No tokens.
    package init() {}

    /// Takes note of plans and deliveries; before the records of requests that ended by then.
    /// O(plans + what their lists hold).
    package mutating func add(_ plans: DecidedPlans) { requests.add(plans) }

    /// Appends gaps each of which is `rise` longer than the one before. O(1).
    ///
    /// Two of a kind are no run yet: a third says how they go on.
    static func extend(_ runs: inout [Run], by gap: Int64, rise: Int64 = 0, times: Int64 = 1) {
        var (gap, left) = (gap, times)
        while left > 0 {
            let last = runs.count - 1
            if last >= 0, runs[last].count > 1, runs[last].rise == rise,
                gap == runs[last].gap + rise * runs[last].count
            {
                runs[last].count += left
                return
            }
            append(gap, to: &runs)
            (gap, left) = (gap + rise, left - 1)
        }
    }

    private static func append(_ gap: Int64, to runs: inout [Run]) {
        let last = runs.count - 1
        guard last >= 0 else { return runs.append(Run(gap: gap, rise: 0, count: 1)) }
        if runs[last].count == 1 {
            runs[last].rise = gap - runs[last].gap
            runs[last].count = 2
        } else if gap == runs[last].gap + runs[last].rise * runs[last].count {
            runs[last].count += 1
        } else if runs[last].count == 2, runs[last].rise != 0 {
            let second = runs[last].gap + runs[last].rise
            runs[last] = Run(gap: runs[last].gap, rise: 0, count: 1)
            runs.append(Run(gap: second, rise: gap - second, count: 2))
        } else {
            runs.append(Run(gap: gap, rise: 0, count: 1))
        }
    }

    /// The row of an ended request, each in the order of the records. O(runs).
    package mutating func close(_ record: RequestRecord) -> String {
        var own: [Run] = []
        requests.close(record) { gap, rise, times in
            Self.extend(&own, by: gap, rise: rise, times: times)
        }
        guard record.firstToken >= 0 else { return "\(record.id),,0," }
        let room = Self.longest * (own.count + 2)
        return withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { memory in
            var text = TextRoom(memory)
            text.put(record.id)
            text.put(byte: UInt8(ascii: ","))
            text.put(record.firstToken)
            text.put(byte: UInt8(ascii: ","))
            text.put(Int64(record.outputTokens))
            for place in own.indices {
                text.put(byte: place == 0 ? UInt8(ascii: ",") : UInt8(ascii: " "))
                Self.put(own[place], into: &text)
            }
            if own.isEmpty { text.put(byte: UInt8(ascii: ",")) }
            return String(decoding: memory[..<text.count], as: UTF8.self)
        }
    }

    /// Room that is enough for a run and what parts it from another, bytes: three numbers of 20
    /// digits.
    private static let longest = 80

    private static func put(_ run: Run, into text: inout TextRoom) {
        text.put(run.gap)
        if run.count == 1 { return }
        if run.rise != 0 {
            if run.count == 2 {
                text.put(byte: UInt8(ascii: " "))
                return text.put(run.gap + run.rise)
            }
            if run.rise > 0 { text.put(byte: UInt8(ascii: "+")) }
            text.put(run.rise)
        }
        text.put(byte: UInt8(ascii: "*"))
        text.put(run.count)
    }

    /// The times of a row's tokens, picoseconds; nil for a text that is no row. O(tokens).
    package static func times(_ row: Substring) -> [Int64]? {
        let cells = row.split(separator: ",", omittingEmptySubsequences: false)
        guard cells.count == 4, let count = Int(cells[2]), count >= 0 else { return nil }
        guard count > 0 else { return cells[1].isEmpty && cells[3].isEmpty ? [] : nil }
        guard var time = Int64(cells[1]) else { return nil }
        var times = [time]
        for word in cells[3].split(separator: " ") {
            guard let run = run(word), run.count <= count - times.count else { return nil }
            for place in 0..<run.count {
                time &+= run.gap &+ run.rise &* place
                times.append(time)
            }
        }
        return times.count == count ? times : nil
    }

    private static func run(_ word: Substring) -> Run? {
        let halves = word.split(separator: "*", omittingEmptySubsequences: false)
        guard halves.count <= 2, let count = halves.count == 2 ? Int64(halves[1]) : 1, count > 0
        else { return nil }
        let sign = halves[0].dropFirst().firstIndex { $0 == "+" || $0 == "-" }
        guard let gap = Int64(halves[0][..<(sign ?? halves[0].endIndex)]), gap >= 0 else {
            return nil
        }
        let rise = sign.map { Int64(halves[0][$0...]) } ?? 0
        return rise.map { Run(gap: gap, rise: $0, count: count) }
    }
}
