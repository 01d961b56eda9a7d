import Basics
import Foundation

@testable import Models

/// The rows of cases/models: what is right for a config.json, and what this package says.
struct CaseRow {
    var folder: String
    var right: [String: String]
    var config: String

    /// The rows of one table of `folder`, with quoted fields.
    static func all(_ table: URL) throws -> [CaseRow] {
        let text = try String(contentsOf: table, encoding: .utf8)
        var lines = text.split(whereSeparator: \.isNewline).map(fields)
        let names = lines.removeFirst()
        return lines.map { values in
            let right = Dictionary(uniqueKeysWithValues: zip(names, values))
            let folder = right["folder"] ?? ""
            let config = table.deletingLastPathComponent()
                .appendingPathComponent(folder).appendingPathComponent("config.json")
            return CaseRow(folder: folder, right: right, config: config.path)
        }
    }

    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    /// What the package says, by column; only columns that it can say. `error`: why it reads
    /// nothing.
    func said() -> [String: String] {
        do {
            let model = try HuggingFaceConfig.model(file: config)
            var said = [
                "parameters": "\(model.totalParameters)",
                "parameters_tower": model.tower.map { "\($0.parameters)" } ?? "",
                "parameters_active": "\(model.activeParametersOfDecoder)",
                "max_model_len": "\(model.maxContext)",
                "refused_at_tp": refusals(model), "layers": kinds(model),
                "windows": windows(model),
                "vllm_0.33.0": (try? model.weights(nil)) != nil && model.unserved == nil
                    ? "serves" : "refuses",
            ]
            if let unserved = model.unserved { said["unserved"] = unserved.problem }
            for size in [1, 2, 4, 8] { addCache(model, size, &said) }
            return said
        } catch {
            return ["error": "\(error)", "vllm_0.33.0": "refuses"]
        }
    }

    private func addCache(_ model: TransformerModel, _ size: Int, _ said: inout [String: String]) {
        let cache = model.checkpointCache(model.nativeWeights) ?? .bf16
        var (all, unwindowed, state) = (0.0, 0.0, Int64(0))
        for layer in model.layers {
            for spec in layer.cacheSpecs(tensorParallel: size, cache: cache) {
                if let kept = spec.state {
                    state += kept.bytes()
                    continue
                }
                let bytes = Double(spec.rowBytes) / Double(spec.tokensPerRow)
                all += bytes
                if spec.window == nil { unwindowed += bytes }
            }
        }
        func text(_ number: Double) -> String {
            number == number.rounded() ? "\(Int64(number))" : "\(number)"
        }
        said["kv_bytes_per_token_tp\(size)"] = text(all)
        said["of_which_unwindowed_tp\(size)"] = text(unwindowed)
        said["state_bytes_tp\(size)"] = "\(state)"
    }

    private func refusals(_ model: TransformerModel) -> String {
        [2, 4, 8].filter { size in
            var deployment = Deployment(tensorParallel: size)
            deployment.weights = model.nativeWeights
            do {
                try deployment.check(model)
                return false
            } catch {
                return true
            }
        }.map(String.init).joined(separator: " ")
    }

    private func kinds(_ model: TransformerModel) -> String {
        var counts: [(String, Int)] = []
        func add(_ name: String) {
            if let index = counts.firstIndex(where: { $0.0 == name }) {
                counts[index].1 += 1
            } else {
                counts.append((name, 1))
            }
        }
        for layer in model.layers {
            for spec in layer.cacheSpecs(tensorParallel: 1, cache: .bf16) {
                // An indexer stands beside attention with a cache of its own that keeps everything.
                let isExtra =
                    layer.caches.contains(spec) && layer.attention.window == nil
                    && layer.attention.writesCache
                switch spec.kind {
                case .full: add("full")
                case .mla: add(isExtra ? "indexer" : "mla")
                case .sliding: add("sliding")
                case .chunked: add("chunked")
                case .state(let state): add(Self.stateNames[state.type] ?? state.type)
                }
            }
        }
        return counts.sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }.joined(separator: " ")
    }

    private static let stateNames = [
        "mamba": "mamba1", "gated_delta_net": "linear", "kda": "linear", "short_conv": "conv",
        "gdn_attn": "linear", "gdn_attention": "linear", "kda_attention": "linear",
    ]

    private func windows(_ model: TransformerModel) -> String {
        var seen: Set<Int> = []
        for layer in model.layers {
            for spec in layer.cacheSpecs(tensorParallel: 1, cache: .bf16) {
                if let window = spec.window { seen.insert(window) }
            }
        }
        return seen.sorted().map(String.init).joined(separator: " ")
    }
}

extension CaseRow {
    /// How a column agrees; nil where the table says nothing.
    func agrees(_ column: String, _ said: [String: String]) -> Bool? {
        guard let right = right[column] else { return nil }
        switch column {
        case "vllm_0.33.0":
            let expected = right == "refuses" ? "refuses" : "serves"
            return said[column] == expected
        case "layers":
            guard !right.isEmpty else { return nil }
            return right.split(separator: " ").sorted().joined(separator: " ") == said[column]
        case "refused_at_tp":
            return self.right["weight_bytes_tp1"] == "" ? nil : right == said[column] ?? "?"
        case "windows": return self.right["layers"] == "" ? nil : right == said[column] ?? "?"
        case "parameters", "parameters_active":
            guard !right.isEmpty else { return nil }
            // Where a format is loaded, the table leaves float32 numbers out and counts a cache's
            // scales: within 0.5 %.
            guard let right = Double(right), let said = Double(said[column] ?? "") else {
                return false
            }
            let isPlain = (self.right["quantization"] ?? "").isEmpty
            return isPlain ? right == said : abs(said / right - 1) < 0.005
        default: return right.isEmpty ? nil : right == said[column] ?? "?"
        }
    }
}
