import Basics

/// What stands before a server's arguments.
enum ServerProgram {
    /// The words after the program, and what was read before it and not used, a sentence each.
    ///
    /// The program is `vllm serve`, `python -m vllm.entrypoints.openai.api_server` or a container
    /// of such an image; assignments of environment variables may stand before it.
    static func arguments(_ words: [String]) throws -> (words: [String], notes: [String]) {
        var rest = words[...]
        var notes: [String] = []
        var variables: [String] = []
        while let word = rest.first, isAssignment(word) {
            variables.append(String(word.prefix { $0 != "=" }))
            rest.removeFirst()
        }
        if !variables.isEmpty {
            notes.append(
                "--serve: environment variables are not read: "
                    + variables.joined(separator: ", ").echoed())
        }
        let program = rest.popFirst().map(lastName) ?? ""
        if program == "vllm", rest.first == "serve" { return (Array(rest.dropFirst()), notes) }
        let module = "vllm.entrypoints.openai.api_server"
        if program.hasPrefix("python"), rest.starts(with: ["-m", module]) {
            return (Array(rest.dropFirst(2)), notes)
        }
        if ["docker", "podman"].contains(program), rest.first == "run",
            let image = rest.firstIndex(where: { $0.contains("/vllm-openai") })
        {
            notes.append(
                "--serve: the container's options and its image's release are not read: "
                    + "engine.version is the release")
            return (Array(rest[(image + 1)...]), notes)
        }
        throw InputError(
            "--serve", words.isEmpty ? "is empty" : "is not a line of vLLM's server",
            expected: "\"vllm serve MODEL --tensor-parallel-size 4 ...\", @FILE or FILE.yaml")
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
