import Basics
import Simulator

/// The course of a run over time, by replica and in total: the rows of series.csv, and the data of
/// charts in report.json.
package struct SeriesTable: Sendable {
    /// One window: requests, from their records, and the engine.
    package struct Point: Sendable, Equatable {
        package var requests = SeriesRequests.Window()
        package var engine = WindowSample()

        /// Adds another replica's window.
        mutating func join(_ other: Point) {
            requests.add(other.requests)
            engine.add(other.engine)
            engine.waiting += other.engine.waiting
            engine.running += other.engine.running
            engine.usedBlocks += other.engine.usedBlocks
        }
    }

    /// Start of the first window, length of each, and end of the last, in picoseconds.
    package let start: Int64
    package let interval: Int64
    package let end: Int64
    /// Blocks of one replica.
    package let blocks: Int
    /// By replica; every replica has the same number of windows.
    package let replicas: [[Point]]

    /// Joins the windows of a run's instances with those of its requests; nil without requests.
    /// Throws `InputError` if fixed windows exceed the allowed number.
    package init?(_ result: RunResult, _ requests: SeriesRequests, _ sampling: Sampling) throws {
        guard let samples = result.samples, !samples.replicas.isEmpty else { return nil }
        var requests = requests
        let reached = Int64(samples.replicas[0].count) * samples.interval
        guard !requests.areTooMany, sampling.widens || samples.end - samples.start <= reached
        else { throw sampling.tooMany }
        start = samples.start
        interval = max(samples.interval, requests.length)
        blocks = result.blocksPerReplica
        let engine = samples.joined(by: Int(interval / samples.interval))
        let number = engine.replicas[0].count
        let windows = requests.windows(interval, atLeast: number)
        replicas = zip(engine.replicas, windows).map { engine, requests in
            requests.indices.map { place in
                var point = Point(requests: requests[place])
                if place < engine.count { point.engine = engine[place] }
                return point
            }
        }
        let count = Int64(windows[0].count)
        let last = start + (count - 1) * interval
        end = max(last + 1, min(last + interval, samples.end))
    }

    private init(_ table: SeriesTable, interval: Int64, replicas: [[Point]]) {
        start = table.start
        end = table.end
        blocks = table.blocks
        self.interval = interval
        self.replicas = replicas
    }

    /// Number of windows.
    package var count: Int { replicas.first?.count ?? 0 }

    /// Length of a window in seconds; the last one ends with the run.
    package func seconds(_ window: Int) -> Double {
        let begin = start + Int64(window) * interval
        return Double(min(interval, end - begin)) / 1e12
    }

    /// The sum of all replicas. O(windows × replicas).
    package var sums: [Point] {
        var sums = [Point](repeating: Point(), count: count)
        for windows in replicas {
            for place in windows.indices { sums[place].join(windows[place]) }
        }
        return sums
    }

    /// The same with consecutive windows joined, so that there are at most `number`. O(windows).
    package func atMost(_ number: Int) -> SeriesTable {
        let width = max(1, (count + number - 1) / number)
        let joined = replicas.map { windows in
            stride(from: 0, to: windows.count, by: width).map { first in
                var point = windows[first]
                for later in windows[first..<min(first + width, windows.count)].dropFirst() {
                    point.requests.add(later.requests)
                    point.engine.add(later.engine)
                    point.engine.end(as: later.engine)
                }
                return point
            }
        }
        return SeriesTable(self, interval: interval * Int64(width), replicas: joined)
    }
}

/// The rows of series.csv.
extension SeriesTable {
    /// The header, without its newline.
    package static let header =
        "time_s,seconds,replica,arrivals,finished,rejected,aborted,queue,running,waiting_at_end,"
        + "running_at_end,steps,entries,mean_batch_size,prefill_tokens,decode_tokens,"
        + "prefill_tokens_per_step,decode_tokens_per_step,delivered_tokens,kv_blocks,"
        + "kv_blocks_at_end,kv_use,queried_tokens,hit_tokens,hit_rate,preemptions,busy_share"

    /// Passes every row to `body`, window by window: the replicas in order, then their sum.
    /// O(windows × replicas).
    package func eachRow(_ body: (String) throws -> Void) rethrows {
        let sums = sums
        for window in 0..<count {
            for replica in replicas.indices {
                try body(row(window, replicas[replica][window], of: 1, name: "\(replica)"))
            }
            try body(row(window, sums[window], of: replicas.count, name: "all"))
        }
    }

    private func row(_ window: Int, _ point: Point, of number: Int, name: String) -> String {
        let (requests, engine) = (point.requests, point.engine)
        let seconds = seconds(window)
        let span = seconds * 1e12
        let used = Double(engine.blockTime) / span
        let cells = [
            Quantity.exact(start + Int64(window) * interval, decimals: 12),
            Quantity.exact(Int64(span.rounded()), decimals: 12), name,
            "\(requests.arrivals)", "\(requests.finished)", "\(requests.rejected)",
            "\(requests.aborted)", "\(Double(requests.queueTime) / span)",
            "\(Double(requests.runningTime) / span)", "\(engine.waiting)", "\(engine.running)",
            "\(engine.steps)", "\(engine.entries)", share(engine.entries, engine.steps),
            "\(engine.prefillTokens)", "\(engine.decodeTokens)",
            share(engine.prefillTokens, engine.steps), share(engine.decodeTokens, engine.steps),
            "\(engine.outputTokens)", "\(used)", "\(engine.usedBlocks)",
            "\(ratio(used, Double(blocks * number)))", "\(engine.queriedTokens)",
            "\(engine.hitTokens)", share(engine.hitTokens, engine.queriedTokens),
            "\(engine.preemptions)", "\(Double(engine.busyTime) / (span * Double(number)))",
        ]
        return cells.joined(separator: ",")
    }

    /// A quotient; empty if the denominator is 0.
    private func share(_ part: Int, _ whole: Int) -> String {
        whole > 0 ? "\(Double(part) / Double(whole))" : ""
    }
}
