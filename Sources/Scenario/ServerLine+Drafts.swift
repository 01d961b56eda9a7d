import Basics
import Models

/// The server's speculative decoding, of which only the memory is modelled: method, checkpoint and
/// tokens per step.
extension ServerLine {
    /// Members that affect only acceptance or the time to draft, and so nothing here.
    private static let timeMembers: Set = [
        "enforce_eager", "moe_backend", "attention_backend", "revision", "code_revision",
        "index_share_for_mtp_iteration", "disable_padded_drafter_batch",
        "disable_eagle_block_drop", "disable_lookahead_block_hashes",
        "use_local_argmax_reduction", "prompt_lookup_max", "prompt_lookup_min", "max_model_len",
        "num_speculative_tokens_per_batch_size", "draft_load_config", "rejection_sample_method",
        "synthetic_acceptance_rates", "synthetic_acceptance_length", "dspark_draft_topk",
        "suffix_decoding_max_tree_depth", "suffix_decoding_max_cached_requests",
        "suffix_decoding_max_spec_factor", "suffix_decoding_min_token_prob",
        "enable_adaptive_verification",
    ]

    /// Members that change the memory in a way that is not modelled, and why.
    private static let memoryMembers = [
        "quantization": "loads the draft in a format other than its checkpoint's",
        "kv_cache_dtype": "gives the draft's layers a cache of another format",
        "parallel_drafting": "runs on the older model runner, whose memory is not modelled",
        "use_heterogeneous_vocab": "runs on the older model runner, whose memory is not modelled",
    ]

    /// Members that the server no longer takes, with their present names.
    private static let formerMembers = [
        "tensor_parallel_size": "draft_tensor_parallel_size",
        "speculative_disable_by_batch_size": "num_speculative_tokens_per_batch_size",
        "disable_by_batch_size": "num_speculative_tokens_per_batch_size",
    ]

    /// Methods whose memory is not modelled, and why.
    private static let otherMethods = [
        "dflash": "drafts all tokens at once with layers of a kind that is not read",
        "dspark": "drafts all tokens at once with layers of a kind that is not read",
        "suffix": "runs on the older model runner, whose memory is not modelled",
        "custom_class": "runs on the older model runner, whose memory is not modelled",
        "extract_hidden_states": "drafts nothing",
        "ngram_gpu": "keeps all requests' tokens on the GPU, which is not counted here",
        "medusa": "is not served by vLLM 0.33.0",
        "mlp_speculator": "has layers of a kind that is not read",
    ]

    private static let usedMembers = [
        "method", "model", "num_speculative_tokens", "draft_tensor_parallel_size",
        "draft_sample_method",
    ]

    /// `--speculative-config`, member by member.
    mutating func take(speculation text: String, _ entry: Given) throws {
        for flag in ["spec-method", "spec-model", "spec-tokens"] {
            guard let other = given[flag] else { continue }
            throw Self.error(other, "stands beside \(entry.word.echoed())", "one of them")
        }
        guard let value = try? ServerValue.parsed(text), value != .null else {
            return idle.append(entry.shown)
        }
        guard case .object(let members) = value else {
            throw Self.error(
                entry, "is \(value.described)",
                "an object such as {\"method\": \"mtp\", "
                    + "\"num_speculative_tokens\": 1}")
        }
        var others: [String] = []
        for name in members.keys.sorted() where members[name] != .null {
            let part = Given(
                word: "\(entry.word).\(name)", values: [members[name]!.json], place: entry.place)
            if try !take(draftMember: name, members[name]!, part) {
                others.append(part.word.echoed())
            }
        }
        try checkLookups(members, entry)
        guard members["num_speculative_tokens"] ?? .null != .null else {
            throw Self.error(
                entry, "has no num_speculative_tokens", "the number of tokens drafted in a step")
        }
        guard members["method"] ?? .null != .null || members["model"] ?? .null != .null else {
            throw Self.error(entry, "has neither method nor model", "a method such as mtp")
        }
        if case .text(let word)? = members["method"], members["model"] ?? .null == .null,
            Draft.Method(rawValue: word)?.needsModel == true
        {
            throw Self.error(
                entry, "has no model: \(word) drafts with a checkpoint of its own",
                "the path of its config.json or of its folder")
        }
        guard !others.isEmpty else { return }
        notes.append(
            "--serve: not modelled: \(others.joined(separator: ", ")): of drafts only the memory "
                + "is simulated")
    }

