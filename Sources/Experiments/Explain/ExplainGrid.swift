import Basics
import Models
import StepTime

/// Steps of several models over contexts, batches, GPUs and weight formats: the table in the page
/// of `headway explain --html`. Every cell equals what `headway explain` prints for its flags.
package struct ExplainGrid: Sendable, Encodable {
    /// One model, with the flags that are the same in all of its cells.
    package struct Entry: Sendable, Encodable {
        package var name: String
        /// `--model` and the flags that the page's controls do not have, as a shell takes them.
        package var command: String
        package var formats: [Format]
    }

    /// A model in a weight format.
    package struct Format: Sendable, Encodable {
        package var weights: String
        package var sizes: [Size]
    }

    /// A model in a weight format on a number of GPUs.
    package struct Size: Sendable, Encodable {
        package var tp: Int
        package var gpus: Int
        /// Sequences that fit, as a grid; empty cells where the model does not fit.
        package var fit: Int
        /// Places in `texts`: the clock, and the notes for each context, at the smallest batch.
        package var clock: Int
        package var notes: [[Int]]
        package var phases: [Phase]
    }

    /// A phase of one size. Its figures are places in `grids`; its cells are empty where the step
    /// does not have the phase.
    package struct Phase: Sendable, Encodable {
        package var name: String
        package var parameters: Int64
        /// Over all GPUs: FLOPs, bytes of weights and of the cache.
        package var flops: Int
        package var weights: Int
        package var kv: Int
        /// Microseconds on each GPU.
        package var time: Int
        /// Places in `boundNames`.
        package var bound: Int
    }

    /// Values by batch and context.
    typealias Grid = [[Double?]]

    package let gpu: String
    /// New tokens per sequence.
    package let tokens: Int
    package let contexts: [Int]
    package let batches: [Int]
    package let models: [Entry]
    package let boundNames: [String]
    /// Each different grid and text once.
    private let grids: [Grid]
    private let texts: [String]
    /// What the page shows first.
    private let start: Start

    /// Places of a context and a batch, and a number of GPUs in a tensor-parallel group.
    struct Start: Sendable, Encodable {
        var context: Int
        var batch: Int
        /// Nil: the smallest that fits.
        var tp: Int?
        /// Whether the second model is the first without the call's flags.
        var showsBare: Bool
    }

    private enum CodingKeys: CodingKey {
        case gpu, tokens, contexts, batches, models, boundNames, grids, texts, start
    }

    /// Models of different kinds: grouped heads, windows, experts, latents, recurrent states.
    package static let usual = [
        "llama-3.1-8b", "llama-3.1-70b", "mistral-7b-v0.1", "mixtral-8x7b", "deepseek-v3",
    ]

    /// Prices the steps of each entry's scenario, the page's own first.
    ///
    /// - Throws: `InputError` for an unknown model, and if none of a scenario's layouts can be
    ///   priced.
    init(_ scenarios: [ExplainScenario.PageEntry], _ axes: ExplainAxes, _ start: Start) throws {
        let own = scenarios[0].scenario
        (gpu, tokens) = (own.gpu.name, own.tokens)
        (contexts, batches) = (axes.contexts, axes.batches)
        self.start = start
        var store = ExplainGridStore()
        let priced = try mapOnAllCores(scenarios) { try PricedEntry($0, axes) }
        models = priced.map { $0.entry(&store) }
        (grids, texts) = (store.grids.values, store.texts.values)
        boundNames = ExplainGridStore.bounds.map(\.rawValue)
    }
}

/// What the controls of a page range over.
struct ExplainAxes: Sendable {
    var contexts: [Int]
    var batches: [Int]
    /// Tensor-parallel sizes. 1, 2, 4 and 8 have H100 measurements.
    var sizes: [Int]

