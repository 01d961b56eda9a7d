import Basics
import Foundation
import Simulator
import Traces

/// The outcome of one conformance case.
package struct ConformanceResult: Sendable, Encodable {
    package var name: String
    package var advance: String
    /// Number of compared lines (or checkpoints and requests of whole traces).
    package var steps: Int
    /// The first difference; nil if everything matched.
    package var difference: ConformanceDifference?
    /// Why the case could not be compared; nil if it was.
    package var unreadable: String?
    /// How the run departs from the case's settings; nil if it does not.
    package var note: String?
}

/// The first place where a run differs from its capture.
package struct ConformanceDifference: Sendable, Encodable {
    /// File and line, or what was compared.
    package var place: String
    package var expected: String
    package var actual: String
    /// The last line that matched: the state before the difference.
    package var before: String
}

/// Replays captures of the real engine and compares every logged step.
package enum Conformance {
    /// The case folders (those with a config.json) under the given ones, sorted by path.
    ///
    /// Throws `InputError` if a folder does not exist or holds no case.
    package static func cases(under folders: [String]) throws -> [String] {
        var found: [String] = []
        for folder in folders {
            guard FileSystem.isFolder(folder) else {
                throw InputError(folder, "is not a folder", expected: "a folder of cases")
            }
            let before = found.count
            if isCase(folder) { found.append(folder) }
            found += FileSystem.folders(under: folder).filter(isCase)
            if found.count == before {
                throw InputError(
                    folder, "holds no conformance case",
                    expected: "folders with config.json and steps.jsonl, events.jsonl or "
                        + "checkpoints.jsonl")
            }
        }
        return found.sorted()
    }

    private static func isCase(_ folder: String) -> Bool {
        FileSystem.exists(folder + "/config.json")
            && ["steps.jsonl", "events.jsonl", "checkpoints.jsonl"].contains {
                FileSystem.exists(folder + "/" + $0)
            }
    }

    /// Runs one case with one way of advancing. `adjust` may put another scheduler into the plan,
    /// which then has to decide as the engine did.
    ///
    /// Throws `InputError` if the case cannot be read. A run that differs from the capture is a
    /// result, not an error.
    package static func run(
        _ folder: String, advance: EngineConfiguration.Advance,
        adjust: (inout RunPlan) -> Void = { _ in }
    ) throws -> ConformanceResult {
        let configuration = try CaseConfiguration.read(folder + "/config.json")
        let release = try configuration.release(place: folder + "/config.json")
        var name = FileSystem.absolute(folder).lastPathName
        if release != .newest { name = "\(release.version) \(name)" }
        var plan = try configuration.plan(advance: advance, place: folder + "/config.json")
        // Stepping compares single blocks with the capture, fast-forward extents.
        plan.numbersBlocks = advance == .step
        adjust(&plan)
        var result = ConformanceResult(name: name, advance: advance.rawValue, steps: 0)
        result.note = try configuration.note(place: folder + "/config.json")
        if configuration.source != nil {
            let checker = try WholeTraceChecker(folder, plan)
            let source = try wholeTrace(folder, configuration)
            try check(&result, folder, plan, source, checker, configuration)
        } else {
            let checker = try LineChecker(folder, plan, digests: configuration.detail == "digest")
            let (source, _) = try openTrace(folder + "/trace.jsonl")
            try check(&result, folder, plan, source, checker, configuration)
        }
        return result
    }

    /// The error of a case that cannot be run, at its file; nil if it ran and ended differently
    /// from the engine, which is a difference.
    private static func unreadable(_ error: InputError, in folder: String) -> InputError? {
        let place = error.place
        // Errors of an instance, or of a scheduler put into the plan.
        if ["replica ", "scheduling policy", "engine.scheduler"].contains(where: place.hasPrefix) {
            return nil
        }
        if place.hasPrefix(folder) { return error }
        if place.hasPrefix("engine.") {
            return InputError(
                folder + "/config.json", "\(place.dropFirst(7)) \(error.problem)",
                expected: error.expected)
        }
        let file = place == "step_time" ? "/config.json" : "/trace.jsonl"
        return InputError(
            folder + file, "\(place) \(error.problem)", expected: error.expected)
    }

    /// Runs one case with one way of advancing. A case that cannot be read is a result too, so that
    /// the others still run.
    package static func attempt(
        _ folder: String, advance: EngineConfiguration.Advance
    ) -> ConformanceResult {
        do {
            return try run(folder, advance: advance)
        } catch {
            let name = FileSystem.absolute(folder).lastPathName
            var result = ConformanceResult(name: name, advance: advance.rawValue, steps: 0)
            result.unreadable =
                (error as? InputError)?.description ?? error.localizedDescription.echoed()
            return result
        }
    }

    private static func check(
        _ result: inout ConformanceResult, _ folder: String, _ plan: RunPlan,
        _ source: any RequestSource,
        _ checker: any ConformanceChecker, _ configuration: CaseConfiguration
    ) throws {
        do {
            let run = try simulate(plan, source: source, observer: checker)
            try checker.finish(run)
            result.difference = difference(run, configuration.totals, checker.before)
        } catch is ConformanceStop {
            // The checker has the difference.
        } catch let error as UnreadableLine {
            throw error.problem
        } catch let error as InputError where checker.difference == nil {
            if let problem = unreadable(error, in: folder) { throw problem }
            result.difference = ConformanceDifference(
                place: "the run ended", expected: "a complete run", actual: error.description,
                before: checker.before)
        }
        result.steps = checker.compared
        result.difference = result.difference ?? checker.difference
    }

    /// The first of a capture's totals that differs from the run's count.
    private static func difference(
        _ run: RunResult, _ totals: [(name: String, count: Int)], _ before: String
    ) -> ConformanceDifference? {
        let counted = CaseKeys.counted(run)
        guard let other = totals.first(where: { counted[$0.name] != $0.count }) else { return nil }
        return ConformanceDifference(
            place: "config.json, totals.\(other.name)", expected: "\(other.count)",
            actual: "\(counted[other.name] ?? 0)", before: before)
    }

    /// Opens the trace of a whole-trace case, from a `traces` folder above the case.
    private static func wholeTrace(
        _ folder: String, _ configuration: CaseConfiguration
    ) throws -> any RequestSource {
        let name = configuration.source ?? ""
        var options = TraceOptions()
        options.timeScale = try TimeScale(
            multiplier: configuration.arrivalMul ?? 1, divisor: configuration.arrivalDiv ?? 1,
            place: folder + "/config.json")
        var above = FileSystem.absolute(folder)
        while above != "/", !above.isEmpty {
            let candidate = above.appending(pathComponent: "traces/" + name)
            if FileSystem.exists(candidate) {
                return try openTrace(candidate, options: options).source
            }
            above = above.containingFolder
        }
        throw InputError(
            folder + "/config.json", "its source \(name) is not there",
            expected: "the file in a folder named traces above the case")
    }
}

/// Thrown by a checker to end the run at the first difference.
struct ConformanceStop: Error {}

/// Thrown by a checker at an invalid line of the capture.
struct UnreadableLine: Error {
    let problem: InputError

    /// Throws if a line that differs from the run is not a JSON object.
    static func check(_ line: Substring, place: String) throws {
        guard !LineComparison.isObject(line) else { return }
        throw UnreadableLine(
            problem: InputError(
                place, "is not a JSON object: \(String(line.prefix(80)).echoed())",
                expected: "a line of a capture"))
    }
}

/// Observes a run and compares it with a capture.
protocol ConformanceChecker: AnyObject, RunObserver {
    var compared: Int { get }
    var difference: ConformanceDifference? { get }
    /// The last line that matched.
    var before: String { get }
    /// Compares what is only known at the end. Throws `ConformanceStop` at a difference.
    func finish(_ result: RunResult) throws
}
