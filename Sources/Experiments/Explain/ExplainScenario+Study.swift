import Basics
import Models
import Scenario
import Simulator
import StepTime

extension ExplainScenario {
    /// A step that decodes, and also computes a chunk of another prompt.
    package struct MixedStep: Sendable {
        /// Tokens of the chunk, and the number of decoding sequences.
        package var chunkTokens: Int
        package var decodes: Int
        /// Time of the decodes alone, of the chunk alone, and of both in one step, seconds.
        package var decodesAlone: Double
        package var chunkAlone: Double
        package var together: Double
    }

    /// A whole request that shares its steps with `batch` - 1 others like it.
    package struct WholeRequest: Sendable {
        package var input: Int
        package var output: Int
        package var batch: Int
        /// Chunks of the prompt, and the most tokens in one.
        package var chunks: Int
        package var chunkTokens: Int
        /// Prefill time of one prompt, and mean time per token after the first, seconds.
        package var timeToFirstToken: Double
        package var timePerOutputToken: Double
        /// Output tokens per second and GPU that serves such requests, `batch` at a time: all
        /// prompts are computed, then all requests decode together.
        package var outputTokensPerGPU: Double
        /// The same while they decode, without the prompts; nil: all is prefill.
        package var decodeTokensPerGPU: Double?

        /// TTFT + (n - 1) x TPOT, seconds.
        package var endToEnd: Double {
            timeToFirstToken + Double(output - 1) * timePerOutputToken
        }
    }

    /// One explained scenario, with the additional studies requested.
    package struct Explained: Sendable {
        package var explanation: Explanation
        package var mixed: MixedStep?
        package var request: WholeRequest?

        /// Only the step.
        package init(_ explanation: Explanation) { self.explanation = explanation }
    }

    /// Explains the scenario.
    ///
    /// - Throws: `InputError` at the invalid flag.
    package func explained() throws -> Explained {
        guard (input == nil) == (output == nil) else {
            throw InputError(
                input == nil ? "--output" : "--input", "is given alone",
                expected: "--input and --output")
        }
        let model = try shape()
        let base = try base(of: model)
        func explain(_ size: Int) throws -> Explanation { try explanation(model, base, size) }
        let found: Explanation
        if let tensorParallel {
            found = try explain(tensorParallel)
        } else {
            let first = try explain(1)
            let fitting = [2, 4, 8].lazy.compactMap { try? explain($0) }
                .first { $0.doesNotFit == nil }
            // A model that fits on no number of GPUs is explained on the most.
            found = first.doesNotFit == nil ? first : try fitting ?? explain(8)
        }
        var result = Explained(found)
        guard chunk > 0 || input != nil else { return result }
        var options = try clockOptions(model, found.deployment.tensorParallel)
        // Beyond the tables, prices extend the last slope.
        options.maxTokens = max(gpu.serverDefaults.tokens, min(chunk, 1 << 16) + min(batch, 4096))
        let clock = try StepTime.measured(model, found.deployment, options)
        if chunk > 0 { result.mixed = try mixed(clock) }
        if let input, let output {
            result.request = try request(clock, input, output, found.deployment) {
                options.launch(model, found.deployment, tokens: $0, isDecode: false)
            }
            let notes = found.notes(
                onRequests: batch, input: input, output: output, options)
            result.explanation.notes += notes.filter { !found.notes.contains($0) }
        }
        return result
    }

    func shape() throws -> TransformerModel {
        var model = try Catalogue.model(named: model)
        switch headGroups {
        case .own: break
        case .none: model = model.withoutGrouping
        case .one: model = model.withOneGroup
        }
        return hasWindows ? model : model.withoutWindows
    }

    /// Flags that were set and change nothing of this model, a note each.
    private func flagsWithoutEffect(_ model: TransformerModel) throws -> [String] {
        let own = try Catalogue.model(named: self.model)
        var notes: [String] = []
        func note(_ flag: String, _ reason: String) {
            notes.append("\(flag) has no effect: \(model.name) has \(reason)")
        }
        if headGroups == .none, own.withoutGrouping.layers == own.layers {
            note("--mha", "no heads that share keys and values, and no latents")
        }
        if headGroups == .one, own.withOneGroup.layers == own.layers {
            note("--mqa", "no layer with several pairs of keys and values")
        }
        if !hasWindows, own.withoutWindows.layers == own.layers {
            note("--no-window", "no layers with windows")
        }
        let hasExperts = own.layers.contains {
            if case .experts = $0.feedForward { true } else { false }
        }
        if routing != .served, !hasExperts {
            note("--routing \(routing.rawValue)", "no experts")
        }
        let isRecurrent = own.layers.allSatisfy {
            switch $0.attention {
            case .recurrent, .none: true
            case .heads, .latent: false
            }
        }
        if isRecurrent {
            let flags = [
                (cache != nil, "--kv"), (blockSize != nil, "--block-size"),
                (attentionKernel != .flash, "--attention-kernel"),
            ]
            for (isSet, flag) in flags where isSet { note(flag, "no attention") }
        }
        return notes
    }

