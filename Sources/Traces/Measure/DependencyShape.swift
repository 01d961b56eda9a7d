/// How the requests of a trace wait for one another: chains of sessions, and branches and joins of
/// agents' calls.
package struct DependencyShape: Sendable {
    /// Requests that wait for an earlier one.
    package private(set) var followers = 0
    /// Requests that wait for more than one.
    package private(set) var joins = 0
    /// The most requests that any request waits for.
    package private(set) var mostWaits = 0
    /// The longest chain of requests, each waiting for the one before; 1 if none waits.
    package private(set) var depth = 0
    /// The most requests that wait for the same request.
    package private(set) var fanOut = 0
    /// Requests that more than one request waits for.
    package private(set) var branches = 0
    /// Requests with tool time in their pause.
    package private(set) var toolWaits = 0
    /// Tool seconds of those requests: mean, and quantiles 0.5, 0.9, 0.99.
    package private(set) var toolSeconds: [Double] = []

    private var depths: [Int64: Int32] = [:]
    private var fans: [Int64: Int32] = [:]
    private var tools = CountedValues()
    private var toolSum = 0.0

    init() {}

    /// Adds a batch. Requests must come after everything they wait for. O(rows + waits).
    mutating func add(_ batch: Workload) {
        guard !batch.predecessors.isEmpty || !batch.waitEnds.isEmpty else { return }
        for row in 0..<batch.count {
            var depth: Int32 = 0
            var waits = 0
            func follow(_ id: Int64) {
                waits += 1
                depth = max(depth, depths[id] ?? 1)
                fans[id, default: 0] += 1
            }
            if !batch.predecessors.isEmpty, batch.predecessors[row] >= 0 {
                follow(batch.predecessors[row])
            }
            for wait in batch.waits(of: row) where wait.event != .origin { follow(wait.request) }
            if waits > 0 {
                followers += 1
                depths[batch.ids[row]] = depth + 1
            }
            if waits > 1 { joins += 1 }
            mostWaits = max(mostWaits, waits)
            self.depth = max(self.depth, Int(depth) + 1)
            if !batch.toolTimes.isEmpty, batch.toolTimes[row] > 0 {
                toolWaits += 1
                tools.add(batch.toolTimes[row])
                toolSum += Double(batch.toolTimes[row]) * 1e-9
            }
        }
    }

    /// The figures, once everything was added. O(n log n).
    func finished() -> DependencyShape {
        var final = self
        final.fanOut = Int(fans.values.max() ?? 0)
        final.branches = fans.values.lazy.filter { $0 > 1 }.count
        if toolWaits > 0 {
            final.tools.sort()
            final.toolSeconds =
                [toolSum / Double(toolWaits)]
                + final.tools.quantiles([0.5, 0.9, 0.99]).map { $0 * 1e-9 }
        }
        (final.depths, final.fans, final.tools) = ([:], [:], CountedValues())
        return final
    }
}
