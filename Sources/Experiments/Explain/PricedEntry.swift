import Basics
import Models
import StepTime

/// One entry of a page of steps, priced: every cell of every format and size.
struct PricedEntry: Sendable {
    /// Its figures in one format on one number of GPUs.
    struct Size: Sendable {
        var deployment: Deployment
        var clock: String
        /// Indexed by context: the notes at the smallest batch.
        var notes: [[String]]
        /// Indexed by batch and context: sequences that fit, and the phases.
        var fit: ExplainGrid.Grid
        var phases: [[[StepBreakdown.Phase]]]
    }

    private let source: ExplainScenario.PageEntry
    private var formats: [(weights: WeightFormat, sizes: [Size])] = []

    /// Prices the entry's scenario in its own format, in the one asked for, in bf16 and in fp8.
    ///
    /// - Throws: `InputError` for an unknown model, and if no format and size can be priced.
    init(_ source: ExplainScenario.PageEntry, _ axes: ExplainAxes) throws {
        self.source = source
        var scenario = source.scenario
        let model = try scenario.shape()
        var wanted: [WeightFormat] = try [model.weights(scenario.weights)]
        for more in [try? model.weights(nil), .bf16, .fp8] {
            if let more, !wanted.contains(more) { wanted.append(more) }
        }
        var problem: InputError?
        for weights in wanted {
            scenario.weights = weights
            var sizes: [Size] = []
            for size in axes.sizes {
                do {
                    sizes.append(try Size(scenario, model, size, axes))
                } catch let error as InputError {
                    problem = error
                }
            }
            if !sizes.isEmpty { formats.append((weights, sizes)) }
        }
        if formats.isEmpty, let problem { throw problem }
    }

    /// The entry as the page holds it.
    func entry(_ store: inout ExplainGridStore) -> ExplainGrid.Entry {
        ExplainGrid.Entry(
            name: source.name, command: source.command,
            formats: formats.map { weights, sizes in
                ExplainGrid.Format(
                    weights: weights.rawValue, sizes: sizes.map { $0.table(&store) })
            })
    }
}

extension PricedEntry.Size {
    fileprivate init(
        _ scenario: ExplainScenario, _ model: TransformerModel, _ size: Int, _ axes: ExplainAxes
    ) throws {
        var scenario = scenario
        scenario.tensorParallel = size
        let base = try scenario.base(of: model)
        let options = try scenario.clockOptions(model, size)
        (notes, fit, phases) = ([], [], [])
        var explanations: [Int: [Explanation]] = [:]
        for batch in axes.batches {
            // Below the server's limit the batch does not change how many fit.
            let most = max(scenario.gpu.serverDefaults.sequences, batch)
            if explanations[most] == nil {
                explanations[most] = try axes.contexts.map { context in
                    scenario.batch = batch
                    scenario.context = context
                    return try scenario.explanation(model, base, size)
                }
            }
            fit.append(explanations[most]!.map { $0.sequencesThatFit.map(Double.init) })
        }
        let first = explanations[max(scenario.gpu.serverDefaults.sequences, axes.batches[0])]!
        notes = first.map(\.notes)
        deployment = first[0].deployment
        let provenance = first[0].provenance
        clock = provenance.source + (provenance.errors.map { ", off by (median) " + $0 } ?? "")
        for batch in axes.batches {
            phases.append(
                try axes.contexts.map { context in
                    // Without a cache every token of the context is recomputed.
                    let tokens = options.usesCache ? scenario.tokens : context
                    let step = try StepBreakdown.Step(
                        batch: batch, tokens: tokens, context: context)
                    var breakdown = try StepBreakdown(model, deployment, options, step)
                    breakdown.addLaunch(
                        model, deployment, options,
                        of: try StepBreakdown.Step(
                            batch: batch, tokens: scenario.tokens, context: context))
                    guard breakdown.hostSeconds > 0 else { return breakdown.phases }
                    var host = StepBreakdown.Phase.empty("host")
                    host.seconds = breakdown.hostSeconds
                    return breakdown.phases + [host]
                })
        }
    }

    /// Names of all phases in order of execution: each cell's new ones after the one before them.
    private var names: [String] {
        var names: [String] = []
        for phases in phases.joined() {
            var place = 0
            for phase in phases {
                if let known = names.firstIndex(of: phase.name) {
                    place = known + 1
                } else {
                    names.insert(phase.name, at: place)
                    place += 1
                }
            }
        }
        return names
    }

    /// The figures with each grid in its store. Times are rounded to nanoseconds.
    fileprivate func table(_ store: inout ExplainGridStore) -> ExplainGrid.Size {
        let table = names.map { name in
            let cells = phases.map { $0.map { $0.first { $0.name == name } } }
            func place(_ figure: (StepBreakdown.Phase) -> Double) -> Int {
                store.grids.place(cells.map { $0.map { $0.map(figure) } })
            }
            return ExplainGrid.Phase(
                name: name, parameters: cells.joined().compactMap { $0?.parameters }.max() ?? 0,
                flops: place(\.flops), weights: place(\.weightBytes), kv: place(\.kvBytes),
                time: place { ($0.seconds * 1e9).rounded() / 1e3 },
                bound: place { phase in
                    Double(ExplainGridStore.bounds.firstIndex(of: phase.bound)!)
                })
        }
        return ExplainGrid.Size(
            tp: deployment.tensorParallel, gpus: deployment.gpus, fit: store.grids.place(fit),
            clock: store.texts.place(clock),
            notes: notes.map { $0.map { store.texts.place($0) } }, phases: table)
    }
}
