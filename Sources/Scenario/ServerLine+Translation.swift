import Basics
import Models

extension ServerLine {
    /// Turns the given flags into changes and notes, in the order of the table.
    mutating func translate() throws {
        var unmodelled: [ServerFlag.Meaning: [String]] = [:]
        for flag in ServerFlag.all + ServerFlag.former {
            guard let entry = given[flag.name] else { continue }
            if flag.isFormer { former.append(entry) }
            switch flag.verdict {
            case .used: try use(flag, entry)
            case .noEffect: idle.append(entry.word.echoed())
            case .notModelled
            where flag.name == "override-generation-config" && !capsOutputs(entry):
                idle.append(entry.word.echoed())
            case _ where ServerValue.changesNothing(entry.values, flag):
                idle.append(entry.shown)
            case .notModelled(let meaning):
                if flag.name == "hf-overrides" { take(positionsOf: entry) }
                unmodelled[meaning, default: []].append(entry.shown)
            case .refused where flag.name == "disable-sliding-window" && modelHasNoWindows:
                idle.append(entry.shown)
            case .refused(let why):
                throw Self.error(entry, why, "a line without it")
            }
        }
        for meaning in ServerFlag.Meaning.allCases {
            guard let flags = unmodelled[meaning] else { continue }
            notes.append(
                "--serve: not modelled: \(flags.joined(separator: ", ")): \(meaning.rawValue)")
        }
        if !idle.isEmpty {
            notes.append("--serve: of no effect here: " + idle.joined(separator: ", "))
        }
    }

    /// Whether a generation config limits the tokens of every answer.
    private func capsOutputs(_ entry: Given) -> Bool {
        guard case .object(let members)? = try? ServerValue.parsed(entry.values[0]) else {
            return true
        }
        return members["max_new_tokens"].map { $0 != .null } ?? false
    }

    /// Whether the line's model has no windowed layers. The model is read before.
    private var modelHasNoWindows: Bool {
        guard let name = origins["model.name"]?.values.first,
            let model = try? Catalogue.model(named: name)
        else { return false }
        return model.layers.allSatisfy { layer in
            if case .heads(let heads) = layer.attention { heads.reach == .full } else { true }
        }
    }

    /// Sets a key to a flag's value.
    mutating func set(_ key: String, _ value: String, from entry: Given) {
        changes.append("\(key)=\(value)")
        origins[key] = entry
    }

    private mutating func use(_ flag: ServerFlag, _ entry: Given) throws {
        let value = entry.values[0]
        guard value != "None" else {
            idle.append(entry.shown)
            return
        }
        switch flag.name {
        case "config": break
        case "model_tag", "model": try take(model: value, entry)
        case "dtype": try take(dtype: value, entry)
        case "quantization":
            quantization = entry
            noteFormat(of: value, entry)
        case "max-model-len":
            set("engine.max_model_len", value == "auto" ? "null" : value, from: entry)
            if value == "auto" { set("engine.fit_max_model_len", "true", from: entry) }
        case "enable-expert-parallel":
            expertParallel = value == "true"
            origins["engine.expert_parallel_size"] = entry
        case "data-parallel-size":
            guard let size = Int(value), (1...Configuration.mostReplicas).contains(size) else {
                throw Self.error(
                    entry, "is \(value)", "an integer, 1 to \(Configuration.mostReplicas)")
            }
            dataParallel = size
            origins["cluster.replicas"] = entry
            guard size > 1 else { return idle.append(entry.shown) }
            notes.append(
                "--serve: the ranks of \(entry.shown) are replicas, and cluster.router balances "
                    + "them in place of the server's own balancer")
        case "nnodes" where value == "1": idle.append(entry.shown)
        case "nnodes": try take(nodes: value, entry)
        case "kv-cache-dtype": try take(cache: value, entry)
        case "gdn-prefill-backend":
            guard ["flashinfer", "triton"].contains(value) else {
                throw Self.error(
                    entry, "\(value) changes blocks and steps and is not modelled",
                    "flashinfer or triton")
            }
            set("engine.gdn_prefill_backend", value, from: entry)
        case "cudagraph-capture-sizes":
            set(
                "engine.cudagraph_capture_sizes", entry.values.joined(separator: ","), from: entry)
        case "cuda-graph-sizes": try take(graphSizes: entry)
        case "compilation-config": try take(compilation: value, entry)
        case "optimization-level": try take(level: value, entry)
        case "speculative-config": try take(speculation: value, entry)
        case "spec-method": try take(draftMethod: value, entry)
        default:
            guard case .used(let key) = flag.verdict else { return }
            set(key, value, from: entry)
        }
    }

