import Basics
import Models
import StepTime

/// Decode steps of several models over contexts, batches, GPUs and weight formats: the table in the
/// page of `headway explain --html`. Every cell equals what `headway explain` shows.
package struct ExplainGrid: Sendable, Encodable {
    /// One model.
    package struct Entry: Sendable, Encodable {
        package var name: String
        package var parametersTotal: Int64
        package var parametersActive: Int64
        package var maxContext: Int
        package var kvBytesPerToken: Int64
        /// Names of phases in order of execution, the host last, with their parameters.
        package var phases: [String]
        package var parameters: [Int64]
        /// By phase, batch and context: FLOPs and cached bytes over all GPUs.
        package var flops: [[[Double]]]
        package var kvBytes: [[[Double]]]
        /// By weight format.
        package var formats: [Format]
    }

    /// A model in a weight format.
    package struct Format: Sendable, Encodable {
        package var weights: String
        /// Bytes of weights read over all GPUs, by phase and batch.
        package var weightBytes: [[Double]]
        package var sizes: [Size]
    }

    /// A model in a weight format on a number of GPUs.
    package struct Size: Sendable, Encodable {
        package var gpus: Int
        /// How many sequences fit, for each context; nil: the model does not fit.
        package var sequencesThatFit: [Int]?
        /// By phase, batch and context: microseconds, and what limits the phase.
        package var timeUs: [[[Double]]]
        package var bounds: [[[StepBreakdown.Bound]]]
    }

    package let gpu: String
    package let clock: String
    package let contexts: [Int]
    package let batches: [Int]
    package let models: [Entry]

    /// 1k to 1M tokens, and 1 to 256 sequences.
    private static let contexts = (10...20).map { 1 << $0 }
    private static let batches = (0...8).map { 1 << $0 }
    /// Sizes of tensor-parallel groups with H100 measurements.
    private static let sizes = [1, 2, 4, 8]

    /// Models of different kinds: grouped heads, windows, experts, latents, recurrent states.
    package static let usual = [
        "llama-3.1-8b", "llama-3.1-70b", "mistral-7b-v0.1", "mixtral-8x7b", "deepseek-v3",
    ]

    /// Breaks down decode steps of each model on one kind of GPU.
    ///
    /// - Throws: `InputError` for an unknown model, and if none of a model's layouts can be priced.
    package init(models names: [String], gpu: GPU, profile: String) throws {
        var options = try ClockOptions(profile: profile, gpu: gpu)
        options.maxTokens = 1
        self.gpu = gpu.name
        contexts = Self.contexts
        batches = Self.batches
        let shared = options
        let entries = try mapOnAllCores(names) { try Self.entry(named: $0, shared) }
        models = entries.map(\.0)
        clock = entries[0].1
    }

    private static func entry(
        named name: String, _ options: ClockOptions
    ) throws -> (Entry, String) {
        let model = try Catalogue.model(named: name)
        let own = try model.weights(nil)
        let wanted: [WeightFormat] = [own, .bf16, .fp8]
        let formats = wanted.indices.filter { !wanted[..<$0].contains(wanted[$0]) }
            .map { wanted[$0] }
        var entry = Entry(
            name: model.name, parametersTotal: model.totalParameters,
            parametersActive: model.activeParameters, maxContext: model.maxContext,
            kvBytesPerToken: KVCacheLayout(model, Deployment()).bytesPerToken, phases: [],
            parameters: [], flops: [], kvBytes: [], formats: [])
        var problem: InputError?
        var clock = ""
        for weights in formats {
            var format = Format(weights: weights.rawValue, weightBytes: [], sizes: [])
            for size in sizes {
                var deployment = Deployment(tensorParallel: size)
                deployment.weights = weights
                do {
                    let cells = try cells(model, deployment, options)
                    if entry.phases.isEmpty { entry.take(cells) }
                    if format.weightBytes.isEmpty {
                        format.weightBytes = cells.phases.indices.map { phase in
                            cells.grid.map { $0[0][phase].weightBytes }
                        }
                    }
                    format.sizes.append(cells.size(deployment, model, options))
                    clock = cells.clock
                } catch let error as InputError {
                    problem = error
                }
            }
            if !format.sizes.isEmpty { entry.formats.append(format) }
        }
        if entry.formats.isEmpty, let problem { throw problem }
        return (entry, clock)
    }

    /// Phases of every batch and context.
    fileprivate struct Cells {
        var phases: [String]
        /// Indexed by batch, context and phase.
        var grid: [[[StepBreakdown.Phase]]]
        var clock: String
    }

    private static func cells(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions
    ) throws -> Cells {
        var names: [String] = []
        let grid = try batches.map { batch in
            try contexts.map { context in
                let step = try StepBreakdown.Step(batch: batch, tokens: 1, context: context)
                let breakdown = try StepBreakdown(model, deployment, options, step)
                var host = StepBreakdown.Phase.empty("host")
                host.seconds = breakdown.hostSeconds
                let phases = breakdown.phases + [host]
                if names.isEmpty { names = phases.map(\.name) }
                return names.map { name in
                    phases.first { $0.name == name } ?? .empty(name)
                }
            }
        }
        let provenance = try StepTime.measured(model, deployment, options).provenance
        return Cells(phases: names, grid: grid, clock: provenance.source)
    }
}

extension ExplainGrid.Entry {
    fileprivate mutating func take(_ cells: ExplainGrid.Cells) {
        phases = cells.phases
        let indices = cells.phases.indices
        parameters = indices.map { cells.grid[0][0][$0].parameters }
        flops = indices.map { phase in cells.grid.map { $0.map { $0[phase].flops } } }
        kvBytes = indices.map { phase in cells.grid.map { $0.map { $0[phase].kvBytes } } }
    }
}

extension ExplainGrid.Cells {
    fileprivate func size(
        _ deployment: Deployment, _ model: TransformerModel, _ options: ClockOptions
    ) -> ExplainGrid.Size {
        let fit = ExplainGrid.contextsOf.map { context -> Int? in
            guard let step = try? StepBreakdown.Step(batch: 1, tokens: 1, context: context) else {
                return nil
            }
            return try? Explanation(model, deployment, options, step: step).sequencesThatFit
        }
        return ExplainGrid.Size(
            gpus: deployment.gpus, sequencesThatFit: fit.contains(nil) ? nil : fit.map { $0! },
            timeUs: phases.indices.map { phase in
                grid.map { $0.map { ($0[phase].seconds * 1e9).rounded() / 1e3 } }
            },
            bounds: phases.indices.map { phase in grid.map { $0.map { $0[phase].bound } } })
    }
}

extension ExplainGrid {
    fileprivate static var contextsOf: [Int] { contexts }
}

extension ExplainScenario {
    /// The table of this model and the usual ones on its GPU.
    ///
    /// - Throws: `InputError` for anything that cannot be priced.
    package func grid() throws -> ExplainGrid {
        let own = try Catalogue.model(named: model).name
        let others = ExplainGrid.usual.filter { $0 != own }
        return try ExplainGrid(models: [model] + others, gpu: gpu, profile: profile)
    }
}
