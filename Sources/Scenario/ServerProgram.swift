import Basics

/// Finds the server's arguments in a script.
enum ServerProgram {
    /// The result: the arguments, and what came before them.
    struct Start {
        var words: [String]
        /// What was read around them and not used, one sentence each.
        var notes: [String] = []
        /// Keys set by environment variables, with these and their values.
        var assigned: [(key: String, variable: String, value: String)] = []
        /// Whether it runs in a container, which the shell's variables do not reach.
        var isContained = false
        /// What became of the script's variables.
        var references = ShellReferences()
        /// Files that the script writes before, by name.
        var files: [String: String] = [:]
    }

    /// The variable with the layers of each pipeline stage, for which there is no flag.
    static let partition = "VLLM_PP_LAYER_PARTITION"
    /// The variable that takes a length beyond the model's.
    static let allowsLong = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"
    /// Supported environment variables, with the keys that they set.
    private static let variables = [
        partition: "engine.pp_layer_partition", allowsLong: "engine.allow_long_max_model_len",
    ]

    /// Most shells and containers around a server.
    private static let deepest = 4

    /// The words after the program, and what was read around it.
    ///
    /// The program is `vllm serve`, a module of vLLM in Python, a container of the server's image
    /// or a shell with such a line. What a script holds besides is said to be not read: environment
    /// variables but those of `variables`, `exec`, other commands, redirections.
    static func arguments(_ text: String) throws -> Start {
        if let container = try Dockerfile.container(text), let found = try start(container) {
            return found
        }
        let script = try ShellScript(ServerText.script(text), place: "--serve")
        if let found = try start(script, depth: 0) { return found }
        for document in script.documents {
            if let found = try start(in: document) { return found }
        }
        let isEmpty = text.allSatisfy(\.isWhitespace)
        if script.commands.contains(where: { BenchmarkLine.start($0.words) != nil }) {
            throw InputError(
                "--serve", "is the line of a benchmark", expected: "it as --bench, and the server's"
            )
        }
        if let other = otherServer(script) {
            throw InputError(
                "--serve", "is a line of \(other), whose flags are not read",
                expected: "a line of vllm serve, or keys (--set model.name=NAME "
                    + "engine.tensor_parallel_size=N; headway config lists them)")
        }
        throw InputError(
            "--serve", isEmpty ? "is empty" : "is not a line of vLLM's server",
            expected: "\"vllm serve MODEL --tensor-parallel-size 4 ...\", @FILE or FILE.yaml")
    }

    /// The server in a text that a script hands to a program: a manifest, or another script.
    private static func start(in document: ShellDocument) throws -> Start? {
        guard ServerText.looksLikeYAML(document.text) else {
            return try server(in: document.text, environment: [:])
        }
        let documents = try YAMLReader.documents(document.text, place: "--serve", isLoose: true)
        guard ServerManifest.isManifest(documents) else { return nil }
        return try ServerManifest(documents, place: "--serve").server(named: nil)
    }

    /// The name of another engine's server that a script starts.
    private static func otherServer(_ script: ShellScript) -> String? {
        let known = [
            "sglang.launch_server": "SGLang's server", "sglang": "SGLang's server",
            "trtllm-serve": "TensorRT-LLM's server", "lmdeploy": "LMDeploy's server",
            "text-generation-launcher": "Text Generation Inference",
            "llama-server": "llama.cpp's server", "ollama": "Ollama",
            "tritonserver": "Triton's server", "dynamo.vllm": "Dynamo's worker",
            "dynamo.sglang": "Dynamo's worker", "dynamo.trtllm": "Dynamo's worker",
        ]
        let words = script.commands.lazy.flatMap(\.words)
        return words.compactMap { known[lastName($0)] }.first
    }

    /// The server that a script inside another text starts; nil: it starts none.
    static func server(in text: String, environment: [String: String]) throws -> Start? {
        try start(ShellScript(text, place: "--serve", environment: environment), depth: 0)
    }

