import StepTime

/// What an engine's host does to the times of a run, picoseconds: a `HostProfile` for one model.
/// What the GPU waits for whatever runs (`HostProfile.gpuWait`) is part of a step's price instead.
///
/// The order of decisions is the engine's; only times move.
package struct HostTimes: Sendable, Equatable {
    /// From the client to the scheduler, and from a processed step to the client.
    package var frontEnd: Int64 = 0
    package var delivery: Int64 = 0
    /// Before a step's launch, and the same for each request in it.
    package var schedule: Int64 = 0
    package var schedulePerRequest: Int64 = 0
    /// Launching a step of decodes that is one captured graph, any other step within the captured
    /// sizes, and a step beyond them.
    package var launchGraph: Int64 = 0
    package var launchPiecewise: Int64 = 0
    package var launchEager: Int64 = 0
    /// Most tokens of a step that a graph was captured for; 0: no graphs.
    package var mostGraphTokens = 0
    /// Processing a step that has run, and the same for each token that it sampled.
    package var update: Int64 = 0
    package var updatePerToken: Int64 = 0
    /// What the first step after an idle time takes longer.
    package var idleStart: Int64 = 0

    /// No host.
    package init() {}

    /// A profile's times for a model with so many layers on a pipeline stage.
    package init(_ profile: HostProfile, layers: Int, captureSizes: [Int]) {
        frontEnd = Self.picoseconds(profile.frontEnd)
        delivery = Self.picoseconds(profile.delivery)
        schedule = Self.picoseconds(profile.schedule)
        schedulePerRequest = Self.picoseconds(profile.schedulePerSequence)
        launchGraph = Self.picoseconds(profile.launchGraph.seconds(layers: layers))
        launchPiecewise = Self.picoseconds(profile.launchPiecewise.seconds(layers: layers))
        launchEager = Self.picoseconds(profile.launchEager.seconds(layers: layers))
        mostGraphTokens = captureSizes.last ?? 0
        update = Self.picoseconds(profile.update)
        updatePerToken = Self.picoseconds(profile.updatePerToken)
        idleStart = Self.picoseconds(profile.idleStart)
    }

    /// Whole picoseconds of seconds that `HostProfile.check` allows.
    private static func picoseconds(_ seconds: Double) -> Int64 {
        Int64((min(seconds, 1e5) * 1e12).rounded())
    }

    /// What a request's time to its first token has of the way in and out.
    package var outside: Int64 { frontEnd + delivery }

    /// How a step is launched.
    struct Dispatch {
        /// Until its first kernel may run.
        var before: Int64
        /// Until its last one has been launched, at least `before`: it ends no earlier.
        var whole: Int64
    }

    /// The host's work to dispatch a step; an empty one is launched as nothing. O(1).
    @inline(__always)
    func dispatch(tokens: Int, requests: Int, decodesOnly: Bool) -> Dispatch {
        let before = schedule + schedulePerRequest * Int64(requests)
        if requests == 0 { return Dispatch(before: before, whole: before) }
        if tokens > mostGraphTokens {
            return Dispatch(before: before, whole: before + launchEager)
        }
        // A whole graph starts when it has been launched.
        return decodesOnly
            ? Dispatch(before: before + launchGraph, whole: before + launchGraph)
            : Dispatch(before: before, whole: before + launchPiecewise)
    }

    /// The host's work to process a step that sampled so many tokens.
    @inline(__always)
    func processing(sampled: Int) -> Int64 { update + updatePerToken * Int64(sampled) }
}
