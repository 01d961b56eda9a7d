import Basics
import Models
import Simulator

extension ResolvedConfiguration {
    /// The engine section as a command line for vLLM's server: the model, and only the flags whose
    /// default on this GPU would differ. Comments before it list keys that no flag sets.
    ///
    /// Read back with `ServerLine`, the line gives the same engine except for what the comments
    /// say. Tries leaving out each flag: O(flags) resolutions of a configuration.
    ///
    /// - Throws: `InputError` if the server refuses what the configuration holds.
    package func serverLine() throws -> String {
        var (flags, missing) = try accepted(candidates())
        // Keys that hold this version's default, and a server's own default for the model differs.
        let told = keyFlags { path, _ in missing.contains(path) }
        if !told.isEmpty, let found = try? differences(from: flags + told) {
            (flags, missing) = (flags + told, found)
        }
        for flag in flags {
            let others = flags.filter { $0.name != flag.name }
            guard let found = try? differences(from: others), found.isSubset(of: missing) else {
                continue
            }
            (flags, missing) = (others, found)
        }
        return (comments(missing) + [line(flags)])
            .joined(separator: "\n")
    }

    /// The flags without those that the server refuses, and the keys that then differ. Given blocks
    /// and formats are not checked here, but the server's flags are.
    private func accepted(_ all: [Words]) throws -> (flags: [Words], missing: Set<String>) {
        var refusal: InputError?
        for refused in [
            [], [Self.override], [Self.quantization], [Self.override, Self.quantization],
        ] {
            let flags = all.filter { !refused.contains($0.name) }
            do {
                return (flags, try differences(from: flags))
            } catch let error as InputError {
                refusal = refusal ?? error
            }
        }
        throw refusal!
    }

    /// A flag with the words that give it.
    private struct Words {
        var name: String
        var words: [String]
    }

    private static let override = "num-gpu-blocks-override"
    private static let quantization = "quantization"

    /// Whether the number of blocks is the user's; else a server derives its own.
    private var givesBlocks: Bool {
        configuration.given.contains("engine.num_gpu_blocks")
            || configuration.engine.numGPUBlocksOverride != nil
    }

    /// Every flag whose key differs from the base configuration.
    private func candidates() -> [Words] {
        let usual = base
        var all = keyFlags { _, key in key.value(configuration) != key.value(usual) }
        let engine = configuration.engine
        if let draft = deployment.draft {
            let name = "speculative-config"
            all.append(Words(name: name, words: ["--" + name, engine.speculativeConfig(draft)]))
        }
        if engine.numGPUBlocksOverride == nil, givesBlocks {
            all.append(
                Words(name: Self.override, words: ["--" + Self.override, String(memory.blocks)]))
        }
        if engine.expertParallelSize > 1, engine.expertParallelSize == engine.tensorParallelSize {
            all.append(
                Words(name: "enable-expert-parallel", words: ["--enable-expert-parallel"]))
        }
        if configuration.model.weights == .fp8 {
            all.append(
                Words(name: Self.quantization, words: ["--" + Self.quantization, "fp8"]))
        }
        return all
    }

    /// The flags of the chosen keys with their values, as far as a flag can express them.
    private func keyFlags(_ isChosen: (String, ConfigurationKey) -> Bool) -> [Words] {
        ServerFlag.used.compactMap { flag in
            guard !flag.name.hasPrefix("spec"), case .used(let path) = flag.verdict,
                path == flag.key,
                let key = ConfigurationKey.all.first(where: { $0.path == path }),
                isChosen(path, key), let words = words(key.value(configuration), flag)
            else { return nil }
            return Words(name: flag.name, words: words)
        }
    }

    /// A key's value in the flag's form; nil if the flag cannot express it.
    private func words(_ value: ConfigurationValue, _ flag: ServerFlag) -> [String]? {
        let name = "--" + flag.name
        switch value {
        case .boolean(let isOn): return [isOn ? name : "--no-" + flag.name]
        case .text(let text) where flag.kind == .integers:
            return [name] + text.split(separator: ",").map(String.init)
        case .text(let text):
            let spellings = ["bf16": "bfloat16", "int4": "int4_per_token_head"]
            let word = spellings[text] ?? text
            return flag.choices.contains(word) ? [name, word] : nil
        case .integer, .number: return [name, value.source]
        default: return nil
        }
    }

    /// The configuration that the line is applied to: the same GPUs, release and clock, and no
    /// engine keys.
    private var base: Configuration {
        var base = Configuration()
        base.select(configuration.engine.version)
        base.hardware = configuration.hardware
        base.cluster = configuration.cluster
        base.stepTime = configuration.stepTime
        base.model.allowUnserved = configuration.model.allowUnserved
        return base
    }

    /// Keys that would differ in a server with these flags.
    private func differences(from flags: [Words]) throws -> Set<String> {
        var other = base
        try other.apply(ServerLine(line(flags)))
        other.cluster.replicas = configuration.cluster.replicas
        let read = try other.resolved()
        var paths: Set<String> = []
        for key in ConfigurationKey.all
        where key.path.hasPrefix("engine.") || key.path == "model.weights" {
            // Either key for blocks gives the same pool.
            if key.path.hasPrefix("engine.num_gpu_blocks") { continue }
            // Every line sets it, without blanks that the key may contain.
            if key.path == "engine.pp_layer_partition" { continue }
            if key.value(read.configuration) != key.value(configuration) { paths.insert(key.path) }
        }
        if givesBlocks, read.memory.blocks != memory.blocks {
            paths.insert("engine.num_gpu_blocks")
        }
        return paths
    }

    /// Comments on what the line cannot say.
    private func comments(_ missing: Set<String>) -> [String] {
        var lines = ["# vLLM \(configuration.engine.version) on \(configuration.hardware.gpu)"]
        if !configuration.model.name.contains("/"), !Catalogue.isFile(configuration.model.name) {
            lines.append(
                "# \(configuration.model.name.echoed()) is a name of the catalogue here: the "
                    + "server needs the checkpoint's")
        }
        if plan.replicas > 1 {
            lines.append("# cluster.replicas=\(plan.replicas): so many servers behind a router")
        }
        for key in ConfigurationKey.all where missing.contains(key.path) {
            lines.append("# no flag sets \(key.path)=\(key.value(configuration).source.echoed())")
        }
        return lines
    }

    /// The command with flags, preceded by what only an environment variable sets.
    private func line(_ flags: [Words]) -> String {
        let layers = try? configuration.engine.stageLayers()
        var variables =
            layers.map { counts in
                [ServerProgram.partition + "=" + counts.map(String.init).joined(separator: ",")]
            } ?? []
        if configuration.engine.allowsLongMaxModelLen {
            variables.append(ServerProgram.allowsLong + "=1")
        }
        let words = ["vllm", "serve", configuration.model.name] + flags.flatMap(\.words)
        return (variables + words).map(ShellWord.quoted).joined(separator: " ")
    }
}

extension ServerFlag {
    /// The key of the same name.
    var key: String { "engine." + name.replacing("-", with: "_") }
}
