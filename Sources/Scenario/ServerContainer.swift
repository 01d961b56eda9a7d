import Basics
import Simulator

/// A container as docker, compose or Kubernetes start it.
struct ServerContainer {
    var image = ""
    /// The program in place of the image's own; nil: the image's.
    var entrypoint: [String]?
    var arguments: [String] = []
    /// Variables that are set, `NAME=value`.
    var environment: [String] = []

    /// Whether the image starts with the server.
    var isServer: Bool { ServerProgram.lastName(image).hasPrefix("vllm-openai") }

    /// The words after `vllm serve`, if the image likely starts with it; nil for others.
    var likelyWords: [String]? {
        guard image.isEmpty || image.contains("vllm"), let first = arguments.first else {
            return nil
        }
        if first == "serve" { return Array(arguments.dropFirst()) }
        return first.hasPrefix("--") ? arguments : nil
    }

    /// The note on what is not read of it.
    var note: String {
        let tag = image.split(separator: ":").dropFirst().last.map(String.init) ?? ""
        let release = tag.hasPrefix("v") ? String(tag.dropFirst()) : tag
        let known = EngineVersion(release).map { " (here \($0))" } ?? ""
        return "--serve: the container's options and its image's release are not read: "
            + "engine.version is the release\(known)"
    }
}

/// The words after `docker run`: options, an image and its arguments.
struct ContainerOptions {
    private var environment: [String] = []
    /// The program in place of the image's own; empty: none.
    private var entrypoint: String?
    private var image: String?
    private var arguments: ArraySlice<String>

    /// The container; nil without an image.
    var container: ServerContainer? {
        image.map { image in
            ServerContainer(
                image: image, entrypoint: entrypoint.map { $0.isEmpty ? [] : [$0] },
                arguments: Array(arguments), environment: environment)
        }
    }

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
