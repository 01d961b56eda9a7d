/// Divides the requests of a run by the stage of the load in which they were sent.
///
/// Requests that follow another one belong to the stage in which they arrive. Margins leave nothing
/// out here, because a stage has its own beginning and end. A reference type, because it is fed
/// while a simulation holds its observer.
package final class StageClasses {
    private let objective: ServiceLevelObjective
    private var limits: RequestLimits?
    private var members: [ClassMembers] = []
    private var count = 0

    /// No requests yet. They are measured against `objective`, or their own `limits`.
    package init(_ objective: ServiceLevelObjective, _ limits: RequestLimits? = nil) {
        self.objective = objective
        self.limits = limits?.differ == true ? limits : nil
    }

    /// Adds an ended request, and the gaps between its tokens if they are known. O(gaps).
    package func add(_ record: RequestRecord, gaps: [Int64]? = nil) {
        guard record.stage >= 0 else { return }
        while members.count <= Int(record.stage) { members.append(ClassMembers(objective)) }
        members[Int(record.stage)].add(
            record, gaps: gaps, within: limits?.objective(of: record))
        count += 1
        if count > RequestLatencies.most {
            for member in members { member.latencies = nil }
        }
    }

    /// The figures of each stage; numbers start at 1. O(stages · buckets).
    package func classes(of runs: [StageRun]) -> [ClassFigures] {
        while members.count < runs.count { members.append(ClassMembers(objective)) }
        return runs.indices.map { ClassFigures($0 + 1, "\($0 + 1)", members[$0]) }
    }
}
