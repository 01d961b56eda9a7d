import Basics

/// How to read a mixture of experts, and which layers have one.
struct ExpertRule: Sendable {
    /// Names of the fields; alternatives in order of precedence.
    var count = ["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"]
    var chosen = [
        "num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk", "moe_top_k",
        "moe_k",
    ]
    var width = ["moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size"]
    var shared = Shared.none
    /// Name of the shared expert's module within a layer.
    var sharedPath = "mlp.shared_experts"
    /// Whether a sigmoid gates the shared expert.
    var gatesShared = Flag.no
    /// Whether the router's scores are corrected by one float32 number per expert.
    var corrects = Flag.no
    /// Biases on router and experts.
    var bias = Flag.no
    /// Whether the router's matrix is float32.
    var widensRouter = Flag.no
    /// Whether the router uses the checkpoint's format unless a list excludes it.
    var quantizesRouter = false
    var isGated = true
    var layers = Layers.all
    /// Which layers have experts if the list that `layers` reads is missing.
    var layersWithoutList: Layers?
    /// Whether a file without a count of experts has no experts.
    var isOptional = false

    /// The expert that every token passes.
    enum Shared: Sendable {
        case none
        /// As wide as a given number of experts together.
        case experts([String])
        /// As wide as a field gives; 0 or missing: none.
        case width([String])
        /// A number of experts from the first fields, each as wide as the second fields give, or as
        /// one routed expert.
        case product([String], [String])
    }

    /// Which layers have experts; the others have a dense network.
    enum Layers: Sendable {
        case all
        /// From the layer that a field gives on; then those of every `frequency`-th layer, or of a
        /// list.
        case from(String, frequency: String?)
        /// All layers after the first few.
        case past(Int)
        /// Every n-th layer, except those that another list names (Qwen). Layer i counts if n
        /// divides i + 1.
        case every(String, but: String)
        /// From a first layer to a last one, every n-th (Ernie). Layer i counts if n divides i + 1.
        case range(String, String, String)
        /// Every n-th layer, from an offset on (Jamba).
        case periodic(String, offset: String)
        /// Layers with a 1 in a list.
        case listed(String)
        /// Layers that a list names (Llama 4); without a list every `step`-th.
        case numbered(String, step: String)
        /// Layers named in a comma-separated text; without it all but the first.
        case text(String)
        /// Layers with the word "sparse" in a list; without it all but the first.
        case words(String)
    }
}

extension ExpertRule {
    /// The mixture of a file.
    func experts(_ fields: ConfigFields) throws -> ExpertFeedForward {
        let number = try fields.size(count, most: 4096)
        let chosen = try fields.size(self.chosen, most: 4096)
        guard chosen <= number else {
            let name = self.chosen.first { fields.has($0) } ?? self.chosen[0]
            throw InputError(
                fields.place, "\(name) is \(chosen)", expected: "at most the \(number) experts")
        }
        try Self.checkGroups(fields, experts: number)
        let intermediate = try fields.size(width)
        var experts = ExpertFeedForward(
            count: number, chosen: chosen, intermediate: intermediate)
        experts.isGated = isGated
        experts.hasBias = try bias.value(fields)
        experts.hasWideRouter = try widensRouter.value(fields)
        experts.quantizesRouter = quantizesRouter
        let wide = try sharedWidth(fields, intermediate)
        if wide > 0 {
            var network = DenseFeedForward(intermediate: wide, isGated: isGated)
            network.path = sharedPath
            experts.shared = network
            experts.gatesShared = try gatesShared.value(fields)
        }
        if try corrects.value(fields) {
            experts.vectors = [
                WeightVector("mlp.gate.e_score_correction_bias", number, isWide: true)
            ]
        }
        return experts
    }

