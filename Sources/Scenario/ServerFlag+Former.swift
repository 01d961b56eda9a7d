import Simulator

/// Flags that the server of vLLM 0.11.2 has and that of 0.33.0 has not. A line that runs an
/// earlier release may have them; which release between took each one away is not known here.
extension ServerFlag {
    static let former: [ServerFlag] = [
        // Its engine preempts by recomputing: nothing is swapped.
        .idle("swap-space", .number, "4"),
        .idle("max-seq-len-to-capture", .integer, "8192"),
        .used("cuda-graph-sizes", .integers, "[]", "engine.cudagraph_capture_sizes"),
        // "Concurrent Partial Prefill is not supported": NotImplementedError.
        .refused(
            "max-num-partial-prefills", .integer, "1",
            "starts no server: its engine has no concurrent partial prefills"),
        .refused(
            "max-long-partial-prefills", .integer, "1",
            "starts no server: its engine has no concurrent partial prefills"),
        .noted("rope-scaling", .json, "{}", .shape),
        .noted("rope-theta", .number, "null", .shape),
        .refused("task", .text, "auto", "runs no generation", harmless: ["generate"]),
        .noted("guided-decoding-backend", .text, "auto", .answers),
        .noted("guided-decoding-disable-fallback", .toggle, "false", .answers),
        .noted("guided-decoding-disable-any-whitespace", .toggle, "false", .answers),
        .noted("guided-decoding-disable-additional-properties", .toggle, "false", .answers),
    ]

    /// The former flag of this full name, dashes included.
    static func former(_ word: String) -> (flag: ServerFlag, isNegated: Bool)? {
        for flag in former {
            if word == "--" + flag.name { return (flag, false) }
            if flag.negations.contains(word) { return (flag, true) }
        }
        return nil
    }
}

extension ServerLine {
    /// Throws for a flag of an earlier release where the newest one runs.
    func refuseFormer(under version: EngineVersion) throws {
        guard let entry = former.first, version >= .newest else { return }
        throw Self.error(
            entry, "is not a flag of vLLM \(EngineVersion.newest)'s server, but of earlier ones",
            "a line without it, or --set engine.version=\(EngineVersion.oldest)")
    }

    /// Takes the sizes of full graphs: one is the largest of 1, 2, 4, 8, 16, 24 and so on, several
    /// are the list itself.
    mutating func take(graphSizes entry: Given) throws {
        var sizes = entry.values
        if sizes.count == 1 {
            guard let most = Int(sizes[0]), (1...1 << 16).contains(most) else {
                throw Self.error(entry, "is \(sizes[0].echoed())", "an integer, 1 to \(1 << 16)")
            }
            sizes = ([1, 2, 4] + stride(from: 8, through: most, by: 8)).filter { $0 <= most }
                .map(String.init)
        }
        set("engine.cudagraph_capture_sizes", sizes.joined(separator: ","), from: entry)
    }
}