    /// The one server that a script starts; nil: it starts none.
    private static func start(_ script: ShellScript, depth: Int) throws -> Start? {
        for (index, command) in script.commands.enumerated() {
            guard let (start, place) = try Self.start(command, depth: depth) else { continue }
            var found = start
            let others = script.commands[(index + 1)...]
            guard try !others.contains(where: { try Self.start($0, depth: depth) != nil }) else {
                throw InputError(
                    "--serve", "starts more than one server", expected: "the line of one")
            }
            guard !found.words.isEmpty || others.isEmpty else {
                throw InputError(
                    "--serve", "ends before the server's model",
                    expected: "a backslash before the line's end")
            }
            found.references.add(script.references)
            for document in script.documents {
                if let file = document.file { found.files[file] = document.text }
            }
            let before = script.commands[..<index].flatMap(\.words) + command.words[..<place]
            let after = command.redirections + others.flatMap { $0.words + $0.redirections }
            // What the shell has does not reach into a container.
            let environment =
                found.isContained
                ? [:] : environment(command).filter { variables[$0.key] != nil }
            let read = found.references.used.union(environment.keys)
            found.notes =
                notes(before: before, read: read) + found.notes
                + script.notes(after: after, of: "the server")
            found.assigned = assigned(environment) + found.assigned
            return found
        }
        return nil
    }

    /// The variables that a command's program gets.
    private static func environment(_ command: ShellScript.Command) -> [String: String] {
        var environment = command.environment
        for word in command.words {
            guard let set = ShellAssignment(word) else {
                if word == "env" { continue }
                break
            }
            environment[set.name] = set.value
        }
        return environment
    }

    /// The server that a command starts, and the word at which its program stands.
    private static func start(
        _ command: ShellScript.Command, depth: Int
    ) throws -> (found: Start, place: Int)? {
        let environment = depth < deepest ? environment(command) : [:]
        for place in command.words.indices {
            if let found = try start(command.words[place...], environment, depth: depth) {
                return (found, place)
            }
        }
        // `ssh HOST "LINE"`, `tmux new -d "LINE"`.
        let runners: Set = ["ssh", "tmux", "screen", "srun", "su", "runuser", "eval", "parallel"]
        guard depth < deepest, command.words.contains(where: { runners.contains(lastName($0)) })
        else { return nil }
        for (place, word) in command.words.enumerated()
        where word.contains(" ") && word.contains("vllm") {
            let script = try ShellScript(word, place: "--serve")
            if let found = try start(script, depth: depth + 1) { return (found, place) }
        }
        return nil
    }

    /// The server whose program stands first.
    private static func start(
        _ words: ArraySlice<String>, _ environment: [String: String], depth: Int
    ) throws -> Start? {
        guard depth <= deepest, let first = words.first else { return nil }
        let (program, rest) = (lastName(first), words.dropFirst())
        if program == "vllm", rest.first == "serve" { return Start(words: Array(rest.dropFirst())) }
        if program.hasPrefix("python") { return module(rest).map { Start(words: Array($0)) } }
        if ["bash", "sh", "dash", "zsh"].contains(program) {
            return try shell(rest, environment, depth: depth)
        }
        guard ["docker", "podman", "nerdctl"].contains(program) else { return nil }
        let run = rest.first == "container" ? rest.dropFirst() : rest
        guard run.first == "run" else { return nil }
        return try ContainerOptions(run.dropFirst()).container.flatMap {
            try start($0, depth: depth)
        }
    }

    /// The arguments of a module of vLLM, after Python's own options.
    private static func module(_ words: ArraySlice<String>) -> ArraySlice<String>? {
        var rest = words
        while let option = rest.first, option.hasPrefix("-"), !option.hasPrefix("--") {
            rest = rest.dropFirst()
            guard option.last != "m" else {
                switch rest.first {
                case "vllm.entrypoints.openai.api_server": return rest.dropFirst()
                case "vllm.entrypoints.cli.main" where rest.dropFirst().first == "serve":
                    return rest.dropFirst(2)
                default: return nil
                }
            }
            if ["-X", "-W"].contains(option) { rest = rest.dropFirst() }
        }
        let script = "vllm/entrypoints/openai/api_server.py"
        return rest.first?.hasSuffix(script) == true ? rest.dropFirst() : nil
    }