    func base(of model: TransformerModel) throws -> Deployment {
        var deployment = Deployment()
        deployment.weights = try model.weights(weights)
        deployment.takeCache(cache, of: model, on: gpu, minor: EngineVersion.newest.minor)
        deployment.pipelineParallel = pipelineParallel
        deployment.expertParallel = expertParallel
        deployment.gpusPerNode = gpusPerNode
        deployment.draft = try draft(of: model)
        return deployment
    }

    /// What drafts, as a configuration with the same words has it.
    private func draft(of shape: TransformerModel) throws -> Draft? {
        var configuration = Configuration()
        configuration.model.name = model
        configuration.engine.specMethod = specMethod
        configuration.engine.specModel = specModel
        configuration.engine.specTokens = specTokens
        do {
            return try configuration.draft(of: shape)
        } catch let error as InputError where error.place.hasPrefix("engine.spec_") {
            let flag = "--" + error.place.dropFirst(7).replacing("_", with: "-")
            throw InputError(
                flag, error.problem, expected: error.expected, suggestion: error.suggestion)
        }
    }

    func clockOptions(
        _ model: TransformerModel, _ tensorParallel: Int
    ) throws -> ClockOptions {
        var options = try ClockOptions(profile: profile, gpu: gpu)
        // The host that a run with these kernels has.
        options.host = options.profile.usualHost(
            asyncScheduling: true, minor: EngineVersion.newest.minor, gpu: gpu)
        options.routing = routing
        options.attentionKernel = attentionKernel
        options.usesCache = usesCache
        // The graphs that a server of these GPUs captures by default, as in a run.
        var server = ServerMemory(
            model, minor: EngineVersion.newest.minor, on: gpu, tensorParallel: tensorParallel)
        server.maxNumSeqs = gpu.serverDefaults.sequences
        server.maxNumBatchedTokens = gpu.serverDefaults.tokens
        options.captureSizes = server.capturedSizes
        return options
    }

    func explanation(
        _ model: TransformerModel, _ base: Deployment, _ size: Int
    ) throws -> Explanation {
        var deployment = base
        deployment.tensorParallel = size
        try deployment.checkRanks()
        let step = try StepBreakdown.Step(
            batch: batch, tokens: tokens, context: stepContext)
        let latents = LatentBlocks(
            model, deployment, on: gpu, minor: EngineVersion.newest.minor)
        var explanation = try Explanation(
            model, deployment, clockOptions(model, size), blockSize: blockSize,
            latentBlock: latents?.size(isGiven: blockSize != nil), utilization: utilization,
            step: step)
        if blockSize == nil,
            let note = latents?.note(
                on: gpu.name, version: EngineVersion.newest.description)
        {
            explanation.notes.append(note)
        }
        explanation.notes += try flagsWithoutEffect(model) + model.notes
        explanation.notes += model.weightsNotes(weights)
        if let note = explanation.gpu.notMeasuredNote { explanation.notes.append(note) }
        if let unserved = model.unserved {
            explanation.notes.append("\(unserved.problem): headway run refuses it")
        }
        if cache == nil, deployment.cache != .bf16 {
            explanation.notes.append(TransformerModel.cacheNote(deployment.cache))
        }
        if let blockSize, let note = AttentionPages.note(blockSize) {
            explanation.notes.append(note)
        }
        if let problem = deployment.nodeProblem {
            explanation.notes.append("\(problem): headway run refuses this layout")
        }
        return explanation
    }

    private func seconds(_ clock: StepTime, _ load: StepLoad) -> Double {
        Double(clock.picoseconds(load)) * 1e-12
    }

    private func mixed(_ clock: StepTime) throws -> MixedStep {
        guard tokens == 1 else {
            throw InputError(
                "--chunk", "joins decodes, and --tokens is \(tokens)", expected: "--tokens 1")
        }
        let length = stepContext
        guard length > 1, batch <= StepBreakdown.Step.most / length,
            chunk <= StepBreakdown.Step.most - batch
        else {
            throw InputError(
                "--chunk", "cannot be a step with \(batch) decodes at a context of \(length)",
                expected: "a context of 2 or more, and less than 2^30 tokens")
        }
        var decodes = StepLoad()
        let windowed = clock.window > 0 ? batch * min(length, clock.window) : 0
        decodes.addDecodes(batch, context: batch * length, windowedContext: windowed)
        decodes.sampled = batch
        var alone = StepLoad()
        alone.add(chunk, past: 0, samples: true, window: clock.window)
        var both = decodes
        both.add(chunk, past: 0, samples: true, window: clock.window)
        return MixedStep(
            chunkTokens: chunk, decodes: batch, decodesAlone: seconds(clock, decodes),
            chunkAlone: seconds(clock, alone), together: seconds(clock, both))
    }

