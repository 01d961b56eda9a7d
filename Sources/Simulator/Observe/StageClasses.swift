/// Tells the requests of a run apart by the stage of the load in which they were sent.
///
/// Requests that follow another one belong to the stage in which they arrive. Margins leave
/// nothing out here: a stage has a beginning and an end of its own. A class, because it is fed
/// while a simulation holds its observer.
package final class StageClasses {
    private let objective: ServiceLevelObjective
    private var members: [ClassMembers] = []
    private var count = 0

    /// No requests, to be held to an objective.
    package init(_ objective: ServiceLevelObjective) { self.objective = objective }

    /// Enters an ended request, and the gaps between its tokens where they are known. O(gaps).
    package func add(_ record: RequestRecord, gaps: [Int64]? = nil) {
        guard record.stage >= 0 else { return }
        while members.count <= Int(record.stage) { members.append(ClassMembers(objective)) }
        members[Int(record.stage)].add(record, gaps: gaps)
        count += 1
        if count > RequestLatencies.most {
            for member in members { member.latencies = nil }
        }
    }

    /// The figures of each stage, numbered from 1. O(stages · buckets).
    package func classes(of runs: [StageRun]) -> [ClassFigures] {
        while members.count < runs.count { members.append(ClassMembers(objective)) }
        return runs.indices.map { ClassFigures($0 + 1, "\($0 + 1)", members[$0]) }
    }
}
