import Basics
import StepTime

/// Predictions of measured kernels, by set.
package struct OperatorValidation: Sendable {
    /// The error of one set of calls.
    package struct Group: Sendable {
        package var name: String
        package var errors: ErrorSummary
        /// Whether the model is meant for it. Other sets are reported too.
        package var isMeant: Bool
    }

    package private(set) var groups: [Group] = []
    /// Files without modelled kernels, with the reason.
    package private(set) var skipped: [String] = []
    package let clock: String

    /// Compares all tables of a folder with a profile.
    ///
    /// - Throws: `InputError` for files that cannot be read.
    package init(folder: String, profile: EngineProfile) throws {
        let contents = try OperatorTables.read(folder: folder)
        clock = "\(profile.name): \(profile.provenance)"
        skipped = contents.skipped.map { "\($0.file): \($0.reason)" }
        var names: [String] = []
        var errors: [String: [Double]] = [:]
        var meant: Set<String> = []
        for sample in contents.samples {
            guard let predicted = sample.call.seconds(profile) else { continue }
            if errors[sample.set] == nil { names.append(sample.set) }
            errors[sample.set, default: []].append(100 * (predicted / sample.seconds - 1))
            if sample.isMeant { meant.insert(sample.set) }
        }
        let sorted = names.sorted {
            (meant.contains($0) ? 0 : 1, $0) < (meant.contains($1) ? 0 : 1, $1)
        }
        groups = sorted.compactMap { name in
            ErrorSummary(errors[name]!).map {
                Group(name: name, errors: $0, isMeant: meant.contains(name))
            }
        }
        guard !groups.isEmpty else {
            throw InputError(
                folder, "has no call that the profile \(profile.name) predicts",
                expected: "tables of kernels that it has coefficients for")
        }
    }
}
