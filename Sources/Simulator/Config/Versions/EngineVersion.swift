/// A version number of vLLM, such as 0.33.0. The simulated versions run from 0.11.2 to the newest
/// release known.
package struct EngineVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The second and third number; the first is 0 in every simulated version.
    package let minor: Int
    package let patch: Int

    init(_ minor: Int, _ patch: Int = 0) {
        self.minor = minor
        self.patch = patch
    }

    /// Reads "0.33.0" or "0.33". Nil for anything else, and for a version that is not simulated.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            // `Int` would take a sign too, and no version has leading zeros.
            part.count <= 4 && part.allSatisfy { ("0"..."9").contains($0) }
                && (part == "0" || part.first != "0") ? Int(part) : nil
        }
        guard numbers.count == parts.count, (2...3).contains(parts.count), numbers[0] == 0 else {
            return nil
        }
        self.init(numbers[1], numbers.count > 2 ? numbers[2] : 0)
        // A patch release of the newest version is newer than it, and still simulated.
        guard self >= Self.oldest, minor <= Self.newest.minor else { return nil }
    }

    /// The oldest simulated release.
    package static let oldest = EngineVersion(11, 2)
    /// The newest simulated release, and the default.
    package static let newest = EngineVersion(33)

    package var description: String { "0.\(minor).\(patch)" }

    package static func < (a: EngineVersion, b: EngineVersion) -> Bool {
        (a.minor, a.patch) < (b.minor, b.patch)
    }

    /// The release whose rules and defaults apply: its own entry of the table, or the nearest
    /// earlier one.
    package var release: EngineRelease {
        // The table begins with the oldest version there is.
        EngineRelease.all.last { $0.version <= self } ?? EngineRelease.all[0]
    }
}
