import Basics
import Models

/// Breaks one step down by phase: parameters, FLOPs, bytes and time, summed over layers.
///
/// Parameters and FLOPs are those of the whole model, however many GPUs share it. Bytes are those
/// that all GPUs move: weights and KV heads that several GPUs hold count once for each. Only scores
/// that causal kernels compute are counted: none above the diagonal, none beyond a window.
/// With pipeline stages the step's sequences are in flight as micro-batches, and each reads the
/// weights once. The times of all phases and the host add up to the price that a run charges for
/// the step.
package struct StepBreakdown: Sendable, Equatable {
    /// What limits a phase.
    package enum Bound: String, Sendable, Codable {
        case compute
        case memory
        /// Launches and dependent steps.
        case latency
        /// The link to other GPUs.
        case link
    }

    /// One phase over all layers.
    package struct Phase: Sendable, Equatable {
        package var name: String
        package var parameters: Int64 = 0
        package var flops = 0.0
        /// Bytes of weights read.
        package var weightBytes = 0.0
        /// Bytes of cached keys, values or states read or rewritten.
        package var kvBytes = 0.0
        package var seconds = 0.0
        package var bound = Bound.latency
    }

    /// The step to break down: `batch` sequences, each with `tokens` new tokens and `context`
    /// tokens in total after the step.
    package struct Step: Sendable, Equatable {
        package var batch: Int
        package var tokens: Int
        package var context: Int

        /// Most tokens in a step, including context. With 2^30 the square of their sum, which
        /// prefill and recomputation need, fits in 64 bits.
        package static let most = 1 << 30

        /// - Throws: `InputError` at the flag that is out of range.
        package init(batch: Int, tokens: Int, context: Int) throws {
            guard batch >= 1, tokens >= 1, tokens <= Self.most, batch <= Self.most / tokens else {
                throw InputError(
                    "--batch", "\(batch) sequences of \(tokens) tokens cannot be a step",
                    expected: "1 to 2^30 tokens in all")
            }
            guard context >= tokens, context <= Self.most / batch else {
                throw InputError(
                    "--context", "is \(context), with \(tokens) new tokens in it",
                    expected: "at least \(tokens) and at most 2^30 over the batch")
            }
            self.batch = batch
            self.tokens = tokens
            self.context = context
        }
    }

    package var step: Step
    /// Phases in order of execution. Phases of the same name in different layers are merged.
    package var phases: [Phase] = []
    /// Host time the GPU waits for, seconds.
    package var hostSeconds: Double
    /// Time of the whole step, seconds.
    package var seconds: Double { phases.reduce(hostSeconds) { $0 + $1.seconds } }

    /// Longest step accepted, seconds. The largest valid step takes less with any figures that a
    /// GPU may have.
    private static let longest = 1e15

    /// Breaks a step down.
    ///
    /// - Throws: `InputError` for a deployment that the model or the profile does not allow, or for
    ///   a step longer than the clock can count.
    package init(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions, _ step: Step
    ) throws {
        let costs = try OperatorCosts(checking: model, deployment, options)
        self.step = step
        let host = costs.host
        hostSeconds =
            host.seconds(gpus: deployment.tensorParallel, sequences: step.batch)
        let share = StepShare(step, stages: deployment.pipelineParallel, options)
        add(costs.embedding(step))
        for group in costs.groups {
            for var phase in costs.phases(group.layer, share) {
                phase.scale(by: group.count)
                // The fullest pipeline stage sets the pace.
                phase.seconds *= costs.stageImbalance
                add(phase)
            }
        }
        if let hop = costs.pipelineHops(share) { add(hop) }
        add(costs.finalNorm)
        add(costs.headPhase(step))
        guard seconds <= Self.longest else {
            throw InputError(
                "step_time.profile", "makes this step take \(seconds) s",
                expected: "at most \(Self.longest) s")
        }
    }

    /// Adds how much longer than the GPU the host takes to launch a step that is not one captured
    /// graph, as the phase "launch". A run's step ends no earlier than its last kernel's launch.
    package mutating func addLaunch(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions,
        of step: Step
    ) {
        let launch = options.launch(
            model, deployment, tokens: step.batch * step.tokens,
            isDecode: StepLoad.isDecode(step.tokens, past: step.context - step.tokens))
        guard launch > seconds else { return }
        add(Phase(name: "launch", seconds: launch - seconds, bound: .latency))
    }

    private mutating func add(_ phase: Phase) {
        guard let known = phases.firstIndex(where: { $0.name == phase.name }) else {
            phases.append(phase)
            return
        }
        // The longer part decides what the sum is bound by.
        if phase.seconds > phases[known].seconds { phases[known].bound = phase.bound }
        phases[known].parameters += phase.parameters
        phases[known].flops += phase.flops
        phases[known].weightBytes += phase.weightBytes
        phases[known].kvBytes += phase.kvBytes
        phases[known].seconds += phase.seconds
    }
}

extension ClockOptions {
    /// Seconds from a step's start to the launch of its last kernel; 0 for decodes in one captured
    /// graph, which starts once it is launched.
    package func launch(
        _ model: TransformerModel, _ deployment: Deployment, tokens: Int, isDecode: Bool
    ) -> Double {
        let isCaptured = tokens <= captureSizes.last ?? 0
        if isCaptured, isDecode { return 0 }
        let host = host.launching(model, tensorParallel: deployment.tensorParallel)
        let stages = deployment.pipelineParallel
        return (isCaptured ? host.launchPiecewise : host.launchEager)
            .seconds(layers: (model.layers.count + stages - 1) / stages)
    }
}

/// A step, and the micro-batches into which pipeline stages cut it.
struct StepShare {
    var step: StepBreakdown.Step
    /// Micro-batches in flight: one per stage, as far as there are sequences to fill them.
    var lanes: Int
    /// Tokens of the step.
    var tokens: Double
    /// Tokens per micro-batch, padded to its graph's size.
    var lane: Double
    /// The same without padding.
    var arriving: Double
    /// Whether the step decodes; otherwise it is a prefill chunk.
    var isDecode: Bool

    init(_ step: StepBreakdown.Step, stages: Int, _ options: ClockOptions) {
        self.step = step
        lanes = min(stages, step.batch)
        let all = step.batch * step.tokens
        tokens = Double(all)
        isDecode = StepLoad.isDecode(step.tokens, past: step.context - step.tokens)
        var load = StepLoad()
        load.tokens = all
        load.requests = step.batch
        load.mostChunkTokens = isDecode ? 0 : step.tokens
        arriving = Double(load.tokensOfLane(lanes))
        lane = Double(options.padded(load.tokensOfLane(lanes)))
    }
}

extension StepBreakdown.Phase {
    /// An empty phase of this name.
    package static func empty(_ name: String) -> Self { Self(name: name) }

    mutating func scale(by count: Int) {
        parameters *= Int64(count)
        flops *= Double(count)
        weightBytes *= Double(count)
        kvBytes *= Double(count)
        seconds *= Double(count)
    }
}
