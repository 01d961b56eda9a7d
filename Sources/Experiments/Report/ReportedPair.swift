import Basics

/// A run beside the first one of a report, compared request by request if both have the same
/// requests.
package struct ReportedPair: Sendable {
    package let comparison: Comparison?
    package let verdict: Verdict?
    /// Why requests are not paired; nil if they are.
    package let problem: String?

    /// Reads the requests of both folders. O(draws × requests). Throws `InputError` for a folder
    /// that changed since its run.
    package init(_ before: ReportedRun, _ after: ReportedRun) throws {
        var runs = try mapOnAllCores([before.folder, after.folder]) { try RunFolder.read($0) }
        do {
            _ = try Comparison.checkPairs(runs[0], runs[1])
            ComparedRun.addNearbyRuns(to: &runs)
            let comparison = try Comparison(runs[0], runs[1])
            self.comparison = comparison
            verdict = Verdict(comparison)
            problem = nil
        } catch let error as InputError {
            comparison = nil
            verdict = nil
            let join = error.problem.hasPrefix("have") ? " " : ": "
            problem = error.place + join + error.problem
        }
    }
}