    /// Longest output whose steps are summed individually.
    private static let mostOutput = 1 << 22

    private func request(
        _ clock: StepTime, _ input: Int, _ output: Int, _ deployment: Deployment,
        launch: (_ tokens: Int) -> Double
    ) throws -> WholeRequest {
        guard output <= Self.mostOutput, input <= StepBreakdown.Step.most / batch - output else {
            throw InputError(
                "--output", "makes \(batch) requests of \(input) + \(output) tokens",
                expected: "outputs up to \(Self.mostOutput), and less than 2^30 tokens in all")
        }
        let most = gpu.serverDefaults.tokens
        var (first, done, chunks) = (0.0, 0, 0)
        while done < input {
            let count = min(most, input - done)
            var load = StepLoad()
            load.add(count, past: done, samples: done + count == input, window: clock.window)
            first += max(seconds(clock, load), launch(count))
            done += count
            chunks += 1
        }
        var decoding = 0.0
        for token in 0..<(output - 1) {
            let length = input + token + 1
            var load = StepLoad()
            let windowed = clock.window > 0 ? batch * min(length, clock.window) : 0
            load.addDecodes(batch, context: batch * length, windowedContext: windowed)
            load.sampled = batch
            decoding += seconds(clock, load)
        }
        let perToken = output > 1 ? decoding / Double(output - 1) : 0
        let (gpus, requests) = (Double(deployment.gpus), Double(batch))
        return WholeRequest(
            input: input, output: output, batch: batch, chunks: chunks, chunkTokens: most,
            timeToFirstToken: first, timePerOutputToken: perToken,
            outputTokensPerGPU: requests * Double(output) / (requests * first + decoding) / gpus,
            decodeTokensPerGPU: perToken > 0 ? requests / perToken / gpus : nil)
    }
}

/// One flag of a scenario over several values: `context=2k..1M`, `tp=1,2,4,8`.
package struct ExplainRange: Sendable {
    /// A row of the table.
    package struct Row: Sendable {
        package var value: String
        /// Nil if the value does not go with the other flags.
        package var explained: ExplainScenario.Explained?
        package var problem: String?
    }

    /// The flag, without dashes.
    package let name: String
    package let rows: [Row]

    /// Most rows.
    private static let most = 1000

    /// Explains a scenario at every value of "NAME=A..B" (doubling) or "NAME=A,B,C".
    ///
    /// - Throws: `InputError` at `--over`, also if no value can be explained.
    package init(_ text: String, of scenario: ExplainScenario) throws {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw InputError(
                "--over", "\(text.echoed()) is no range",
                expected: "context=2k..1M (doubling) or tp=1,2,4,8")
        }
        let flag = parts[0].hasPrefix("--") ? parts[0] : "--" + parts[0]
        guard ExplainScenario.fields.contains(where: { $0.name == flag }) else {
            throw InputError(
                "--over", "\(parts[0].echoed()) is no flag of explain", word: flag,
                among: ExplainScenario.fields.map(\.name))
        }
        name = String(flag.dropFirst(2))
        let values = try Self.values(parts[1])
        var rows: [Row] = []
        for value in values {
            do {
                var copy = scenario
                try copy.set(flag, to: value)
                rows.append(Row(value: value, explained: try copy.explained()))
            } catch let error as InputError {
                rows.append(Row(value: value, problem: error.description))
            }
        }
        guard rows.contains(where: { $0.explained != nil }) else {
            throw InputError(
                "--over", "no value of \(name) can be explained: \(rows[0].problem ?? "")",
                expected: "values that go with the other flags")
        }
        self.rows = rows
    }

    private static func values(_ text: String) throws -> [String] {
        let values: [String]
        if let dots = text.range(of: "..") {
            var value = try ExplainScenario.integer(String(text[..<dots.lowerBound]), "--over")
            let last = try ExplainScenario.integer(String(text[dots.upperBound...]), "--over")
            var list: [String] = []
            while value <= last {
                list.append(String(value))
                value *= 2
            }
            values = list
        } else {
            values = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard !values.isEmpty, values.count <= most, !values.contains("") else {
            throw InputError(
                "--over", "\(text.echoed()) is no range",
                expected: "A..B from the smaller to the larger, or A,B,C")
        }
        return values
    }
}
