import Basics
import Models
import StepTime

/// An engine profile fitted to a folder of operator tables. Refits every family of coefficients
/// that the tables measure, and keeps the base profile's others.
package struct OperatorFit: Sendable {
    /// The fitted profile.
    package private(set) var profile: EngineProfile
    /// What was fitted, and on how many rows.
    package private(set) var fitted: [(family: String, rows: Int)] = []

    /// Most rows used per family, spread evenly. More do not change the fit.
    private static let mostRows = 3000
    private static let rounds = 900

    /// Fits the tables of a folder.
    ///
    /// - Throws: `InputError` for files that cannot be read, or a folder with too few rows of any
    ///   kind.
    package init(folder: String, base: EngineProfile) throws {
        profile = base
        let samples = try OperatorTables.read(folder: folder).samples
            .filter { $0.isMeant || $0.isFitted }
        for family in OperatorFamily.all {
            let all = samples.filter { family.contains($0.call) }
            guard all.count >= family.fewestRows else { continue }
            let step = max(1, all.count / Self.mostRows)
            let rows = stride(from: 0, to: all.count, by: step).map { all[$0] }
            fit(family, rows)
            fitted.append((family.name, all.count))
        }
        guard !fitted.isEmpty else {
            throw InputError(
                folder, "has too few rows of every kind of kernel",
                expected: "at least 30 rows of one, 10 of an all-reduce")
        }
        profile.errors = nil
        profile.standIns = nil
        profile.provenance = "fitted on \(samples.count) measured calls over \(base.name)"
    }

    /// Minimises the mean of |log(predicted / measured)|.
    private mutating func fit(_ family: OperatorFamily, _ rows: [OperatorSample]) {
        let base = profile
        let start = family.values(base).map { max($0, 1e-15) }
        let best = NelderMead.minimize(start, rounds: Self.rounds) { values in
            let candidate = family.replacing(values, in: base)
            var sum = 0.0
            for row in rows {
                guard let predicted = row.call.seconds(candidate), predicted > 0 else {
                    return .infinity
                }
                sum += PortableMath.log(predicted / row.seconds).magnitude
            }
            return sum / Double(rows.count)
        }
        profile = family.replacing(best, in: base)
    }
}
