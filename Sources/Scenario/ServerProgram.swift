import Basics

/// Finds the server's arguments in a command line.
enum ServerProgram {
    /// The result: the arguments, and what came before them.
    struct Start {
        var words: [String]
        /// What came before them and is not used, one sentence each.
        var notes: [String]
        /// Keys set by environment variables, with their values.
        var assigned: [(key: String, value: String)]
    }

    /// The variable with the layers of each pipeline stage, for which there is no flag.
    static let partition = "VLLM_PP_LAYER_PARTITION"
    /// Supported environment variables, with the keys that they set.
    private static let variables = [partition: "engine.pp_layer_partition"]

    /// The words after the program, and what came before it.
    ///
    /// The program is `vllm serve`, `python -m vllm.entrypoints.openai.api_server` or a container
    /// of such an image. Notes list what a script has before it and is not read: environment
    /// variables other than `variables`, and other commands.
    static func arguments(_ words: [String]) throws -> Start {
        for start in words.indices {
            guard let found = arguments(from: words[start...]) else { continue }
            let before = words[..<start]
            // A container does not inherit the shell's environment.
            let environment = found.environment ?? before.filter(isAssignment)
            let assigned = environment.compactMap { word -> (String, String)? in
                let name = String(word.prefix { $0 != "=" })
                return variables[name].map { ($0, String(word.dropFirst(name.count + 1))) }
            }
            let read = found.environment == nil ? Set(variables.keys) : []
            return Start(
                words: Array(found.rest), notes: notes(before: before, read: read) + found.notes,
                assigned: assigned)
        }
        throw InputError(
            "--serve", words.isEmpty ? "is empty" : "is not a line of vLLM's server",
            expected: "\"vllm serve MODEL --tensor-parallel-size 4 ...\", @FILE or FILE.yaml")
    }

    /// The words after a program in first place. `environment`: what a container's options set, as
    /// `NAME=value`; nil: the server inherits the shell's.
    private static func arguments(
        from words: ArraySlice<String>
    ) -> (rest: ArraySlice<String>, notes: [String], environment: [String]?)? {
        let program = lastName(words[words.startIndex])
        let rest = words.dropFirst()
        if program == "vllm", rest.first == "serve" { return (rest.dropFirst(), [], nil) }
        let module = "vllm.entrypoints.openai.api_server"
        if program.hasPrefix("python"), rest.starts(with: ["-m", module]) {
            return (rest.dropFirst(2), [], nil)
        }
        guard ["docker", "podman"].contains(program), rest.first == "run",
            let image = rest.firstIndex(where: { $0.contains("/vllm-openai") })
        else { return nil }
        let note =
            "--serve: the container's options and its image's release are not read: "
            + "engine.version is the release"
        return (rest[(image + 1)...], [note], environment(of: rest[..<image]))
    }

    /// The variables set by a container's options: `-e NAME=value`, `--env=NAME=value`.
    private static func environment(of options: ArraySlice<String>) -> [String] {
        options.indices.compactMap { place in
            var word = options[place]
            var isValue =
                place > options.startIndex && ["-e", "--env"].contains(options[place - 1])
            if word.hasPrefix("--env=") { (word, isValue) = (String(word.dropFirst(6)), true) }
            return isValue && isAssignment(word) ? word : nil
        }
    }

    private static func notes(before words: ArraySlice<String>, read: Set<String>) -> [String] {
        let unread = words.filter(isAssignment).map { String($0.prefix { $0 != "=" }) }
            .filter { !read.contains($0) }
        let others = words.filter { !isAssignment($0) && !["exec", "env", "export"].contains($0) }
        var notes: [String] = []
        if !unread.isEmpty {
            notes.append(
                "--serve: environment variables are not read: "
                    + unread.joined(separator: ", ").echoed())
        }
        if !others.isEmpty {
            notes.append(
                "--serve: what stands before the server is not read: "
                    + others.joined(separator: " ").echoed())
        }
        return notes
    }

    /// Whether a word is `NAME=value`, a shell's assignment.
    private static func isAssignment(_ word: String) -> Bool {
        guard let equals = word.firstIndex(of: "="), let first = word.first else { return false }
        return (first.isASCII && first.isLetter || first == "_")
            && word[..<equals].allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_"
            }
    }

    private static func lastName(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }
}
