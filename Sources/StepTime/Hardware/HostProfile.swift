import Basics
import Foundation
import Models

/// Time that an engine's host adds to its steps, and to requests on their way in and out. Seconds.
///
/// A step passes through the host in this order; the GPU's own time is `StepTime`'s:
///
///     schedule + schedulePerSequence · R                   before the launch
///     launch by kind, + perLayer · layers                  a full graph starts when launched; the
///                                                          kernels of other steps run meanwhile,
///                                                          and end no earlier than the launch
///     GPU time + gpuWait                                   what nothing hides, in the price
///     update + updatePerToken · tokens                     the previous step's, when pipelined:
///                                                          its tokens leave after this launch
///
/// A request reaches the scheduler `frontEnd` after the client sent it. A token reaches the client
/// `delivery` after its step was processed.
package struct HostProfile: Sendable, Equatable, Codable {
    /// Seconds to launch one kind of step.
    package struct Launch: Sendable, Equatable, Codable {
        package var fixed: Double
        /// For each layer of the model on one pipeline stage.
        package var perLayer: Double

        package init(fixed: Double = 0, perLayer: Double = 0) {
            self.fixed = fixed
            self.perLayer = perLayer
        }

        /// Launch time for a model of `layers` layers.
        package func seconds(layers: Int) -> Double { fixed + perLayer * Double(layers) }
    }

    /// Name in `engine.host`.
    package var name: String
    /// The servers it was fitted on, for reports.
    package var provenance: String
    /// Median errors on the servers it was tested on, in words; nil: unknown.
    package var errors: String?
    /// From the client to the scheduler: HTTP, tokeniser, inter-process communication.
    package var frontEnd = 0.0
    /// Scheduling a step and preparing its inputs.
    package var schedule = 0.0
    /// Additional scheduling time per sequence in the step.
    package var schedulePerSequence = 0.0
    /// Launch of a decode-only step captured as one graph.
    package var launchGraph = Launch()
    /// Launch of any other step within the largest captured size: graphs between the attention
    /// kernels.
    package var launchPiecewise = Launch()
    /// Launch of a step beyond the largest captured size, or without graphs: kernel by kernel.
    package var launchEager = Launch()
    /// Extra time of an eager launch for each layer that sums its norms over whole q and k among
    /// GPUs: many small kernels and two all-reduces, until they were fused. Nil: none.
    package var launchSummedNorms: Double?
    /// Processing a step's tokens after it has run.
    package var update = 0.0
    /// Additional processing time per token.
    package var updatePerToken = 0.0
    /// From the processed step to the client.
    package var delivery = 0.0
    /// Extra time of the first step after an idle period.
    package var idleStart = 0.0
    /// Time between steps in which the GPU waits and that nothing hides. Includes sampling, padding
    /// and gaps that no operator table covers.
    package var gpuWait = HostCoefficients(fixed: 0)
    /// Factor on the GPU time of every step under a measured clock, if it was fitted with the host;
    /// nil: none.
    package var gpuScale: Double?
    /// Largest sizes the profile was tested on: sequences and tokens in a step, and a request's
    /// context in tokens; nil: unknown.
    package var mostSequences: Int?
    package var mostTokens: Int?
    package var longestContext: Int?

    package init(name: String, provenance: String) {
        self.name = name
        self.provenance = provenance
    }
}

extension HostProfile {
    /// No host time: steps follow one another on the GPU.
    package static let none = HostProfile(name: "none", provenance: "no host time")

    /// vLLM 0.23 with asynchronous scheduling, Qwen3-14B on an H100, up to 256 requests in flight.
    ///
    /// Front end, update and wait were fitted together with `ServingCoefficients.vllm`: on the
    /// first 800 requests at 4 per second, the first 700 of two lengths at 6, the first 3,000 at 24
    /// offered, and Llama-3.1-8B's TPOT with 64 and with 256 in flight. The eager launch is the
    /// period of steps before a prefill as clients saw it, 11.5 ms for 40 layers. Schedule and the
    /// other launches are assumed. Client-side measurements cannot separate delivery from the front
    /// end, so it is counted there. The article Accuracy gives the errors on held-out runs.
    package static let vllmAsync: HostProfile = {
        var host = HostProfile(
            name: "vllm-0.23-async",
            provenance: "vLLM 0.23, asynchronous, Qwen3-14B on one H100")
        host.frontEnd = 6.817e-3
        host.schedule = 0.2e-3
        host.schedulePerSequence = 4e-6
        host.launchGraph = Launch(fixed: 1e-3)
        host.launchPiecewise = Launch(perLayer: 0.1e-3)
        host.launchEager = Launch(perLayer: 0.2875e-3)
        host.update = 0.1e-3
        host.updatePerToken = 11.1e-6
        host.gpuWait = HostCoefficients(fixed: 0.294e-3, perSequence: 6.55e-6)
        // From steps as clients saw them: steep up to about eight decodes, flat beyond.
        host.gpuWait.perFirst = 25.1e-6
        host.gpuWait.first = 8
        host.hold(to: 256, tokens: 8_192, context: 4_143)
        host.errors = "TPOT 0.6 %, E2E 0.6 %, mean TTFT 1.2 % on 7 runs of 2 to 8 requests/s"
        return host
    }()

