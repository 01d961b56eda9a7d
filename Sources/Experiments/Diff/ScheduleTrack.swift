/// A run's condensed schedule: per replica, every call's clock and the digest of its decision. 16
/// bytes per step.
struct ScheduleTrack: Sendable {
    struct Mark: Sendable {
        var decision: UInt64
        var time: Int64
    }

    private(set) var replicas: [[Mark]] = []

    /// Adds a line; ignores updates.
    mutating func add(_ line: ScheduleLine) {
        guard line.step != nil else { return }
        while replicas.count <= line.replica { replicas.append([]) }
        replicas[line.replica].append(Mark(decision: line.decision, time: line.time))
    }

    /// A place in a schedule: a replica and the index of its call.
    struct Place: Equatable {
        var replica: Int
        var index: Int
        /// The earlier of both runs' clocks, microseconds.
        var time: Int64
    }

    /// The first call, in time, at which two tracks differ; nil if they never do. O(steps).
    static func parting(
        _ a: ScheduleTrack, _ b: ScheduleTrack, differ: (Mark, Mark) -> Bool
    ) -> Place? {
        var first: Place?
        for replica in 0..<max(a.replicas.count, b.replicas.count) {
            let left = replica < a.replicas.count ? a.replicas[replica] : []
            let right = replica < b.replicas.count ? b.replicas[replica] : []
            let common = min(left.count, right.count)
            let index = (0..<common).first { differ(left[$0], right[$0]) } ?? common
            guard index < max(left.count, right.count) else { continue }
            let times = [left, right].compactMap { index < $0.count ? $0[index].time : nil }
            let place = Place(replica: replica, index: index, time: times.min() ?? 0)
            if first == nil || place.time < first!.time { first = place }
        }
        return first
    }
}
