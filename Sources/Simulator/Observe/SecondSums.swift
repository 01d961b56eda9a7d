/// Tokens that one replica delivered in each second since the run's first arrival, counted as
/// vLLM's serving benchmark does for `max_output_tokens_per_s`.
///
/// The second under way is kept separately. Past ones wait until the cluster takes them, so that
/// memory does not grow with the length of the run.
struct DeliverySeconds: ~Copyable {
    /// The tokens of one second; seconds count from 0.
    struct Second {
        var number: Int
        var tokens: Int
    }

    private static let second: Int64 = 1_000_000_000_000
    /// Start of second 0, and end of the second under way, in picoseconds.
    private var origin: Int64 = 0
    private var end = second
    private var tokens = 0
    /// Past seconds that had tokens.
    fileprivate var past = HotArray<Second>()

    /// Sets the start of second 0, before the first token.
    mutating func begin(at time: Int64) {
        origin = time
        end = time + Self.second
    }

    /// Counts tokens delivered at `time`, not before those counted so far. O(1).
    @inline(__always)
    mutating func add(_ number: Int, at time: Int64) {
        if time >= end { turn(to: time) }
        tokens += number
    }

    /// Counts `each` tokens at the end of each of `number` consecutive spans, at least one. The
    /// first ends at `time`, the second `duration` later, and each lasts `rise` longer than the one
    /// before. O(1), and O(log number) for each second passed.
    @inline(__always)
    mutating func add(
        _ each: Int, times number: Int64, from time: Int64, duration: Int64, rise: Int64,
        last: Int64
    ) {
        if last < end {
            tokens += each * Int(number)
        } else {
            spread(each, number, time, duration, rise)
        }
    }

    @inline(never)
    private mutating func spread(
        _ each: Int, _ number: Int64, _ time: Int64, _ duration: Int64, _ rise: Int64
    ) {
        func moment(_ span: Int64) -> Int64 {
            time + span * duration + rise * (span * (span - 1) / 2)
        }
        var done: Int64 = 0
        while true {
            // How many of them end before the second does.
            var (low, high) = (done, number)
            while low < high {
                let middle = (low + high) / 2
                if moment(middle) < end { low = middle + 1 } else { high = middle }
            }
            tokens += each * Int(low - done)
            done = low
            guard done < number else { return }
            turn(to: moment(done))
        }
    }

    /// Puts the second under way aside and starts the one that holds `time`.
    @inline(never)
    private mutating func turn(to time: Int64) {
        close()
        end = time + Self.second - (time - origin) % Self.second
    }

    /// Puts the second under way aside, even if it is not over.
    fileprivate mutating func close() {
        guard tokens > 0 else { return }
        past.append(Second(number: Int((end - origin) / Self.second) - 1, tokens: tokens))
        tokens = 0
    }
}

/// Tokens that all replicas delivered in each second since the first arrival.
struct SecondSums: ~Copyable {
    private var tokens = HotArray<Int>()

    /// Takes the past seconds of a replica. O(seconds).
    @inline(__always)
    mutating func take(_ seconds: inout DeliverySeconds) {
        if !seconds.past.isEmpty { addPast(&seconds) }
    }

    @inline(never)
    private mutating func addPast(_ seconds: inout DeliverySeconds) {
        for index in seconds.past.indices {
            let second = seconds.past[index]
            tokens.append(0, times: max(0, second.number + 1 - tokens.count))
            tokens[second.number] += second.tokens
        }
        seconds.past.removeAll()
    }

    /// Takes all of a replica's seconds, at the end of a run. O(seconds).
    mutating func takeAll(_ seconds: inout DeliverySeconds) {
        seconds.close()
        take(&seconds)
    }

    /// The most tokens in a second; 0 without any. O(seconds).
    var most: Int {
        var most = 0
        for index in tokens.indices { most = max(most, tokens[index]) }
        return most
    }
}
