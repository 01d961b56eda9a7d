/// What one release of vLLM does differently from another: one switch per rule, numbered S1 to S15.
/// The code reads a switch where the rule applies, and never a version number.
///
/// The last case of each switch is vLLM 0.33.0's behaviour. S4, S9 and S14 are not switches: they
/// are an option's existence and its default (`EngineOptions`, `EngineDefaults`). Source: captures
/// of ten releases, and reading of 23 (see the article on versions).
package struct VersionRules: Sendable, Equatable {
    /// S1: what follows when a request preempts itself under the priority policy.
    package enum SelfPreemption: UInt8, Sendable {
        /// No running request after it is scheduled in this step, as under fcfs.
        case endsRunning
        /// The next running request takes its turn.
        case nextRunning
    }

    /// S2: what `prefill_schedule_interval` does.
    package enum PrefillPacing: UInt8, Sendable {
        /// Nothing, except under a data-parallel coordinator.
        case coordinated
        /// The instance keeps the cadence itself.
        case local
    }

    /// S3: when `long_prefill_token_threshold` clips.
    package enum LongPrefillCap: UInt8, Sendable {
        case always
        /// Not while at most one request runs or waits.
        case amongOthers
    }

    /// S5: the loop's position in the running list, once a victim ahead of it that was not
    /// scheduled in this call has been removed.
    package enum VictimPlace: UInt8, Sendable {
        /// It is not corrected, so the next request is skipped.
        case kept
        case corrected
    }

    /// S6: where freed blocks go while prefix caching is off.
    package enum UncachedBlocks: UInt8, Sendable {
        /// To the back of the free queue, in the order they are freed.
        case back
        /// Where blocks without a key go (S8).
        case asKeyless
    }

    /// S7: which of a request's tokens its attention window is counted from. It also decides how
    /// much of a window the admission's reserve counts: one step's tokens in flight, or two.
    package enum WindowRelease: UInt8, Sendable {
        /// All scheduled ones, including those in flight.
        case scheduled
        /// Those whose step has been processed.
        case settled
    }

    /// S8: where freed blocks without a key go. Those with a key always go to the back.
    package enum KeylessBlocks: UInt8, Sendable {
        /// To the back of the free queue with the others, in the order they are freed.
        case back
        /// Those of sliding-window groups to the front, others to the back.
        case slidingToFront
        /// To the front.
        case front
    }

    /// S10: what the asynchronous loop does after an empty step into an empty pipeline.
    package enum EmptyStep: UInt8, Sendable {
        /// It waits for that step, and never sleeps.
        case waits
        /// It waits for that step, and sleeps only while requests are unfinished.
        case waitsAndSleeps
        /// It goes on if any work is left, and sleeps.
        case goesOn
    }

    /// S11: where the blocks that a window can hold cap a request's demand.
    package enum WindowCap: UInt8, Sendable {
        case nowhere
        /// In every capacity check. A full pool then shows only when blocks are taken, and the
        /// engine ends with ValueError.
        case everywhere
        /// In the reserve for the full prompt.
        case reserve
    }

    /// S12: the token budget of a step when `max_num_scheduled_tokens` is set.
    package enum TokenBudget: UInt8, Sendable {
        /// `max_num_scheduled_tokens` alone.
        case scheduledAlone
        /// The smaller of it and `max_num_batched_tokens`.
        case both
    }

    /// S13: what follows when the prompt at the head exceeds the remaining budget and prompts are
    /// not chunked.
    package enum WholePrompt: UInt8, Sendable {
        /// It is set aside and the next is tried. Those set aside return in reverse order.
        case setAside
        case stops
    }

    /// S15: when the asynchronous loop ends requests whose clients gave up while a step ran.
    package enum AbortTime: UInt8, Sendable {
        /// On the next turn, after that step's update.
        case afterUpdate
        case beforeUpdate
    }

    package var selfPreemption = SelfPreemption.endsRunning
    package var prefillPacing = PrefillPacing.coordinated
    package var longPrefillCap = LongPrefillCap.always
    package var victimPlace = VictimPlace.kept
    package var uncachedBlocks = UncachedBlocks.asKeyless
    package var windowRelease = WindowRelease.scheduled
    package var keylessBlocks = KeylessBlocks.back
    package var emptyStep = EmptyStep.waits
    package var windowCap = WindowCap.nowhere
    package var tokenBudget = TokenBudget.scheduledAlone
    package var wholePrompt = WholePrompt.setAside
    package var abortTime = AbortTime.afterUpdate

    /// The rules of vLLM 0.11.2, which later releases change.
    init() {}

    /// Whether a group's freed blocks without a key go to the back of the queue (S6, S8).
    func keylessGoBack(isSliding: Bool, isCaching: Bool) -> Bool {
        if !isCaching, uncachedBlocks == .back { return true }
        return keylessBlocks == .back || keylessBlocks == .slidingToFront && !isSliding
    }
}

/// Engine arguments that not every release has, as a set.
package struct EngineOptions: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `max_num_scheduled_tokens`.
    package static let maxNumScheduledTokens = Self(rawValue: 1 << 0)
    /// `scheduler_reserve_full_isl`.
    package static let reserveFullISL = Self(rawValue: 1 << 1)
    /// `watermark`.
    package static let watermark = Self(rawValue: 1 << 2)
    /// `prefill_schedule_interval`.
    package static let prefillScheduleInterval = Self(rawValue: 1 << 3)
    /// `prefix_cache_retention_interval`.
    package static let retentionInterval = Self(rawValue: 1 << 4)
    /// `long_prefill_token_threshold_adaptive`.
    package static let adaptiveThreshold = Self(rawValue: 1 << 5)
    /// `max_num_active_seqs`.
    package static let maxNumActiveSeqs = Self(rawValue: 1 << 6)
}

/// Defaults of engine arguments that changed between releases. For a release without the option:
/// the value that matches its behaviour.
package struct EngineDefaults: Sendable, Equatable {
    /// `gpu_memory_utilization`.
    package var gpuMemoryUtilization = 0.9
    /// `async_scheduling`, where the executor supports it (S14).
    package var asyncScheduling = false
    /// `scheduler_reserve_full_isl` (S11).
    package var reservesFullPrompt = false
    /// `prefix_cache_retention_interval` (S4); nil: every full block.
    package var retentionInterval: Int?
    /// Whether GPUs with at least 160 GiB have a larger `max_num_batched_tokens` than those with
    /// 70.
    package var hasLargestBudget = false
}