    /// Takes one member; false if it affects nothing here.
    private mutating func take(
        draftMember name: String, _ value: ConfigurationValue, _ part: Given
    ) throws -> Bool {
        switch (name, value) {
        case ("method", .text(let method)): try take(draftMethod: method, part)
        case ("model", .text(let model)) where !model.isEmpty:
            set("engine.spec_model", model, from: part)
        case ("num_speculative_tokens", .integer(let count)) where count > 0:
            set("engine.spec_tokens", String(count), from: part)
        case ("draft_tensor_parallel_size", .integer(let size)) where size > 0:
            try take(draftTensorParallel: size, part)
        case ("draft_sample_method", .text(let method))
        where ["greedy", "probabilistic"].contains(method):
            set("engine.draft_sample_method", method, from: part)
        case (let name, _) where Self.usedMembers.contains(name):
            throw Self.error(part, "is \(value.described)", Self.expected(name))
        case (let name, .boolean(false)) where Self.memoryMembers[name] != nil: break
        case (let name, _) where Self.memoryMembers[name] != nil:
            throw Self.error(part, Self.memoryMembers[name]!, "a line without it")
        case (let name, _) where Self.formerMembers[name] != nil:
            throw Self.error(part, "is not taken by the server", Self.formerMembers[name]!)
        case (let name, _) where Self.timeMembers.contains(name): return false
        default:
            let known = Self.usedMembers + Self.timeMembers + Self.memoryMembers.keys
            throw InputError(
                part.place, "\(part.word.echoed()) is no setting of the server's drafts",
                word: name, among: known.sorted())
        }
        return true
    }

    private static func expected(_ name: String) -> String {
        switch name {
        case "method": "a text such as mtp, eagle3 or ngram"
        case "model": "the draft's checkpoint"
        case "draft_sample_method": "greedy or probabilistic"
        default: "an integer from 1"
        }
    }

    /// A method by the server's word; older words for the layers of the checkpoint mean mtp.
    mutating func take(draftMethod word: String, _ entry: Given) throws {
        if let method = Draft.Method(rawValue: word == "[ngram]" ? "ngram" : word) {
            return set("engine.spec_method", method.rawValue, from: entry)
        }
        if ServerFlag.draftMethods.contains(word), word.hasSuffix("_mtp") {
            notes.append(
                "--serve: \(entry.word.echoed()) \(word) is taken as mtp, as by the server")
            return set("engine.spec_method", "mtp", from: entry)
        }
        if let why = Self.otherMethods[word] {
            throw Self.error(entry, "\(word) \(why)", "mtp, eagle, eagle3, draft_model or ngram")
        }
        throw InputError(
            entry.place, "\(entry.word.echoed()) is \"\(word.echoed())\"", word: word,
            among: ServerFlag.draftMethods)
    }

    /// The engine takes 1 or the model's own size, and cuts drafts over the model's GPUs.
    private mutating func take(draftTensorParallel size: Int, _ part: Given) throws {
        let own = given["tensor-parallel-size"]?.values.first ?? "1"
        if String(size) == own { return }
        guard size == 1 else {
            throw Self.error(
                part, "is \(size), and the model's tensor-parallel size is \(own)", "1 or \(own)")
        }
        notes.append(
            "--serve: \(part.word.echoed()) 1 is taken as \(own): the draft is cut over the "
                + "model's GPUs")
    }

    /// Refuses a shortest match that is longer than the longest.
    private func checkLookups(
        _ members: [String: ConfigurationValue], _ entry: Given
    ) throws {
        guard case .integer(let least)? = members["prompt_lookup_min"],
            case .integer(let most)? = members["prompt_lookup_max"], least > most
        else { return }
        throw Self.error(
            entry, "has prompt_lookup_min \(least) and prompt_lookup_max \(most)",
            "at most as large a one")
    }
}

extension ServerFlag {
    /// The server's words for methods that draft.
    static let draftMethods = named("--spec-method")?.flag.choices.filter { $0 != "None" } ?? []
}

extension Configuration.EngineSection {
    /// The server's setting of a draft, JSON on one line.
    func speculativeConfig(_ draft: Draft) -> String {
        var members: [String: ConfigurationValue] = [
            "method": .text(draft.method.rawValue),
            "num_speculative_tokens": .integer(draft.tokens),
        ]
        if let specModel, draft.method.needsModel { members["model"] = .text(specModel) }
        if draftSampleMethod != .greedy {
            members["draft_sample_method"] = .text(draftSampleMethod.rawValue)
        }
        return ConfigurationValue.object(members).json
    }
}
