import Basics
import Models
import Scenario
import Traces

extension PageStudy.Setting {
    /// The cache that a configuration's model leaves room for on its GPUs.
    ///
    /// - Throws: `InputError` at `model.name` for a model without keys and values.
    package init(_ resolved: ResolvedConfiguration) throws {
        let (engine, model) = (resolved.plan.engine, resolved.model)
        let bytes = KVCacheLayout(model, resolved.deployment).bytesPerToken
        guard bytes > 0 else {
            throw InputError(
                "model.name", "\(model.name.echoed()) keeps no keys and values, only states",
                expected: "a model with a KV cache")
        }
        self.init(capacityTokens: (engine.numGPUBlocks - 1) * engine.blockSize)
        bytesPerToken = Double(bytes)
        let keepsStates = model.layers.contains {
            if case .recurrent = $0.attention { true } else { false }
        }
        if keepsStates {
            // Its pages are as large as a state, so the server has no choice.
            serverPage = engine.blockSize
            pageSizes = Set(pageSizes + [engine.blockSize]).sorted()
        }
        if keepsStates || model.window > 0 {
            notes.append(
                "\(model.name.echoed()) has layers with \(keepsStates ? "states" : "windows"), and"
                    + " the study counts hits as if every layer kept all tokens: a server hits"
                    + " other shares (headway run)")
        }
    }
}

extension PageStudy {
    /// Refuses changes of a configuration that the study does not use. `confirms`: whether its best
    /// sizes are run, which uses more.
    ///
    /// - Throws: `InputError` at `--set`.
    package static func checkKeys(_ changes: [String], confirms: Bool) throws {
        for key in changes.map(Configuration.key(ofChange:)) {
            let section = key.prefix { $0 != "." }
            if section == "trace" || key == "seed" {
                throw InputError(
                    "--set \(key)", "says how a trace is read, and flags say it here",
                    expected: "a flag such as --limit, --start or --seed")
            }
            let isOfRun = ["slo", "output"].contains(section)
            guard ["model", "engine", "hardware"].contains(section) || confirms && !isOfRun else {
                throw InputError(
                    "--set \(key)", "changes no figure of the study",
                    expected: "a key of the model, the engine or the hardware")
            }
        }
    }
}