    /// vLLM of February 2026 (0.15) with asynchronous scheduling: four models on one to four H100s.
    ///
    /// Front end, piecewise launch and the three parts of the wait were fitted on one run each of
    /// Llama-2-7B, CodeLlama-34B (TP 2) and Mixtral-8x7B (TP 2). The wait per GPU is that of
    /// `vllm2025`, fitted on another model; these servers only decided that there is one. The rest
    /// is that of 0.23.
    package static let vllmAsync15: HostProfile = {
        var host = vllmAsync
        host.name = "vllm-0.15-async"
        host.provenance = "vLLM 0.15, asynchronous, 7B to Mixtral-8x7B on one and two H100s"
        host.frontEnd = 6.971e-3
        host.launchPiecewise = Launch(perLayer: 0.1432e-3)
        host.gpuWait.fixed = 0.0109e-3
        host.gpuWait.perGPU = vllm2025.gpuWait.perGPU
        host.gpuWait.perFirst = 2.2e-6
        host.gpuWait.perSequence = 0.052e-6
        host.hold(to: 128, tokens: 2_048, context: 1_038)
        host.errors = "TPOT 4.1 %, E2E 4.1 %, mean TTFT 6.1 % on 6 runs that it was not fitted to"
        return host
    }()

    /// vLLM 0.11 with synchronous scheduling, Llama-3.1-8B on an H100 behind a Kubernetes service.
    /// Six numbers were fitted on three stages of two variants (`vllm` 1 and 3, the caching one 5),
    /// whose max_num_seqs of 128 gives them graphs to 256 tokens; the launch of a full graph is
    /// assumed.
    package static let vllmSync: HostProfile = {
        var host = HostProfile(
            name: "vllm-0.11-sync",
            provenance: "vLLM 0.11, synchronous, Llama-3.1-8B on one H100")
        host.frontEnd = 17e-3
        host.schedule = 0.633e-3
        host.schedulePerSequence = 7.66e-6
        host.launchGraph = Launch(fixed: 0.3e-3)
        host.launchPiecewise = Launch(perLayer: 3.714e-3 / 32)
        host.launchEager = Launch(perLayer: 12.505e-3 / 32)
        host.updatePerToken = 6.11e-6
        host.hold(to: 128, tokens: 8_192, context: 275)
        host.errors =
            "TPOT 0.9 %, E2E 0.4 %, mean TTFT 5.4 % on 11 stages that it was not fitted to"
        return host
    }()

    /// vLLM of October 2025 with asynchronous scheduling, Llama-3.1-70B: fitted end to end on
    /// closed loops, with a term per GPU.
    package static let vllm2025: HostProfile = {
        var host = HostProfile(
            name: "vllm-2025-10",
            provenance: "vLLM of 2025-10, asynchronous, Llama-3.1-70B on 1 to 8 H100s")
        host.gpuWait = HostCoefficients(fixed: 34e-6, perGPU: 98e-6, perSequence: 22.4e-6)
        host.hold(to: 64, tokens: 8_192, context: 9_216)
        host.errors = "TPOT 1.1 %, mean TTFT 3.5 % on the 30 closed loops that it was fitted to"
        return host
    }()

    /// vLLM 0.16 to 0.18 with asynchronous scheduling, models with experts. The GPU's wait was
    /// fitted end to end on closed loops of gpt-oss-120b on an H200, the eager launch with
    /// `ServingCoefficients.expertExcess`; the rest is that of 0.23. The extra time of summed norms
    /// is one of three values (0, 0.6 and 1 ms) tried on MiniMax-M2.5: 0.17 on B200s and 0.18 on
    /// H200s both select the one used here, 0.16 on H200s selects 0.6 ms.
    package static let vllm18: HostProfile = {
        var host = vllmAsync
        host.name = "vllm-0.18-async"
        host.provenance = "vLLM 0.16 to 0.18, asynchronous, experts on H200s and B200s"
        host.launchEager = Launch(perLayer: 0.6e-3)
        host.launchSummedNorms = 1e-3
        host.gpuWait = HostCoefficients(fixed: 0, perGPU: 20e-6)
        host.hold(to: 128, tokens: 8_192, context: 9_216)
        host.errors = "TPOT 3.0 %, mean TTFT 13 % on 51 loads of gpt-oss-120b on H200s"
        return host
    }()