    private mutating func take(model: String, _ entry: Given) throws {
        if let other = given["model_tag"], other.values[0] != model {
            throw Self.error(
                entry, "\(model.echoed()) is another model than \(other.values[0].echoed())",
                "one model")
        }
        guard !changes.contains(where: { $0.hasPrefix("model.name=") }) else { return }
        if let found = references.unknown(in: model) { return leaveModel(found, entry) }
        do {
            _ = try Catalogue.model(named: model)
        } catch let error as InputError where error.place == "model.name" {
            return leaveModel(model, entry, after: error)
        }
        set("model.name", model, from: entry)
    }

    /// Leaves a model that the catalogue does not know, or cannot read in the named format, to a
    /// later `model.name`.
    private mutating func leaveModel(_ model: String, _ entry: Given, after error: InputError) {
        guard unknownModel == nil else { return }
        guard !Catalogue.knows(model) else {
            unknownModel = InputError(entry.place, error.problem, expected: error.expected)
            notes.append("--serve: \(error.problem): model.name is served in its place")
            return
        }
        let problem = "the catalogue does not know \(model.echoed())"
        let near = Catalogue.nearestNames(to: model).joined(separator: ", ")
        let known =
            "the folder of its config.json, a name of the catalogue"
            + (near.isEmpty ? "" : " (nearest: \(near))") + ", or model.name (--set)"
        // A published name is pasted: one like it is another model.
        let isTyped = !model.contains("/") && !error.suggestion.isEmpty
        unknownModel = InputError(
            entry.place, problem, expected: isTyped ? "" : known,
            suggestion: isTyped ? error.suggestion : "")
        notes.append("--serve: \(problem): model.name is served in its place")
    }

    /// Takes how far positions reach from overrides of a config.json: to their number if they give
    /// one, and as far as the line asks if they only scale the rotation.
    private mutating func take(positionsOf entry: Given) {
        guard let overrides = try? ServerValue.parsed(entry.values[0]) else { return }
        let numbers = ["max_position_embeddings", "model_max_length"].compactMap {
            Self.member($0, of: overrides)
        }
        var reach = 0
        for case .integer(let number) in numbers { reach = max(reach, number) }
        let asked = given["max-model-len"].flatMap { Int($0.values[0]) }
        if reach > 0, given["max-model-len"] == nil {
            set("engine.max_model_len", String(reach), from: entry)
        }
        let scales = ["rope_scaling", "rope_parameters"].contains {
            Self.member($0, of: overrides) != nil
        }
        if scales || (reach > 0 && asked ?? reach <= reach) {
            set("engine.allow_long_max_model_len", "true", from: entry)
        }
    }

    /// A member of an object, or of its part for the text model.
    private static func member(_ name: String, of value: ConfigurationValue) -> ConfigurationValue?
    {
        guard case .object(let members) = value else { return nil }
        return members[name] ?? members["text_config"].flatMap { member(name, of: $0) }
    }

    private mutating func take(dtype: String, _ entry: Given) throws {
        switch dtype {
        case "auto", "bfloat16": idle.append(entry.shown)
        case "float16", "half":
            notes.append("--serve: \(entry.shown) is taken as bf16, which is of the same size")
        default:
            throw Self.error(
                entry, "\(dtype) doubles weights and cache and is not modelled",
                "auto, bfloat16 or float16")
        }
    }

    /// Takes the cache's format: only those of one size per token whose kernels are known.
    private mutating func take(cache: String, _ entry: Given) throws {
        let key = "engine.kv_cache_dtype"
        switch cache {
        case "auto": set(key, cache, from: entry)
        case "float16", "bfloat16": set(key, "bf16", from: entry)
        case "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_inc": set(key, "fp8", from: entry)
        case "fp8_per_token_head", "int4_per_token_head":
            let format = String(cache.prefix { $0 != "_" })
            set(key, format, from: entry)
            notes.append(
                "--serve: \(entry.shown) is taken as \(format): the scales of each token are not "
                    + "counted")
        default:
            throw Self.error(
                entry, "\(cache) has blocks of another size, which are not modelled",
                "auto, bfloat16, fp8 or fp8_e4m3")
        }
    }
}

