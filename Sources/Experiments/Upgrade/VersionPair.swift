import Basics
import Scenario
import Simulator

/// Two releases of vLLM to compare over a trace: the one in use, and the one to move to.
package struct VersionPair: Sendable, Equatable {
    package let before: EngineVersion
    package let after: EngineVersion

    /// Reads "0.28.0,0.29.0". Throws `InputError` for another number of versions, an unsupported
    /// one, and two with the same rules.
    package init(_ text: String, place: String) throws {
        guard !text.allSatisfy({ $0 == " " }) else {
            throw InputError(place, "is empty", expected: Self.expected)
        }
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        try self.init(names.map { String($0.trimmingSpaces) }, place: place)
    }

    private static let expected =
        "two releases, \(EngineVersion.oldest) to \(EngineVersion.newest), such as 0.28.0,0.29.0"

    /// The same from two names.
    package init(_ names: [String], place: String) throws {
        let expected = Self.expected
        guard names.count == 2 else {
            throw InputError(
                place, "names \(names.count) \(names.count == 1 ? "version" : "versions")",
                expected: expected)
        }
        let versions = try names.map { name in
            guard let version = EngineVersion(name) else {
                throw InputError(
                    place, "\"\(name.echoed())\" is not a simulated release of vLLM",
                    expected: expected)
            }
            return version
        }
        (before, after) = (versions[0], versions[1])
        guard before != after else {
            throw InputError(place, "\(before) is there twice", expected: expected)
        }
        guard before.release != after.release else {
            throw InputError(
                place, "\(before) and \(after) both have the rules of \(before.release.version)",
                expected: expected)
        }
    }

    /// A configuration under both releases. Keys that it does not give have each release's own
    /// defaults; with `pinsDefaults` both have the older one's.
    ///
    /// Throws `InputError` for a configuration that names a third release.
    func configurations(
        of base: Configuration, pinsDefaults: Bool
    ) throws -> (before: Configuration, after: Configuration) {
        let given = base.engine.version
        guard given == .newest || given == before || given == after else {
            throw InputError(
                "engine.version", "is \(given), and \(before) and \(after) are compared",
                expected: "a configuration that leaves engine.version open")
        }
        var (old, new) = (base, base)
        old.select(before)
        new.select(after)
        old.engine.clockVersion = max(before, after)
        new.engine.clockVersion = old.engine.clockVersion
        guard pinsDefaults else { return (old, new) }
        if before < after {
            try Self.pin(&new, to: old)
        } else {
            try Self.pin(&old, to: new)
        }
        return (old, new)
    }

    /// Copies every differing value except the version from the older configuration, including the
    /// derived limits of a step.
    private static func pin(_ newer: inout Configuration, to older: Configuration) throws {
        for change in ConfigurationChange.between(older, newer) where change.key != versionKey {
            try newer.apply(change: "\(change.key)=\(change.before)")
        }
        let (old, new) = (try older.resolved(), try newer.resolved())
        for change in ConfigurationChange.between(old.configuration, new.configuration)
        where derivedKeys.contains(change.key) {
            try newer.apply(change: "\(change.key)=\(change.before)")
        }
    }

    static let versionKey = "engine.version"
    /// Keys derived from the GPU if not given, differently in each release.
    static let derivedKeys = ["engine.max_num_batched_tokens", "engine.max_num_seqs"]
}

extension Substring {
    /// Without leading and trailing spaces.
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
