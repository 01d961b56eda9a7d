import Basics

/// Servers whose settings stand in YAML by names of their own, as words of vLLM's line.
enum ServerSettings {
    /// Flags of members: true and false, lists, maps as JSON.
    ///
    /// `name`: the flag's name, without dashes; nil: no flag. Throws `InputError` at the line for a
    /// name that is no flag.
    private static func flags(
        _ settings: YAMLNode, place: String, _ name: (String) -> String?
    ) throws -> [String] {
        var words: [String] = []
        for (key, value) in settings.members {
            guard let name = name(key) else { continue }
            let flag = "--" + name
            guard ServerFlag.named(flag) != nil || ServerFlag.former(flag) != nil else {
                throw InputError(
                    "\(place):\(value.line)", "\(key.echoed()) is no setting of vLLM's server",
                    word: flag, among: ServerFlag.words, otherwise: "a flag of vllm serve")
            }
            switch value.plain {
            case .null: break
            case .boolean(true): words.append(flag)
            case .boolean(false): words.append("--no-" + name)
            case let plain: words += [flag] + plain.words
            }
        }
        return words
    }

    /// Ray's `llm_configs`: `engine_kwargs` are the engine's own names.
    static func ray(
        _ node: YAMLNode, _ settings: YAMLNode, place: String
    ) throws -> ServerProgram.Start {
        let loading = node["model_loading_config"]
        let source = loading?["model_source"]?.word ?? loading?["model_id"]?.word
        let flags = try flags(settings, place: place) { $0.replacing("_", with: "-") }
        return ServerProgram.Start(words: (source.map { [$0] } ?? []) + flags)
    }

    /// The production stack's `modelSpec`: `vllmConfig` has the flags' names in camel case.
    static func productionStack(
        _ node: YAMLNode, _ settings: YAMLNode, place: String
    ) throws -> ServerProgram.Start {
        if let cache = node["lmcacheConfig"], cache["enabled"]?.plain == .boolean(true) {
            throw InputError(
                "\(place):\(cache.line)",
                "lmcacheConfig moves cache to the host or other servers and is not modelled",
                expected: "enabled: false")
        }
        let flags = try flags(settings, place: place) { key in
            // Which of vLLM's former engines runs, and further flags.
            if ["v0", "v1", "extraArgs"].contains(key) { return nil }
            return key.reduce(into: "") { name, letter in
                name += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
            }
        }
        let model = node["modelURL"]?.word.map { [$0] } ?? []
        return ServerProgram.Start(
            words: model + flags + (settings["extraArgs"]?.words ?? []))
    }

    /// llm-d's model service, which starts `vllm serve` with the release's model and its
    /// `parallelism`.
    static func modelService(
        _ container: ServerContainer, root: YAMLNode, _ parallelism: YAMLNode?
    ) throws -> ServerProgram.Start? {
        let artifacts = root["modelArtifacts"]
        let uri = artifacts?["uri"]?.word ?? ""
        let named = uri.hasPrefix("hf://") ? String(uri.dropFirst(5)) : nil
        var words = ["vllm", "serve"]
        if let model = artifacts?["name"]?.word ?? named { words.append(model) }
        for (key, flag) in [
            ("tensor", "--tensor-parallel-size"), ("data", "--data-parallel-size"),
        ] {
            if let size = parallelism?[key]?.word { words += [flag, size] }
        }
        var container = container
        container.entrypoint = words
        return try ServerProgram.start(container)
    }
}