    /// Refuses groups that do not divide the experts, and a choice of more groups than there are.
    private static func checkGroups(_ fields: ConfigFields, experts: Int) throws {
        let groups = try fields.count("n_group", default: 0)
        guard groups > 1 else { return }
        guard experts % groups == 0 else {
            throw InputError(
                fields.place, "n_group is \(groups)", expected: "a divisor of \(experts) experts")
        }
        let chosen = try fields.count("topk_group", default: 1)
        guard chosen <= groups else {
            throw InputError(
                fields.place, "topk_group is \(chosen)", expected: "at most n_group, \(groups)")
        }
    }

    private func sharedWidth(_ fields: ConfigFields, _ intermediate: Int) throws -> Int {
        func first(_ names: [String]) throws -> Int {
            for name in names where fields.has(name) {
                return try fields.count(name, default: 0)
            }
            return 0
        }
        switch shared {
        case .none: return 0
        case .width(let names): return try first(names)
        case .experts(let names): return try min(4096, first(names)) * intermediate
        case .product(let names, let widths):
            let width = try first(widths)
            return try min(4096, first(names)) * (width > 0 ? width : intermediate)
        }
    }

    /// Which of `layers` layers have experts.
    func sparse(_ fields: ConfigFields, layers: Int) throws -> [Bool] {
        if isOptional, try count.allSatisfy({ try fields.count($0, default: 0) == 0 }) {
            return Array(repeating: false, count: layers)
        }
        var rule = self.layers
        if let layersWithoutList, case .words(let name) = rule, !fields.has(name) {
            rule = layersWithoutList
        }
        return try sparse(rule, fields, layers: layers)
    }

    private func sparse(
        _ rule: Layers, _ fields: ConfigFields, layers: Int
    ) throws -> [Bool] {
        switch rule {
        case .all: return Array(repeating: true, count: layers)
        case .past(let first): return (0..<layers).map { $0 >= first }
        case .from(let name, let frequency):
            let first = try fields.count(name, default: 0)
            guard first <= layers else {
                throw InputError(
                    fields.place, "\(name) is \(first)", expected: "at most the \(layers) layers")
            }
            if let frequency, let list = try fields.perLayer(frequency, layers: layers) {
                return (0..<layers).map { $0 >= first && list[$0] != 0 }
            }
            let step = try frequency.map { try fields.size($0, default: 1) } ?? 1
            return (0..<layers).map { $0 >= first && $0 % step == 0 }
        case .every(let name, let but):
            let step = try fields.size(name, default: 1)
            let dense = Set(fields.integers(but) ?? [])
            return (0..<layers).map { !dense.contains($0) && ($0 + 1) % step == 0 }
        case .range(let first, let last, let interval):
            let first = try fields.count(first, default: 0)
            // -1 and a missing field mean the last layer.
            let end = fields[last]?.integer ?? -1
            let step = try fields.size(interval, default: 1)
            let most = end < 0 ? layers - 1 : end
            return (0..<layers).map { $0 >= first && $0 <= most && ($0 + 1) % step == 0 }
        case .periodic(let name, let offsetName):
            let period = try fields.size(name, default: 2)
            let offset = try fields.offset(offsetName, default: 1, within: period)
            return (0..<layers).map { $0 % period == offset }
        case .listed(let name):
            guard let list = try fields.perLayer(name, layers: layers) else {
                return Array(repeating: true, count: layers)
            }
            return (0..<layers).map { list[$0] != 0 }
        case .numbered(let name, let stepName):
            if let list = fields.integers(name) {
                let sparse = Set(list)
                return (0..<layers).map { sparse.contains($0) }
            }
            let step = try fields.size(stepName, default: 1)
            return (0..<layers).map { ($0 + 1) % step == 0 }
        case .text(let name):
            guard let text = fields.word(name) else { return (0..<layers).map { $0 > 0 } }
            let sparse = Set(text.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) })
            return (0..<layers).map { sparse.contains($0) }
        case .words(let name):
            guard let words = fields.words(name) else { return (0..<layers).map { $0 > 0 } }
            guard words.count >= layers else {
                throw InputError(
                    fields.place, "\(name) has \(words.count) entries",
                    expected: "one for each of \(layers) layers")
            }
            return words.prefix(layers).map { $0 == "sparse" }
        }
    }
}