    /// vLLM 0.19: as `vllm18`, with fused norms.
    package static let vllm19: HostProfile = {
        var host = vllm18
        host.name = "vllm-0.19-async"
        host.provenance = "vLLM 0.19, asynchronous, experts on B200s and B300s"
        host.launchSummedNorms = nil
        host.hold(to: 1_024, tokens: 16_384, context: host.longestContext)
        host.errors = "TPOT 4.9 %, mean TTFT 9 % on 153 loads of MiniMax-M2.5 on B200s and B300s"
        return host
    }()

    /// vLLM of October 2025 on H200s, Llama-3.1-70B. Front end, eager launch and wait were fitted
    /// on 18 of 45 closed loops (TP 1 and 8 with 4, 16 and 64 in flight), with double weight on
    /// TPOT; the rest is that of 0.23. TP 2 was held out.
    package static let vllm2025H200: HostProfile = {
        var host = vllmAsync
        host.name = "vllm-2025-10-h200"
        host.provenance = "vLLM of 2025-10, asynchronous, Llama-3.1-70B on 1 to 8 H200s"
        host.frontEnd = 6.536e-3
        host.launchEager = Launch(perLayer: 0.752e-3)
        host.gpuWait = HostCoefficients(fixed: 0, perGPU: 54e-6, perSequence: 28.6e-6)
        host.hold(to: 64, tokens: 8_192, context: 9_216)
        host.errors = "TPOT 2.3 %, mean TTFT 4.7 % on 27 loads that it was not fitted to"
        return host
    }()

    /// vLLM of October 2025 on B200s. Launches are slow there (75 ms for the 80 layers of
    /// Llama-3.1-70B, on one GPU as on eight), and the GPU waits for nothing else. The launch is
    /// fitted on servers with nvfp4 weights; the rest is that of 0.23.
    package static let vllm2025Blackwell: HostProfile = {
        var host = vllmAsync
        host.name = "vllm-2025-10-b200"
        host.provenance = "vLLM of 2025-10, asynchronous, Llama-3.1-70B on 1 to 8 B200s"
        host.launchEager = Launch(perLayer: 0.9e-3)
        host.gpuWait = HostCoefficients(fixed: 0)
        host.hold(to: 64, tokens: 8_192, context: 9_216)
        host.errors =
            "TPOT 2.3 %, mean TTFT 8.8 % on the 45 loads with nvfp4 that it was fitted to"
        return host
    }()

    /// vLLM 0.12 with synchronous scheduling, Qwen3-32B at TP 2: fitted end to end on closed loops.
    package static let vllmSync32B: HostProfile = {
        var host = HostProfile(
            name: "vllm-0.12-sync",
            provenance: "vLLM 0.12, synchronous, Qwen3-32B on two H100s")
        host.gpuWait = HostCoefficients(fixed: 1.1e-3, perSequence: 60e-6)
        host.hold(to: 64, tokens: 8_192, context: 5_120)
        host.errors = "TPOT 2.2 %, mean TTFT 21 % on the 30 closed loops that it was fitted to"
        return host
    }()

    /// SGLang 0.5.9 with DeepSeek-R1 on eight H200s: fitted on the TTFT of the loads with 4, 16 and
    /// 64 in flight; those with 8 and 32 were held out. Every other part hides behind these two, or
    /// was not seen. Servers of the same version on B200s look for new requests in every 10th or
    /// 30th step only (`engine.receive_interval`).
    package static let sglang: HostProfile = {
        var host = HostProfile(
            name: "sglang-0.5.9", provenance: "SGLang 0.5.9, DeepSeek-R1 fp8 on eight H200s")
        host.frontEnd = 80e-3
        host.launchPiecewise = Launch(perLayer: 2.5e-3)
        host.launchEager = Launch(perLayer: 2.5e-3)
        host.hold(to: 64, tokens: 8_192, context: 9_216)
        host.errors = "TPOT 7.9 %, mean TTFT 2.3 % on 6 loads that it was not fitted to"
        return host
    }()

    /// TensorRT-LLM's servers of 2025: the front end, chosen among five values (0 to 30 ms) on the
    /// TTFT of 144 loads of Llama-3.1-70B on H200s and B200s. Offline runs show no other host time.
    package static let trtllm: HostProfile = {
        var host = HostProfile(
            name: "trtllm-2025",
            provenance: "TensorRT-LLM of 2025, Llama-3.1-70B on 1 to 8 H200s and B200s")
        host.frontEnd = 20e-3
        host.errors = "mean TTFT 8 to 14 % on the loads that it was fitted to"
        return host
    }()

