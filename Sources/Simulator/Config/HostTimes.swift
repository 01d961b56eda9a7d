import StepTime

/// How an engine's host changes the times of a run, in picoseconds: a `HostProfile` for one model.
/// The GPU wait that every step has (`HostProfile.gpuWait`) is part of the step's price instead.
///
/// The engine's decisions keep their order; only times move.
package struct HostTimes: Sendable, Equatable {
    /// From the client to the scheduler, and from a processed step to the client.
    package var frontEnd: Int64 = 0
    package var delivery: Int64 = 0
    /// Before a step's launch: per step, and per request in it.
    package var schedule: Int64 = 0
    package var schedulePerRequest: Int64 = 0
    /// Launching a decode-only step as one captured graph, any other step within the captured
    /// sizes, and a step beyond them.
    package var launchGraph: Int64 = 0
    package var launchPiecewise: Int64 = 0
    package var launchEager: Int64 = 0
    /// Most tokens of a step for which a graph was captured; 0 without graphs.
    package var mostGraphTokens = 0
    /// Processing a step that has run: per step, and per token it sampled.
    package var update: Int64 = 0
    package var updatePerToken: Int64 = 0
    /// Extra time of the first step after an idle period.
    package var idleStart: Int64 = 0

    /// No host time.
    package init() {}

    /// A profile's times for a model with `layers` layers per pipeline stage.
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

    /// Converts seconds within the bounds of `HostProfile.check` to whole picoseconds.
    private static func picoseconds(_ seconds: Double) -> Int64 {
        Int64((min(seconds, 1e5) * 1e12).rounded())
    }

    /// The part of a request's time to first token that is spent on the way in and out.
    package var outside: Int64 { frontEnd + delivery }

    /// How a step is launched.
    struct Dispatch {
        /// Until its first kernel may run.
        var before: Int64
        /// Until its last kernel has been launched, at least `before`; the step ends no earlier.
        var whole: Int64
    }

    /// The host's work to dispatch a step. An empty step launches nothing. O(1).
    @inline(__always)
    func dispatch(tokens: Int, requests: Int, decodesOnly: Bool) -> Dispatch {
        let before = schedule + schedulePerRequest * Int64(requests)
        if requests == 0 { return Dispatch(before: before, whole: before) }
        if tokens > mostGraphTokens {
            return Dispatch(before: before, whole: before + launchEager)
        }
        // A full graph starts only once it has been launched.
        return decodesOnly
            ? Dispatch(before: before + launchGraph, whole: before + launchGraph)
            : Dispatch(before: before, whole: before + launchPiecewise)
    }

    /// The host's work to process a step that sampled `sampled` tokens.
    @inline(__always)
    func processing(sampled: Int) -> Int64 { update + updatePerToken * Int64(sampled) }
}
