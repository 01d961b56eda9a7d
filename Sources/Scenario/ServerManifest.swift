import Basics

/// Finds the servers in a compose file, a Kubernetes manifest, or other YAML that starts programs.
///
/// A server is a map with `command`, `args`, `entrypoint` or a script (`run`) that starts vLLM, or
/// with an engine's settings (Ray's `engine_kwargs`, the production stack's `vllmConfig`).
struct ServerManifest {
    /// A server that stands in it.
    struct Server {
        /// Its name: that of the service, or of the object and the container.
        var name: String
        var line: Int
        var start: ServerProgram.Start
    }

    private(set) var servers: [Server] = []
    private let place: String
    /// The manifest's keys that say that it is one.
    private static let marks: Set<String> = [
        "apiVersion", "kind", "spec", "services", "containers", "command", "args", "entrypoint",
        "image", "run", "containerDefinitions", "applications", "llm_configs", "servingEngineSpec",
        "modelSpec", "decode",
        "prefill", "jobs", "script", "engine_kwargs", "vllmConfig", "service", "template",
    ]

    /// What is known above a value.
    private struct Context {
        var path: [String] = []
        var name = ""
        var replicas = 1
        var replicasLine = 0
        var root: YAMLNode
        /// llm-d's sizes of a server.
        var parallelism: YAMLNode?
        var depth = 0
    }

    /// Whether a YAML text is a manifest, not the server's own flags.
    static func isManifest(_ documents: [YAMLNode]) -> Bool {
        documents.contains { document in
            document.items != nil || document.members.contains { marks.contains($0.key) }
                || document.members.contains { member in
                    // A compose file's services, pasted alone.
                    member.value["image"] != nil || member.value["command"] != nil
                }
        }
    }

    /// Reads the documents of a text. Throws `InputError` at `place` and the line.
    init(_ documents: [YAMLNode], place: String) throws {
        self.place = place
        for document in documents {
            var context = Context(root: document)
            if let kind = document["kind"]?.word, let name = document["metadata"]?["name"]?.word {
                context.name = "\(kind.lowercased())/\(name)"
            }
            if let words = document.words {
                var container = ServerContainer()
                container.arguments = words
                try add(ServerProgram.start(container), document.line, context)
            } else {
                try walk(document, context)
            }
        }
    }

    /// The server of a name, or the only one.
    func server(named choice: String?) throws -> ServerProgram.Start {
        let list = servers.prefix(8).map { "\($0.name) (line \($0.line))" }.joined(separator: ", ")
        guard !servers.isEmpty else {
            throw InputError(
                place, "no command in it starts vLLM's server",
                expected: "command or args with \"vllm serve MODEL ...\", or an image of vLLM")
        }
        let found = servers.filter { server in
            guard let choice else { return true }
            return server.name == choice || server.name.split(separator: "/").last ?? "" == choice
        }
        guard found.count == 1 else {
            let file = place == "--serve" ? "FILE" : place
            throw InputError(
                place,
                found.isEmpty
                    ? "has no server \(choice!.echoed()), but \(list)"
                    : "has \(found.count) servers: \(list)",
                expected: "one of them, as --serve \(file)#\(servers[0].name)")
        }
        var start = found[0].start
        let others = servers.filter { $0.line != found[0].line }.map(\.name)
        if !others.isEmpty {
            start.notes.append(
                "--serve: other servers are not read: "
                    + others.joined(separator: ", ").echoed())
        }
        return start
    }

    private mutating func add(
        _ start: ServerProgram.Start?, _ line: Int, _ context: Context
    ) throws {
        guard var start else { return }
        if context.replicas > 1 {
            start.notes.append(
                "--serve: replicas: \(context.replicas) (line \(context.replicasLine)) is not "
                    + "read: --set cluster.replicas=\(context.replicas) simulates as many")
        }
        var name = context.name
        if name.isEmpty { name = "server" }
        if let same = servers.filter({ $0.name == name }).count as Int?, same > 0 {
            name += "-\(same + 1)"
        }
        servers.append(Server(name: name, line: line, start: start))
    }

    /// Looks at a value and what stands in it.
    private mutating func walk(_ node: YAMLNode, _ context: Context) throws {
        guard context.depth < 64 else { return }
        var context = context
        context.depth += 1
        if let replicas = Self.replicas(node), let count = replicas.word.flatMap({ Int($0) }),
            count > 1
        {
            (context.replicas, context.replicasLine) = (count, replicas.line)
        }
        context.parallelism = node["parallelism"] ?? context.parallelism
        for item in node.items ?? [] { try walk(item, context) }
        guard !node.members.isEmpty else { return }
        if ["containers", "containerDefinitions"].contains(context.path.last)
            || context.path.last == "modelSpec"
            || node["engine_kwargs"] != nil
        {
            let name =
                node["name"]?.word
                ?? node["model_loading_config"]?["model_id"]?.word
            if let name { context.name += (context.name.isEmpty ? "" : "/") + name }
        }
        do {
            if let start = try start(node, context) {
                return try add(start, node.line, context)
            }
        } catch let error as InputError where error.place == "--serve" {
            throw InputError(
                "\(place):\(node.line)", error.problem, expected: error.expected,
                suggestion: error.suggestion)
        }
        for (key, value) in node.members {
            var inner = context
            inner.path.append(key)
            if ["services", "jobs"].contains(context.path.last) { inner.name = key }
            if context.path.isEmpty,
                value["image"] != nil || value["command"] != nil
                    || value["containers"] != nil
            {
                inner.name = key
            }
            try walk(value, inner)
        }
    }

