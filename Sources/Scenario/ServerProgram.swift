import Basics

/// What stands before a server's arguments.
enum ServerProgram {
    /// A line up to the server's arguments.
    struct Start {
        /// The arguments.
        var words: [String]
        /// What was read before them and not used, a sentence each.
        var notes: [String]
        /// Keys that environment variables set, with their values.
        var assigned: [(key: String, value: String)]
    }

    /// The layers of each pipeline stage, which no flag sets.
    static let partition = "VLLM_PP_LAYER_PARTITION"
    /// Environment variables that are read, with the keys that they set.
    private static let variables = [partition: "engine.pp_layer_partition"]

    /// The words after the program, and what was read before it.
    ///
    /// The program is `vllm serve`, `python -m vllm.entrypoints.openai.api_server` or a container
    /// of such an image. What a script holds before it is said to be not read: assignments of
    /// environment variables but those of `variables`, `exec`, other commands.
    static func arguments(_ words: [String]) throws -> Start {
        for start in words.indices {
            guard let found = arguments(from: words[start...]) else { continue }
            let before = words[..<start]
            // What the shell has does not reach into a container.
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

    /// The words after a program that stands first, and what a container has of an environment of
    /// its own, `NAME=value`; nil: none of the server's does.
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

    /// The variables that a container's options set: `-e NAME=value`, `--env=NAME=value`.
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

    /// `NAME=value`, as a shell takes it before a command.
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
