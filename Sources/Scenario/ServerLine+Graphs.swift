import Basics

/// What a line says of compilation and CUDA graphs.
extension ServerLine {
    /// `-O`: from 1 on there are graphs, and the rest is what was measured.
    mutating func take(level: String, _ entry: Given) throws {
        switch level.hasPrefix("O") ? String(level.dropFirst()) : level {
        case "2": idle.append(entry.shown)
        case "0" where keepsWholeGraphs:
            notes.append(
                "--serve: not modelled: \(entry.shown): \(ServerFlag.Meaning.clock.rawValue)")
        case "0":
            set("engine.enforce_eager", "true", from: entry)
            notes.append("--serve: \(entry.shown) is taken as --enforce-eager")
        case "1", "3":
            notes.append(
                "--serve: not modelled: \(entry.shown): \(ServerFlag.Meaning.clock.rawValue)")
        default: throw Self.error(entry, "is \"\(level.echoed())\"", "0, 1, 2 or 3")
        }
    }

    /// The compilation's settings: sizes with graphs, and whether there are graphs at all.
    mutating func take(compilation text: String, _ entry: Given) throws {
        guard case .object(let members)? = try? ServerValue.parsed(text) else {
            throw Self.error(entry, "is \"\(text.echoed())\"", "a JSON object")
        }
        var others: [String] = []
        for name in members.keys.sorted() {
            let value = members[name]!
            let part = Given(
                word: "\(entry.word).\(name)", values: [value.json], place: entry.place)
            let flag = name.replacing("_", with: "-")
            switch (name, value) {
            case ("cudagraph_capture_sizes", .list(let sizes)):
                let words = try sizes.map { size in
                    guard case .integer(let number) = size else {
                        throw Self.error(part, "is \(value.json.echoed())", "a list of integers")
                    }
                    return String(number)
                }
                try refuseBoth(flag, part)
                set("engine." + name, words.joined(separator: ","), from: part)
            case ("max_cudagraph_capture_size", .integer(let size)):
                try refuseBoth(flag, part)
                set("engine." + name, String(size), from: part)
            case ("cudagraph_capture_sizes", _), ("max_cudagraph_capture_size", _):
                if value != .null {
                    throw Self.error(part, "is \(value.json.echoed())", "as the flag of that name")
                }
            case ("cudagraph_mode", .text(let mode)) where mode.uppercased() == "NONE":
                set("engine.enforce_eager", "true", from: part)
                notes.append("--serve: \(part.word) NONE is taken as --enforce-eager")
            case ("level", _) where value != .null && members["mode"] ?? .null != .null:
                throw Self.error(part, "is the older name of mode, which is given too", "one")
            case ("mode", _) where value != .null, ("level", _) where value != .null:
                if name == "level" { notes.append(Self.formerLevel(part)) }
                if try Self.compilesInPieces(value, part) {
                    idle.append(part.shown)
                } else if keepsWholeGraphs {
                    others.append(part.word.echoed())
                } else {
                    set("engine.enforce_eager", "true", from: part)
                    notes.append("--serve: \(part.shown) is taken as --enforce-eager")
                }
            default: others.append("\(entry.word.echoed()).\(name.echoed())")
            }
        }
        guard !others.isEmpty else { return }
        notes.append(
            "--serve: not modelled: \(others.joined(separator: ", ")): "
                + ServerFlag.Meaning.clock.rawValue)
    }

    /// `level` is what releases before 0.11.1 call `mode`, with the same numbers.
    private static func formerLevel(_ part: Given) -> String {
        "--serve: \(part.word) is the name of mode in earlier releases, and is taken as it"
    }

    /// The server takes a size with graphs from one place only.
    private func refuseBoth(_ flag: String, _ part: Given) throws {
        guard let other = given[flag] else { return }
        throw Self.error(part, "stands beside \(other.word.echoed())", "one of them")
    }

    /// Whether the line asks for graphs of whole steps, which need no compilation. All others need
    /// it in pieces, and vLLM captures none without (`FULL_AND_PIECEWISE` is the default).
    private var keepsWholeGraphs: Bool {
        guard let text = given["compilation-config"]?.values.first,
            case .object(let members)? = try? ServerValue.parsed(text),
            case .text(let mode)? = members["cudagraph_mode"]
        else { return false }
        return ["FULL", "FULL_DECODE_ONLY"].contains(mode.uppercased())
    }

    /// Whether a mode of compilation is the default, `VLLM_COMPILE`, the only one in pieces.
    private static func compilesInPieces(
        _ value: ConfigurationValue, _ part: Given
    ) throws -> Bool {
        let names = ["NONE", "STOCK_TORCH_COMPILE", "DYNAMO_TRACE_ONCE", "VLLM_COMPILE"]
        switch value {
        case .integer(let mode) where names.indices.contains(mode): return mode == 3
        case .text(let name) where names.contains(name.uppercased()):
            return name.uppercased() == names[3]
        default: throw error(part, "is \(value.json.echoed())", "0, 1, 2 or 3")
        }
    }
}
