import Basics
import Simulator

extension ComparedRun {
    /// How many nearby runs are made, and of how many requests at the most: these take seconds.
    static let nearbyRuns = 3
    static let mostNearbyRequests = 50_000

    /// Makes the run again, each time with step times moved by about a millionth. A router or a
    /// full cache soon takes other turns, as it would on a real cluster from one day to the next,
    /// and the run ends with other figures. A change must exceed the spread of these to be more
    /// than chance; blocks of one run do not show it.
    ///
    /// A run from a folder must have the folder's digest when it is made again. Otherwise
    /// `nearbyProblem` says why there are no nearby runs.
    mutating func addNearbyRuns() {
        guard nearby.isEmpty, nearbyProblem == nil else { return }
        guard let again else {
            nearbyProblem = "its scheduler is another program"
            return
        }
        guard requests.count <= Self.mostNearbyRequests else {
            nearbyProblem = "it has over \(Quantity.count(Self.mostNearbyRequests)) requests"
            return
        }
        do {
            let runs = try mapOnAllCores(Array((isFresh ? 1 : 0)...Self.nearbyRuns), again)
            guard isFresh || runs[0].digest == digest else {
                nearbyProblem = "made again here, it has another digest"
                return
            }
            nearby = runs.suffix(Self.nearbyRuns).map(\.requests)
        } catch {
            nearbyProblem = "it cannot be made again here"
        }
    }

    /// Adds the nearby runs of all, if they differ at all.
    static func addNearbyRuns(to runs: inout [ComparedRun]) {
        guard runs.contains(where: { $0.digest != runs[0].digest }) else { return }
        for index in runs.indices { runs[index].addNearbyRuns() }
    }
}

extension RunPlan {
    /// Moves step times as the nearby run of that number does; 0: not at all.
    mutating func nudge(_ number: Int) {
        guard number > 0 else { return }
        // Picoseconds per request of a step and per step: a millionth of usual steps.
        stepTime = stepTime.nudged(by: Int64(number) * 200)
        if engine.host.schedule > 0 { engine.host.schedule += Int64(number) * 20_000 }
    }
}