extension Configuration {
    /// Like `resolved()`, but an error names the flag of the server's line, if that set the key and
    /// no later change did.
    package func resolved(
        serve: ServerLine?, changes: [String]
    ) throws -> ResolvedConfiguration {
        do {
            return try resolved()
        } catch let error as InputError {
            throw serve?.blamed(error, after: changes) ?? error
        }
    }

    /// Applies a server's line: its flags, and those effects that depend on the model and other
    /// keys.
    ///
    /// A line is one server, and so one replica unless the file says how many. `keepsModel`: the
    /// line's model gives way to that of the configuration.
    mutating func apply(_ line: ServerLine, keepsModel: Bool = false) throws {
        if let error = line.unknownModel, !keepsModel { throw error }
        func blaming(_ change: String, _ body: () throws -> Void) throws {
            do { try body() } catch let error as InputError { throw line.blamed(error, change) }
        }
        for change in line.changes where !(keepsModel && change.hasPrefix("model.name=")) {
            try blaming(change) { try apply(change: change) }
        }
        if let entry = line.quantization { try apply(quantization: entry) }
        if let isParallel = line.expertParallel {
            if isParallel, try !model.shape().hasExperts {
                throw ServerLine.error(
                    line.origins["engine.expert_parallel_size"]!,
                    "shares experts, and \(model.name.echoed()) has none: no server starts",
                    "a line without it")
            }
            try apply(
                change: "engine.expert_parallel_size=\(isParallel ? engine.tensorParallelSize : 1)")
        }
        if line.dataParallel > 1 {
            try refuseRanksInStep(line.origins["cluster.replicas"]!)
            try apply(change: "cluster.replicas=\(line.dataParallel)")
        } else if !given.contains("cluster.replicas") {
            try apply(change: "cluster.replicas=1")
        }
    }

    /// Refuses data-parallel ranks of a model with experts, which wait for each other in every
    /// step. Without experts, ranks are independent servers.
    private func refuseRanksInStep(_ entry: ServerLine.Given) throws {
        guard try model.shape().hasExperts else { return }
        throw ServerLine.error(
            entry,
            "runs ranks of a model with experts, which wait for one another in every step "
                + "and are not modelled", "1, or a model without experts")
    }

    /// Applies a quantisation method: the format that the server converts a 16-bit checkpoint to. A
    /// quantised checkpoint keeps its own format.
    private mutating func apply(quantization entry: ServerLine.Given) throws {
        let shape = try model.shape()
        if let published = shape.quantization {
            guard published.isNamed(by: entry.values[0]) else {
                throw ServerLine.error(
                    entry,
                    "\(entry.values[0].echoed()) is not the checkpoint's own format, "
                        + published.method.echoed(),
                    "a line without it")
            }
            return
        }
        guard shape.unreadWeights == nil else { return }
        let formats: [String: WeightFormat] = [
            "fp8": .fp8, "fp8_per_tensor": .fp8, "fp8_per_block": .fp8,
            "fp8_per_channel": .fp8, "ptpc_fp8": .fp8,
            "fbgemm_fp8": .fp8, "modelopt": .fp8, "mxfp4": .mxfp4, "modelopt_fp4": .nvfp4,
            "awq": .int4, "awq_marlin": .int4, "gptq": .int4, "gptq_marlin": .int4,
        ]
        // Made of 16-bit weights on loading, too, by kernels that were not measured.
        let unpriced: Set = [
            "mxfp8", "nvfp4_per_token", "int8_per_channel_weight_only", "experts_int8",
            "bitsandbytes",
        ]
        guard !unpriced.contains(entry.values[0].lowercased()) else {
            throw ServerLine.error(
                entry, "\(entry.values[0]) has no price here",
                "fp8, or a quantised checkpoint's name")
        }
        guard let format = formats[entry.values[0].lowercased().replacing("-", with: "_")] else {
            throw ServerLine.error(
                entry,
                "\(entry.values[0].echoed()) does not tell a format, and "
                    + "\(model.name.echoed()) is published in 16 bits",
                "fp8, awq, gptq, mxfp4 or modelopt_fp4, or a quantised checkpoint's name")
        }
        try apply(change: "model.weights=\(format.rawValue)")
    }
}

extension TransformerModel {
    /// Whether any layer has routed experts.
    fileprivate var hasExperts: Bool {
        layers.contains { layer in
            if case .experts = layer.feedForward { true } else { false }
        }
    }
}
