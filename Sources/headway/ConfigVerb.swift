import Basics
import Reports
import Scenario
import Simulator

extension Verb {
    /// `headway config`: the reference of all keys, and a configuration with everything resolved.
    static let config = Verb(
        "config",
        summary: "Print every key with its meaning, as a file to start from.",
        operands: "[CONFIG.json5]", operandCount: 0...1,
        details: """
            Prints a configuration with comments: the defaults, or the values of CONFIG.json5, with
            --set applied. The output is a configuration file.
            """,
        flags: [
            .serve, .set, .json,
            Flag("--resolved", "Fill in derived values: replicas, KV blocks, limits."),
            Flag(
                "--as-vllm",
                "Print the engine section as a command line of vLLM's server. It holds the flags\n"
                    + "that differ from its defaults on this GPU; keys without a flag are comments."
            ),
        ]
    ) { arguments in
        let serve = try arguments.value(Flag.serve.name).map(ServerLine.init)
        let changes = arguments.values("--set")
        var configuration = try Configuration.read(
            file: arguments.operands.first, serve: serve, changes: changes)
        if arguments.has("--as-vllm") {
            if let other = ["--json", "--resolved"].first(where: arguments.has) {
                throw InputError("--as-vllm", "and \(other) are given", expected: "one of them")
            }
            let notes = (serve?.notes ?? []).map { "# " + $0 }
            let line = try configuration.resolved(serve: serve, changes: changes).serverLine()
            try Console.write(PageWidth.comments((notes + [line]).joined(separator: "\n")))
            return 0
        }
        var memory = serve?.notes ?? []
        if arguments.has("--resolved") {
            let resolved = try configuration.resolved(serve: serve, changes: changes)
            configuration = resolved.configuration
            memory += resolved.memory.comments
        }
        // Paths in the file are relative to it; the output may be saved anywhere.
        if !arguments.operands.isEmpty { configuration = configuration.withAbsolutePaths }
        if arguments.has("--json") {
            try Console.writeJSON(configuration.asValue)
        } else {
            let comments = memory.map { "// " + $0 }
            try Console.write(
                PageWidth.comments((comments + [configuration.commented]).joined(separator: "\n")))
        }
        return 0
    }
}