    /// Sets the largest steps and context of the servers that the profile was held to.
    private mutating func hold(to sequences: Int, tokens: Int, context: Int?) {
        (mostSequences, mostTokens, longestContext) = (sequences, tokens, context)
    }

    /// Every built-in profile.
    package static let all = [
        vllmAsync, vllmAsync15, vllmSync, vllmSync32B, vllm18, vllm19, vllm2025, vllm2025H200,
        vllm2025Blackwell, sglang, trtllm, none,
    ]

    /// This profile with the launch time that a model's norms add if they are summed among
    /// `tensorParallel` GPUs.
    package func launching(_ model: TransformerModel, tensorParallel: Int) -> HostProfile {
        guard let more = launchSummedNorms else { return self }
        var host = self
        host.launchSummedNorms = nil
        let summing = model.layers.count { $0.attention.sumsNorms }
        if tensorParallel > 1, summing > 0 {
            host.launchEager.perLayer += more * Double(summing) / Double(model.layers.count)
        }
        return host
    }

    /// The profile of a name, or of a JSON file as `headway calibrate` writes it.
    ///
    /// - Throws: `InputError` at `engine.host` with the known names, or at the file.
    package static func named(_ name: String) throws -> HostProfile {
        if name.hasSuffix(".json") { return try read(name) }
        if let profile = all.first(where: { $0.name == name.lowercased() }) { return profile }
        let known = all.map(\.name)
        throw InputError(
            "engine.host", "unknown host profile \"\(name)\"", word: name, among: known,
            otherwise: "one of \(known.joined(separator: ", ")), or a file of headway calibrate")
    }

    private static func read(_ path: String) throws -> HostProfile {
        let data = try Data(
            InputFile.contents(
                path, atMost: 1_000_000, expected: "a host profile, as headway calibrate writes it")
        )
        let profile = try JSON5.decodeKnown(HostProfile.self, from: data, place: path)
        try profile.check(path)
        return profile
    }

    /// Warnings for a run whose steps reached these sizes; empty if the profile was tested on as
    /// much.
    package func warnings(requests: Int, tokens: Int, context: Int) -> [String] {
        [
            // No public server tells how long its API server takes for requests that come at once.
            (
                "requests in a step", requests, mostSequences,
                ": its terms go on as straight lines. Requests that arrive at once do not queue in "
                    + "the API server here: their TTFT is low"
            ),
            ("tokens in a step", tokens, mostTokens, ": its terms go on as straight lines"),
            ("the context of one request", context, longestContext, " tokens"),
        ].compactMap { what, value, most, end in
            guard let most, value > most else { return nil }
            return "\(what) reached \(Quantity.count(value)), the host \(name) was held to servers "
                + "with up to \(Quantity.count(most))\(end)"
        }
    }

    /// Longest time of anything, seconds. No server takes a quarter of an hour to launch.
    static let longest = 1e3

    /// Throws `InputError` at `place` for the first figure that is negative or beyond `longest`, or
    /// otherwise out of range.
    package func check(_ place: String) throws {
        let figures = [
            ("frontEnd", frontEnd), ("schedule", schedule),
            ("schedulePerSequence", schedulePerSequence),
            ("launchGraph.fixed", launchGraph.fixed),
            ("launchGraph.perLayer", launchGraph.perLayer),
            ("launchPiecewise.fixed", launchPiecewise.fixed),
            ("launchPiecewise.perLayer", launchPiecewise.perLayer),
            ("launchEager.fixed", launchEager.fixed),
            ("launchEager.perLayer", launchEager.perLayer),
            ("launchSummedNorms", launchSummedNorms ?? 0), ("update", update),
            ("updatePerToken", updatePerToken), ("delivery", delivery), ("idleStart", idleStart),
            ("gpuWait.fixed", gpuWait.fixed), ("gpuWait.perGPU", gpuWait.perGPU),
            ("gpuWait.perSequence", gpuWait.perSequence),
            ("gpuWait.perFirst", gpuWait.perFirst ?? 0),
        ]
        if let gpuScale, !(0.001...1000).contains(gpuScale) {
            throw InputError(
                place, "gpuScale is \(gpuScale)", expected: "a factor from 0.001 to 1000")
        }
        for (name, value) in figures where !(0...Self.longest).contains(value) {
            throw InputError(
                place, "\(name) is \(value) s", expected: "0 to \(Self.longest) s")
        }
        if let first = gpuWait.first, !(0...1 << 30).contains(first) {
            throw InputError(place, "gpuWait.first is \(first)", expected: "0 to 2^30")
        }
        for case (let name, let most?) in [
            ("mostSequences", mostSequences), ("mostTokens", mostTokens),
            ("longestContext", longestContext),
        ] where most < 1 {
            throw InputError(place, "\(name) is \(most)", expected: "at least 1")
        }
    }
}