    /// How many servers a map starts, as it says itself.
    private static func replicas(_ node: YAMLNode) -> YAMLNode? {
        for key in ["replicas", "replicaCount", "scale", "min_replicas", "num_replicas"] {
            if let found = node[key], found.word != nil { return found }
        }
        for key in [
            "deploy", "service", "deployment_config", "autoscaling_config", "replica_policy",
        ] {
            if let found = node[key].flatMap(replicas) { return found }
        }
        return nil
    }

    /// The server that a map itself starts; nil: none.
    private func start(
        _ node: YAMLNode, _ context: Context
    ) throws -> ServerProgram.Start? {
        if let settings = node["engine_kwargs"], !settings.members.isEmpty {
            return try ServerSettings.ray(node, settings, place: place)
        }
        if let settings = node["vllmConfig"], !settings.members.isEmpty {
            return try ServerSettings.productionStack(node, settings, place: place)
        }
        for key in ["run", "script"] {
            guard let script = node[key] else { continue }
            let text = script.word ?? script.words?.joined(separator: "\n") ?? ""
            let environment = Self.environment(node)
            if let start = try ServerProgram.server(in: text, environment: environment) {
                return start
            }
        }
        let isContainer = ["command", "args", "entrypoint", "Cmd"].contains { node[$0] != nil }
        let isImage = node["image"]?.word != nil
        guard isContainer || isImage else { return nil }
        let isKubernetes =
            node["args"] != nil
            || ["containers", "initContainers"].contains(context.path.last)
        return isKubernetes ? try kubernetes(node, context) : try compose(node)
    }

    /// The variables of a map, `NAME=value`: a map, a list of such words, or of names and values.
    private static func environment(_ node: YAMLNode) -> [String: String] {
        var found: [String: String] = [:]
        for key in ["environment", "envs", "env", "Env"] {
            guard let list = node[key] else { continue }
            for (name, value) in list.members { found[name] = value.word }
            for item in list.items ?? [] {
                if let set = item.word.flatMap({ ShellAssignment($0) }) {
                    found[set.name] = set.value
                } else if let name = item["name"]?.word {
                    found[name] = item["value"]?.word
                }
            }
        }
        return found
    }

    /// A service of a compose file. Compose puts in `${NAME:-default}` itself, from outside the
    /// file, and hands `$$` on as `$`.
    private func compose(_ node: YAMLNode) throws -> ServerProgram.Start? {
        var references = ShellReferences()
        func put(_ text: String) -> String { ShellScript.putIn(text, &references) }
        // The names in capitals are those of docker inspect.
        func words(_ key: String, _ other: String) throws -> [String]? {
            guard let value = node[key] ?? node[other] else { return nil }
            if let words = value.words { return words.map(put) }
            guard let text = value.word else { return nil }
            let line = put(text).split(whereSeparator: \.isNewline).joined(separator: " ")
            return try ShellScript(line, place: "--serve").commands.flatMap {
                $0.words + $0.redirections
            }
        }
        var container = ServerContainer(image: put((node["image"] ?? node["Image"])?.word ?? ""))
        container.entrypoint = try words("entrypoint", "Entrypoint")
        container.arguments = try words("command", "Cmd") ?? []
        let environment = Self.environment(node).mapValues(put)
        container.environment = environment.keys.sorted().map { "\($0)=\(environment[$0]!)" }
        var start = try ServerProgram.start(container)
        start?.references.add(references)
        return start
    }

    /// A container of Kubernetes, which puts in `$(NAME)` itself, from the container's variables.
    private func kubernetes(
        _ node: YAMLNode, _ context: Context
    ) throws -> ServerProgram.Start? {
        let environment = Self.environment(node)
        var references = ShellReferences()
        func put(_ text: String) -> String {
            var text = text
            for match in text.matches(of: /\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/).reversed() {
                if let value = environment[String(match.1)] {
                    text.replaceSubrange(match.range, with: value)
                } else {
                    references.add(unknown: String(match.0), "is not set in the text")
                }
            }
            return text
        }
        func words(_ key: String) -> [String]? {
            (node[key]?.words ?? node[key]?.word.map { [$0] })?.map(put)
        }
        var container = ServerContainer(image: node["image"]?.word ?? "")
        container.environment = environment.keys.sorted().map { "\($0)=\(environment[$0]!)" }
        container.entrypoint = words("command")
        container.arguments = words("args") ?? []
        var start: ServerProgram.Start?
        if node["modelCommand"]?.word == "vllmServe" {
            start = try ServerSettings.modelService(
                container, root: context.root, context.parallelism)
        } else {
            start = try ServerProgram.start(container)
        }
        start?.references.add(references)
        return start
    }
}