    /// `bash -c "LINE"`, `bash -euxo pipefail -c "LINE"`.
    private static func shell(
        _ words: ArraySlice<String>, _ environment: [String: String], depth: Int
    ) throws -> Start? {
        var rest = words
        var readsLine = false
        while let option = rest.first, option.hasPrefix("-") || option.hasPrefix("+") {
            rest = rest.dropFirst()
            if option.hasPrefix("--") { continue }
            if option.contains("c") { readsLine = true }
            // `-o pipefail`, also as the last of `-euxo pipefail`.
            if option.contains("o") || option.contains("O") { rest = rest.dropFirst() }
        }
        guard readsLine, let line = rest.first else { return nil }
        let script = try ShellScript(line, place: "--serve", environment: environment)
        return try start(script, depth: depth + 1)
    }

    /// The server in a container.
    static func start(_ container: ServerContainer, depth: Int = 0) throws -> Start? {
        var environment: [String: String] = [:]
        for word in container.environment {
            if let set = ShellAssignment(word) { environment[set.name] = set.value }
        }
        func program(_ words: [String]) throws -> Start? {
            try start(words[...], environment, depth: depth + 1)
        }
        var found: Start?
        if let entry = container.entrypoint {
            found = try program(entry + container.arguments)
        } else {
            found = try program(container.arguments)
            if container.isServer, found != nil {
                throw InputError(
                    "--serve",
                    "repeats \"vllm serve\", which the image \(container.image.echoed()) starts "
                        + "with",
                    expected: "its arguments alone, or --entrypoint")
            }
            if container.isServer { found = Start(words: container.arguments) }
            if found == nil, let words = container.likelyWords {
                let image = container.image.isEmpty ? "it" : "the image \(container.image.echoed())"
                found = Start(
                    words: words,
                    notes: ["--serve: \(image) is taken to start with \"vllm serve\""])
            }
        }
        guard var found else { return nil }
        if !container.image.isEmpty { found.notes.insert(container.note, at: 0) }
        found.assigned = assigned(environment) + found.assigned
        found.isContained = true
        return found
    }

    private static func notes(before words: [String], read: Set<String>) -> [String] {
        let unread = words.compactMap { ShellAssignment($0)?.name }.filter { !read.contains($0) }
        let others = words.filter {
            ShellAssignment($0) == nil && !["exec", "env", "export"].contains($0)
        }
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

    /// Keys that variables set.
    private static func assigned(
        _ environment: [String: String]
    ) -> [(key: String, variable: String, value: String)] {
        environment.keys.sorted().compactMap { variable in
            let value = environment[variable]!
            return variables[variable].map { key in
                // The engine takes 1 and true for yes (`envs.py`).
                guard variable == allowsLong else { return (key, variable, value) }
                return (key, variable, ["1", "true"].contains(value.lowercased()).description)
            }
        }
    }

    /// The last part of a path.
    static func lastName(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }
}

extension ShellReferences {
    /// What was assumed of variables, one sentence each.
    func notes(place: String) -> [String] {
        var notes: [String] = []
        if !defaulted.isEmpty {
            notes.append(
                "\(place): not set in the text, and taken as their defaults: "
                    + defaulted.joined(separator: ", ").echoed())
        }
        if !inFront.isEmpty {
            notes.append(
                "\(place): \(inFront.joined(separator: ", ").echoed()) stands in front of the "
                    + "command that reads it: a shell would want it on a line before")
        }
        if takesArguments {
            notes.append("\(place): the script's own arguments are taken as none")
        }
        return notes
    }
}
