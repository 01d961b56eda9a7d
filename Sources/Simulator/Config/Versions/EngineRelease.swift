import StepTime

/// A release of vLLM: its rules, options and defaults.
///
/// A version is data. A new release is one line of `changes`, and its captures under
/// `Tests/FidelityTests/Cases`.
package struct EngineRelease: Sendable, Equatable {
    /// How the rules of a release are known.
    package enum Evidence: Sendable {
        /// Captures of the release match in every step.
        case captures
        /// Read in its code; releases before and after it are captured.
        case reading
    }

    package var version: EngineVersion
    /// How its rules are known.
    package var evidence: Evidence
    package var rules = VersionRules()
    package var options: EngineOptions = []
    package var defaults = EngineDefaults()

    /// The newest release, and the default for a configuration without `engine.version`.
    package static let newest = EngineVersion.newest.release

    /// The first release that has an option.
    package static func first(with option: EngineOptions) -> EngineVersion {
        (all.first { $0.options.contains(option) } ?? newest).version
    }

    /// The first release from which on no window caps a running request's demand (S11).
    static var firstSafe: EngineVersion {
        let last = all.lastIndex { $0.rules.windowCap == .everywhere } ?? 0
        return all[last + 1].version
    }

    /// The API server's default step limits on a GPU, given those of the newest release.
    package func batchDefaults(_ newest: BatchDefaults) -> BatchDefaults {
        newest == .large && !defaults.hasLargestBudget ? .medium : newest
    }

    /// Every release with its own entry, oldest first. Each is the one before it with changes.
    /// Source: VERSIONS.md of the captures, its sections 1 and 3.
    package static let all: [EngineRelease] = {
        var releases = [EngineRelease(version: .oldest, evidence: .captures)]
        for (minor, evidence, change) in changes {
            var next = releases[releases.count - 1]
            next.version = EngineVersion(minor)
            next.evidence = evidence
            change(&next)
            releases.append(next)
        }
        return releases
    }()

    private typealias Change = @Sendable (inout EngineRelease) -> Void

    private static let same: Change = { _ in }

    private static let changes: [(minor: Int, evidence: Evidence, change: Change)] = [
        (12, .reading, { $0.rules.wholePrompt = .stops }),
        (13, .reading, { $0.rules.abortTime = .beforeUpdate }),
        (
            14, .captures,
            {
                $0.defaults.asyncScheduling = true
                $0.rules.emptyStep = .waitsAndSleeps
            }
        ),
        (15, .reading, same),
        (16, .reading, same),
        (17, .reading, { $0.options.insert(.maxNumScheduledTokens) }),
        (18, .reading, same),
        (
            19, .captures,
            {
                $0.options.insert(.reserveFullISL)
                $0.defaults.reservesFullPrompt = true
            }
        ),
        (
            20, .captures,
            {
                $0.rules.windowCap = .everywhere
                $0.defaults.gpuMemoryUtilization = 0.92
            }
        ),
        (21, .reading, { $0.rules.windowCap = .reserve }),
        (22, .reading, same),
        (
            23, .captures,
            {
                $0.rules.keylessBlocks = .slidingToFront
                $0.rules.emptyStep = .goesOn
            }
        ),
        (
            24, .captures,
            {
                $0.rules.keylessBlocks = .front
                $0.options.formUnion([.watermark, .prefillScheduleInterval])
            }
        ),
        (25, .reading, same),
        (26, .captures, { $0.rules.windowRelease = .settled }),
        (27, .captures, { $0.rules.uncachedBlocks = .back }),
        (
            28, .captures,
            {
                $0.rules.uncachedBlocks = .asKeyless
                $0.rules.victimPlace = .corrected
                $0.rules.tokenBudget = .both
                $0.defaults.hasLargestBudget = true
            }
        ),
        (
            29, .reading,
            {
                $0.options.insert(.retentionInterval)
                $0.defaults.retentionInterval = 0
            }
        ),
        (30, .reading, same),
        (
            31, .reading,
            {
                $0.rules.longPrefillCap = .amongOthers
                $0.options.formUnion([.adaptiveThreshold, .maxNumActiveSeqs])
            }
        ),
        (32, .captures, same),
        (
            33, .captures,
            {
                $0.rules.selfPreemption = .nextRunning
                $0.rules.prefillPacing = .local
            }
        ),
    ]
}