    /// 1k to 1M tokens, 1 to 256 sequences, 1 to 8 GPUs, and a scenario's own values.
    init(_ scenario: ExplainScenario) {
        let (context, batch) = (scenario.stepContext, scenario.batch)
        func sorted(_ values: [Int], _ own: Int?) -> [Int] {
            Set(values + (own.map { [$0] } ?? [])).sorted()
        }
        let most = StepBreakdown.Step.most
        contexts = sorted((10...20).map { 1 << $0 }, context)
            .filter { $0 == context || ($0 >= scenario.tokens && $0 <= most / batch) }
        let longest = contexts.last ?? context
        batches = sorted((0...8).map { 1 << $0 }, batch)
            .filter { $0 == batch || $0 <= most / longest }
        sizes = sorted([1, 2, 4, 8], scenario.tensorParallel)
    }
}

/// Values that are kept once, however often they appear.
struct Interned<Value: Hashable & Sendable>: Sendable {
    private(set) var values: [Value] = []
    private var places: [Value: Int] = [:]

    /// The place of a value.
    mutating func place(_ value: Value) -> Int {
        if let known = places[value] { return known }
        places[value] = values.count
        values.append(value)
        return values.count - 1
    }
}

/// The grids and texts of a page. FLOPs are equal on any number of GPUs.
struct ExplainGridStore: Sendable {
    var grids = Interned<ExplainGrid.Grid>()
    var texts = Interned<String>()

    static let bounds: [StepBreakdown.Bound] = [.compute, .memory, .latency, .link]
}

extension ExplainScenario {
    /// A scenario of a page, its name there and its command.
    struct PageEntry: Sendable {
        var scenario: ExplainScenario
        var name: String
        var command: String
    }

    /// Flags that the page's controls have.
    private static let controls: Set = [
        "--model", "--weights", "--tp", "--context", "--batch",
    ]
    /// Flags that every model of a page shares.
    private static let shared: Set = [
        "--gpu", "--profile", "--routing", "--tokens", "--gpus-per-node",
    ]
    /// Flags of studies beside the step.
    private static let studies = ["--chunk", "--input", "--output"]

    /// The table of this scenario, of its model without its flags, and of the usual models.
    ///
    /// - Throws: `InputError` for anything that cannot be priced, and for flags of other studies.
    package func grid() throws -> ExplainGrid {
        for flag in Self.studies where given.contains(where: { $0.flag == flag }) {
            throw InputError(
                "--html", "is given with \(flag)", expected: "flags of one step alone")
        }
        let explained = try explained().explanation
        let own = given.filter { !Self.controls.contains($0.flag) }
        let others = own.filter { !Self.shared.contains($0.flag) }
        var entries = [entry(named: explained.model.name, with: own, telling: others)]
        if !others.isEmpty {
            entries.append(
                try bare(model).entry(named: explained.model.name, with: own.filter(isShared)))
        }
        for name in ExplainGrid.usual where name != explained.model.name {
            entries.append(try bare(name).entry(named: name, with: own.filter(isShared)))
        }
        let axes = ExplainAxes(self)
        return try ExplainGrid(
            entries, axes,
            ExplainGrid.Start(
                context: axes.contexts.firstIndex(of: stepContext)!,
                batch: axes.batches.firstIndex(of: batch)!, tp: tensorParallel,
                showsBare: !others.isEmpty))
    }

    private func isShared(_ given: Given) -> Bool { Self.shared.contains(given.flag) }

    /// A model with the page's shared flags and weights.
    private func bare(_ model: String) throws -> ExplainScenario {
        var scenario = ExplainScenario()
        for word in given where isShared(word) || word.flag == "--weights" {
            if let text = word.text { try scenario.set(word.flag, to: text) }
        }
        scenario.model = model
        return scenario
    }

    /// The page's entry with these flags, of which `telling` stand in its name.
    private func entry(
        named name: String, with flags: [Given], telling: [Given] = []
    ) -> PageEntry {
        PageEntry(
            scenario: self, name: ([name] + telling.map(\.words)).joined(separator: " "),
            command: (["headway explain --model " + ShellWord.quoted(model)] + flags.map(\.words))
                .joined(separator: " "))
    }
}
