import Basics
import Simulator

/// Finds the server's arguments in a command line.
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
    }

    /// The variable with the layers of each pipeline stage, for which there is no flag.
    static let partition = "VLLM_PP_LAYER_PARTITION"
    /// The variable that takes a length beyond the model's.
    static let allowsLong = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"
    /// Supported environment variables, with the keys that they set.
    private static let variables = [
        partition: "engine.pp_layer_partition", allowsLong: "engine.allow_long_max_model_len",
    ]

    /// Most words of a script; a server's line has some tens.
    private static let mostWords = 5_000
    /// Most shells and containers around a server.
    private static let deepest = 4

    /// The words after the program, and what was read around it.
    ///
    /// The program is `vllm serve`, a module of vLLM in Python, a container of the server's image
    /// or a shell with such a line. What a script holds besides is said to be not read: assignments
    /// of environment variables but those of `variables`, `exec`, other commands, redirections.
    static func arguments(_ text: String) throws -> Start {
        let script = try ShellScript(text, place: "--serve")
        guard script.commands.reduce(0, { $0 + $1.words.count }) <= mostWords else {
            throw InputError(
                "--serve", "has more than \(Quantity.count(mostWords)) words",
                expected: "the line of one server")
        }
        guard let start = try start(script, depth: 0) else {
            let isEmpty = text.allSatisfy(\.isWhitespace)
            throw InputError(
                "--serve", isEmpty ? "is empty" : "is not a line of vLLM's server",
                expected: "\"vllm serve MODEL --tensor-parallel-size 4 ...\", @FILE or FILE.yaml")
        }
        return start
    }

    /// The one server that a script starts; nil: it starts none.
    private static func start(_ script: ShellScript, depth: Int) throws -> Start? {
        for (index, command) in script.commands.enumerated() {
            guard let (found, place) = try start(command, depth: depth) else { continue }
            let others = script.commands[(index + 1)...]
            guard try !others.contains(where: { try start($0, depth: depth) != nil }) else {
                throw InputError(
                    "--serve", "starts more than one server", expected: "the line of one")
            }
            guard !found.words.isEmpty || others.isEmpty else {
                throw InputError(
                    "--serve", "ends before the server's model",
                    expected: "a backslash before the line's end")
            }
            let before = script.commands[..<index].flatMap(\.words) + command.words[..<place]
            let after = command.redirections + others.flatMap { $0.words + $0.redirections }
            // What the shell has does not reach into a container.
            let read = found.isContained ? [] : Set(variables.keys)
            // An assignment before another command is that command's alone.
            let exported = script.commands[..<index]
                .filter { $0.words.first == "export" && $0.reaches(command) }.flatMap(\.words)
            let environment = (exported + command.words[..<place]).filter {
                read.contains(name($0))
            }
            return Start(
                words: found.words,
                notes: notes(before: before, read: Set(environment.map(name))) + found.notes
                    + script.notes(after: after, of: "the server"),
                assigned: assigned(environment) + found.assigned,
                isContained: found.isContained)
        }
        return nil
    }

    /// The server that a command starts, and the word at which its program stands.
    private static func start(
        _ command: ShellScript.Command, depth: Int
    ) throws -> (found: Start, place: Int)? {
        for place in command.words.indices {
            if let found = try start(command.words[place...], depth: depth) {
                return (found, place)
            }
        }
        return nil
    }

    /// The server whose program stands first.
    private static func start(_ words: ArraySlice<String>, depth: Int) throws -> Start? {
        guard depth <= deepest, let first = words.first else { return nil }
        let (program, rest) = (lastName(first), words.dropFirst())
        if program == "vllm", rest.first == "serve" { return Start(words: Array(rest.dropFirst())) }
        if program.hasPrefix("python") { return module(rest).map { Start(words: Array($0)) } }
        if ["bash", "sh", "dash", "zsh"].contains(program) { return try shell(rest, depth: depth) }
        guard ["docker", "podman", "nerdctl"].contains(program) else { return nil }
        let run = rest.first == "container" ? rest.dropFirst() : rest
        return run.first == "run" ? try container(run.dropFirst(), depth: depth) : nil
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
    private static func shell(_ words: ArraySlice<String>, depth: Int) throws -> Start? {
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
        return try start(ShellScript(line, place: "--serve"), depth: depth + 1)
    }

    /// The server in a container, after the words `docker run`.
    private static func container(_ words: ArraySlice<String>, depth: Int) throws -> Start? {
        let options = ContainerOptions(words)
        guard let image = options.image else { return nil }
        var found: Start?
        let isServer = lastName(image).hasPrefix("vllm-openai")
        if let entry = options.entrypoint {
            let words = (entry.isEmpty ? [] : [entry]) + options.arguments
            found = try start(words[...], depth: depth + 1)
        } else {
            found = try start(options.arguments, depth: depth + 1)
            if isServer, found != nil {
                throw InputError(
                    "--serve",
                    "repeats \"vllm serve\", which the image \(image.echoed()) starts with",
                    expected: "its arguments alone, or --entrypoint")
            }
            if isServer { found = Start(words: Array(options.arguments)) }
        }
        guard var found else { return nil }
        let tag = image.split(separator: ":").dropFirst().last.map(String.init) ?? ""
        let release = tag.hasPrefix("v") ? String(tag.dropFirst()) : tag
        let known = EngineVersion(release).map { " (here \($0))" } ?? ""
        found.notes.insert(
            "--serve: the container's options and its image's release are not read: "
                + "engine.version is the release\(known)", at: 0)
        found.assigned = assigned(options.environment) + found.assigned
        found.isContained = true
        return found
    }

    private static func notes(before words: [String], read: Set<String>) -> [String] {
        let unread = words.filter(isAssignment).map(name).filter { !read.contains($0) }
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

    /// Keys that variables set.
    private static func assigned(
        _ words: [String]
    ) -> [(key: String, variable: String, value: String)] {
        words.filter(isAssignment).compactMap { word in
            let variable = name(word)
            return variables[variable].map { key in
                let value = String(word.dropFirst(variable.count + 1))
                // The engine takes 1 and true for yes (`envs.py`).
                guard variable == allowsLong else { return (key, variable, value) }
                return (key, variable, ["1", "true"].contains(value.lowercased()).description)
            }
        }
    }

    /// What stands before the first =.
    private static func name(_ word: String) -> String { String(word.prefix { $0 != "=" }) }

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

/// The words after `docker run`: options, an image and its arguments.
private struct ContainerOptions {
    /// Variables that are set, `NAME=value`.
    private(set) var environment: [String] = []
    /// The program in place of the image's own; empty: none.
    private(set) var entrypoint: String?
    private(set) var image: String?
    private(set) var arguments: ArraySlice<String>

    /// Options without a value; all others have one.
    private static let bare: Set<String> = [
        "--detach", "--disable-content-trust", "--help", "--init", "--interactive",
        "--no-healthcheck", "--oom-kill-disable", "--privileged", "--publish-all", "--quiet",
        "--read-only", "--replace", "--rm", "--sig-proxy", "--tty",
    ]

    init(_ words: ArraySlice<String>) {
        arguments = words
        while let word = arguments.popFirst() {
            guard word.hasPrefix("-") else {
                image = word
                return
            }
            take(word)
        }
    }

    private mutating func take(_ word: String) {
        let isLong = word.hasPrefix("--")
        // In -dp the p has a value, in -it nothing has.
        let letters = word.dropFirst().drop { "ditPq".contains($0) }
        if !isLong && letters.isEmpty || Self.bare.contains(word) { return }
        var (name, value) = (isLong ? word : "-\(letters.prefix(1))", "")
        if isLong, let equals = word.firstIndex(of: "=") {
            (name, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
        } else if !isLong, letters.count > 1 {
            value = String(letters.dropFirst())
        } else {
            value = arguments.popFirst() ?? ""
        }
        switch name {
        case "-e", "--env": environment.append(value)
        case "--entrypoint": entrypoint = value
        default: break
        }
    }
}
