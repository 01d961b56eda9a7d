import Basics
import Experiments
import Foundation
import Models
import StepTime

/// An explanation as a page for a terminal and as JSON.
package struct ExplanationReport {
    let explanation: Explanation
    private let mixed: ExplainScenario.MixedStep?
    private let request: ExplainScenario.WholeRequest?

    /// The page of an explained scenario.
    package init(_ explained: ExplainScenario.Explained) {
        explanation = explained.explanation
        mixed = explained.mixed
        request = explained.request
    }

    /// The page: phases, roofline, memory, and what each technique saves.
    package var text: String {
        [
            request?.text ?? "", mixed?.text ?? "", verdict + "\n" + headline, phases.text,
            Roofline(explanation).text, memory, savings, notes,
        ].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var step: StepBreakdown.Step { explanation.breakdown.step }

    private var headline: String {
        let model = explanation.model
        let deployment = explanation.deployment
        var kinds: [(name: String, count: Int)] = []
        for layer in model.layers {
            let name = layer.attention.kindName
            if let known = kinds.firstIndex(where: { $0.name == name }) {
                kinds[known].count += 1
            } else {
                kinds.append((name, 1))
            }
        }
        let layers = kinds.map { "\($0.count) x \($0.name)" }.joined(separator: ", ")
        return """
            \(model.name): \(parameters(model.totalParameters)) parameters, \
            \(parameters(model.activeParameters)) active; layers \(layers)
            \(deployment.gpus) x \(explanation.gpu.name), weights \(deployment.weights.rawValue), \
            KV cache \(deployment.cache.rawValue)
            One step: \(Quantity.counted(step.batch, "sequence")) x \
            \(Quantity.counted(step.tokens, "new token")), context \
            \(Quantity.count(step.context)). FLOPs and bytes over all GPUs, time on each.
            Clock: \(explanation.provenance.kind), \(explanation.provenance.source)\
            \(explanation.provenance.errors.map { ", off by (median) " + $0 } ?? ""); assumed: \
            \(explanation.provenance.assumptions.joined(separator: "; "))
            """
    }

    private func parameters(_ count: Int64) -> String {
        Quantity.decimal(Double(count) * 1e-9, 2) + "B"
    }

    private var phases: TextTable {
        var table = TextTable(
            ["phase", "params", "FLOPs", "weights", "KV", "time", "share", "bound"],
            alignments: [.left, .right, .right, .right, .right, .right, .right, .left])
        let all = explanation.breakdown.seconds
        for phase in explanation.breakdown.phases {
            table.add([
                phase.name, phase.parameters == 0 ? "" : Self.short(phase.parameters),
                phase.flops == 0 ? "" : Quantity.operations(phase.flops),
                phase.weightBytes == 0 ? "" : Quantity.bytes(phase.weightBytes),
                phase.kvBytes == 0 ? "" : Quantity.bytes(phase.kvBytes),
                phase.seconds == 0 ? "" : Quantity.duration(seconds: phase.seconds),
                phase.seconds == 0 ? "" : Quantity.percent(phase.seconds / all),
                phase.seconds == 0 ? "" : phase.bound.rawValue,
            ])
        }
        let host = explanation.breakdown.hostSeconds
        if host > 0 {
            table.add([
                "host", "", "", "", "", Quantity.duration(seconds: host),
                Quantity.percent(host / all), "latency",
            ])
        }
        return table
    }

    /// How long the step takes, and what bounds its time.
    private var verdict: String {
        let seconds = explanation.breakdown.seconds
        let tokens = Double(step.batch * step.tokens)
        let phases = explanation.breakdown.phases
        let bounds = ["memory", "compute", "link", "latency"].compactMap { name -> String? in
            let host = name == "latency" ? explanation.breakdown.hostSeconds : 0
            let time = phases.reduce(host) { $0 + ($1.bound.rawValue == name ? $1.seconds : 0) }
            return time > 0 ? "\(Quantity.percent(time / seconds)) by \(name)" : nil
        }
        let subject =
            mixed != nil
            ? "The decodes' step without the chunk"
            : request != nil && step.tokens == 1
                ? "The request's step at a context of \(Quantity.count(step.context))" : "The step"
        return subject + " takes \(Quantity.duration(seconds: seconds)), "
            + "\(Quantity.significant(tokens / seconds)) tokens/s. Bound: "
            + bounds.joined(separator: ", ") + "."
    }

    /// A number of parameters in few characters: "525 M", "262 k".
    private static func short(_ count: Int64) -> String {
        let units: [(size: Double, name: String)] = [
            (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"),
        ]
        let value = Double(count)
        guard let unit = units.first(where: { value >= 0.999_5 * $0.size }) else {
            return Quantity.count(Int(count))
        }
        return Quantity.significant(value / unit.size) + " " + unit.name
    }

    private var memory: String {
        var lines = [
            "KV cache: \(Quantity.count(Int(explanation.kvBytesPerToken))) bytes per token "
                + "(\(Quantity.count(Int(explanation.kvBytesPerTokenPerLayer))) per layer), "
                + "\(Quantity.count(Int(explanation.kvBytesPerTokenPerGPU))) on each GPU; "
                + "\(Quantity.bytes(Double(explanation.cacheBytes))) for one sequence of "
                + "\(Quantity.count(step.context))"
        ]
        if explanation.draftCacheBytes > 0 {
            lines.append(
                "Draft: \(Quantity.bytes(Double(explanation.draftCacheBytes))) more for that "
                    + "sequence")
        }
        if explanation.stateBytesPerSequence > 0 {
            lines.append(
                "States: \(Quantity.bytes(Double(explanation.stateBytesPerSequence))) per "
                    + "sequence, whatever its length")
        }
        if let budget = explanation.budget {
            lines.append(
                "Memory of a GPU: \(Quantity.bytes(Double(budget.usableBytes))) usable - "
                    + budget.parts.joined(separator: " - ")
                    + " -> \(Quantity.count(budget.numGPUBlocks)) blocks of "
                    + (budget.layout.isStatesOnly
                        ? "a state each" : "\(explanation.blockSize) tokens"))
            let sequences = explanation.sequencesThatFit ?? 0
            lines.append(
                "\(Quantity.count(sequences)) sequences of \(Quantity.count(step.context)) fit")
        }
        return lines.joined(separator: "\n")
    }

    private var savings: String {
        var lines: [String] = []
        if let crossover = explanation.crossoverContext {
            lines.append(
                "Attention overtakes the FFN at a context of \(Quantity.count(crossover)) "
                    + "(FLOPs per token)")
        }
        lines += explanation.recurrentCrossovers.map(\.line)
        if let bytes = explanation.naiveBytes, let seconds = explanation.naiveSeconds,
            let layer = explanation.naiveScoreBytes, let matrix = explanation.scoreMatrixBytes
        {
            lines.append(
                "Naive attention would move \(Quantity.bytes(bytes)) of scores in this step, "
                    + "\(Quantity.duration(seconds: seconds)); a head's full score matrix is "
                    + Quantity.bytes(matrix)
                    + (explanation.naiveScoresFit
                        ? ""
                        : "; one layer's scores, \(Quantity.bytes(layer)) a GPU, do not fit"))
        }
        if let attention = explanation.attentionWithoutCache,
            let projections = explanation.projectionsWithoutCache
        {
            lines.append(
                "Generating \(Quantity.count(step.context)) tokens without a KV cache: "
                    + "\(Quantity.significant(attention)) times the attention work, "
                    + "\(Quantity.significant(projections)) times the projection work")
        }
        return lines.joined(separator: "\n")
    }

    private var notes: String {
        explanation.notes.map { "Note: \($0)" }.joined(separator: "\n")
    }
}

extension ExplanationReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case model, tensorParallelSize, pipelineParallelSize, expertParallelSize, weights
        case gpu, gpuMeasured, kvCacheDtype, batch, tokens, context, clock, clockErrors, assumptions
        case parametersTotal, parametersActive, weightBytesPerGpu, kvBytesPerToken
        case kvBytesPerTokenPerLayer, kvBytesPerTokenPerGpu, stateBytesPerSequence, cacheBytes
        case draftCacheBytes
        case blockSize, numGpuBlocks, sequencesThatFit, doesNotFit, scoreMatrixBytes
        case crossoverContext, recurrentCrossovers, naiveAttentionBytes, naiveAttentionUs
        case withoutCacheAttentionRatio, withoutCacheProjectionRatio
        case hostUs, stepUs, phases, notes, mixed, request
    }

    private struct MixedJSON: Encodable {
        var chunkTokens, decodes: Int
        var decodesAloneUs, chunkAloneUs, togetherUs: Double

        init(_ mixed: ExplainScenario.MixedStep) {
            (chunkTokens, decodes) = (mixed.chunkTokens, mixed.decodes)
            decodesAloneUs = mixed.decodesAlone * 1e6
            chunkAloneUs = mixed.chunkAlone * 1e6
            togetherUs = mixed.together * 1e6
        }
    }

    private struct RequestJSON: Encodable {
        var input, output, batch, chunks, chunkTokens: Int
        var timeToFirstTokenUs, timePerOutputTokenUs, outputTokensPerSecondPerGpu: Double
        var decodeTokensPerSecondPerGpu: Double?

        init(_ request: ExplainScenario.WholeRequest) {
            (input, output, batch) = (request.input, request.output, request.batch)
            (chunks, chunkTokens) = (request.chunks, request.chunkTokens)
            timeToFirstTokenUs = request.timeToFirstToken * 1e6
            timePerOutputTokenUs = request.timePerOutputToken * 1e6
            outputTokensPerSecondPerGpu = request.outputTokensPerGPU
            decodeTokensPerSecondPerGpu = request.decodeTokensPerGPU
        }
    }

    private struct PhaseJSON: Encodable {
        var name: String
        var parameters: Int64
        var flops: Double
        var weightBytes: Double
        var kvBytes: Double
        var timeUs: Double
        var bound: String
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        let (model, deployment) = (explanation.model, explanation.deployment)
        try keys.encode(model.name, forKey: .model)
        try keys.encode(deployment.tensorParallel, forKey: .tensorParallelSize)
        try keys.encode(deployment.pipelineParallel, forKey: .pipelineParallelSize)
        try keys.encode(deployment.expertParallel, forKey: .expertParallelSize)
        try keys.encode(deployment.weights.rawValue, forKey: .weights)
        try keys.encode(deployment.cache.rawValue, forKey: .kvCacheDtype)
        try keys.encode(step.batch, forKey: .batch)
        try keys.encode(step.tokens, forKey: .tokens)
        try keys.encode(step.context, forKey: .context)
        try keys.encode(explanation.gpu.name, forKey: .gpu)
        try keys.encode(explanation.provenance.isMeasured, forKey: .gpuMeasured)
        try keys.encode(explanation.provenance.source, forKey: .clock)
        try keys.encodeIfPresent(explanation.provenance.errors, forKey: .clockErrors)
        try keys.encode(explanation.provenance.assumptions, forKey: .assumptions)
        try keys.encode(model.totalParameters, forKey: .parametersTotal)
        try keys.encode(model.activeParameters, forKey: .parametersActive)
        try keys.encode(model.weightBytesPerGPU(deployment), forKey: .weightBytesPerGpu)
        try encodeMemory(&keys)
        try keys.encode(explanation.notes, forKey: .notes)
        try keys.encodeIfPresent(mixed.map(MixedJSON.init), forKey: .mixed)
        try keys.encodeIfPresent(request.map(RequestJSON.init), forKey: .request)
        try keys.encode(explanation.breakdown.hostSeconds * 1e6, forKey: .hostUs)
        try keys.encode(explanation.breakdown.seconds * 1e6, forKey: .stepUs)
        try keys.encode(
            explanation.breakdown.phases.map { phase in
                PhaseJSON(
                    name: phase.name, parameters: phase.parameters, flops: phase.flops,
                    weightBytes: phase.weightBytes, kvBytes: phase.kvBytes,
                    timeUs: phase.seconds * 1e6, bound: phase.bound.rawValue)
            }, forKey: .phases)
    }

    private func encodeMemory(_ keys: inout KeyedEncodingContainer<CodingKeys>) throws {
        let all = explanation
        try keys.encode(all.kvBytesPerToken, forKey: .kvBytesPerToken)
        try keys.encode(all.kvBytesPerTokenPerLayer, forKey: .kvBytesPerTokenPerLayer)
        try keys.encode(all.kvBytesPerTokenPerGPU, forKey: .kvBytesPerTokenPerGpu)
        try keys.encode(all.stateBytesPerSequence, forKey: .stateBytesPerSequence)
        try keys.encode(all.cacheBytes, forKey: .cacheBytes)
        if all.draftCacheBytes > 0 {
            try keys.encode(all.draftCacheBytes, forKey: .draftCacheBytes)
        }
        try keys.encode(all.blockSize, forKey: .blockSize)
        // Missing values are absent.
        try keys.encodeIfPresent(all.budget?.numGPUBlocks, forKey: .numGpuBlocks)
        try keys.encodeIfPresent(all.sequencesThatFit, forKey: .sequencesThatFit)
        try keys.encodeIfPresent(all.doesNotFit, forKey: .doesNotFit)
        try keys.encodeIfPresent(all.scoreMatrixBytes, forKey: .scoreMatrixBytes)
        try keys.encodeIfPresent(all.crossoverContext, forKey: .crossoverContext)
        if !all.recurrentCrossovers.isEmpty {
            try keys.encode(all.recurrentCrossovers, forKey: .recurrentCrossovers)
        }
        try keys.encodeIfPresent(all.naiveBytes, forKey: .naiveAttentionBytes)
        try keys.encodeIfPresent(all.naiveSeconds.map { $0 * 1e6 }, forKey: .naiveAttentionUs)
        try keys.encodeIfPresent(all.attentionWithoutCache, forKey: .withoutCacheAttentionRatio)
        try keys.encodeIfPresent(all.projectionsWithoutCache, forKey: .withoutCacheProjectionRatio)
    }
}
