import Foundation

/// The folders of the simulator, what each declares, and which words of the others it uses.
struct SimulatorFolders {
    /// A word of another folder, where it is used.
    struct Use {
        let file: String
        let line: Int
        let word: String
        let from: String
        /// The folders that declare it.
        let to: Set<String>
    }

    private nonisolated(unsafe) static let use =
        /(?<before>\.?)\b(?<word>[A-Za-z_]\w+)(?<after>\s*\(?)/
    private nonisolated(unsafe) static let declaration =
        /^(?<indent>\s*)(?<before>.*\b)?(?<kind>struct|enum|class|protocol|func) (?<name>\w+)/
    private static let root = "Sources/Simulator/"
    /// A file of the simulator: its lines without comments and quotes, and its layer.
    private struct File {
        let path: String
        let layer: String
        let code: [String]
        /// The path inside the simulator.
        var inside: String { String(path.dropFirst(root.count)) }
    }
    private let files: [File]

    /// `layer` gives the layer of a file by its path inside the simulator.
    init(_ files: [SourceFile], layer: @escaping (String) -> String) {
        self.files = files.filter { $0.path.hasPrefix(Self.root) }.map { file in
            File(
                path: file.path, layer: layer(String(file.path.dropFirst(Self.root.count))),
                code: file.code)
        }
    }

    /// Every use of a word that only other layers declare.
    var uses: [Use] {
        let declared = declarations
        var found: [Use] = []
        for file in files {
            let own = file.layer
            for (index, line) in file.code.enumerated() {
                for match in line.matches(of: Self.use) {
                    let word = String(match.word)
                    guard let places = declared[word], places.layers[own] == nil,
                        !(places.isFunction && (!match.after.hasSuffix("(") || match.before == "."))
                    else { continue }
                    let to = Set(places.layers.filter { $0.value }.keys)
                    guard !to.isEmpty else { continue }
                    found.append(
                        Use(file: file.path, line: index + 1, word: word, from: own, to: to))
                }
            }
        }
        return found
    }

    /// Words by the layers that declare them; true: for others to use, which is what stands at the
    /// top level, and what an upper layer adds to a type of a lower one.
    private var declarations: [String: (layers: [String: Bool], isFunction: Bool)] {
        let home = types
        var declared: [String: (layers: [String: Bool], isFunction: Bool)] = [:]
        for file in files {
            let own = file.layer
            var isAddition = false
            for line in file.code {
                if let type = line.firstMatch(of: /^extension (\w+)/) {
                    isAddition = home[String(type.1)].map { $0 != own } ?? false
                } else if line.first == "}" {
                    isAddition = false
                }
                guard let match = line.firstMatch(of: Self.declaration) else { continue }
                let isOutside = match.indent.isEmpty || isAddition && match.indent.count == 4
                let isShared = isOutside && !(match.before ?? "").contains("private")
                var entry = declared[String(match.name)] ?? ([:], match.kind == "func")
                entry.layers[own] = isShared || entry.layers[own] == true
                entry.isFunction = entry.isFunction && match.kind == "func"
                declared[String(match.name)] = entry
            }
        }
        return declared
    }

    /// The layer of each type at the top level.
    private var types: [String: String] {
        var home: [String: String] = [:]
        for file in files {
            for line in file.code {
                guard let match = line.firstMatch(of: Self.declaration), match.kind != "func",
                    match.indent.isEmpty
                else { continue }
                home[String(match.name)] = file.layer
            }
        }
        return home
    }

    /// Functions that take a whole instance: declared with a parameter of that type, or in an
    /// extension of it as mutating. Paths inside the simulator, with their lines.
    var takersOfInstance: [(file: String, line: Int)] {
        var found: [(String, Int)] = []
        for file in files {
            var isExtension = false
            for (index, line) in file.code.enumerated() {
                if line.hasPrefix("extension ") {
                    isExtension = line.contains("extension Instance")
                }
                if line.contains(/:\s*(?:inout|borrowing|consuming) Instance\b/)
                    || isExtension && line.contains(/\bmutating func\b/)
                {
                    found.append((file.inside, index + 1))
                }
            }
        }
        return found
    }
}

extension SourceFile {
    /// The lines without comments and without what stands between quotes.
    var code: [String] {
        var isText = false
        return lines.map { line in
            if line.contains("\"\"\"") {
                isText.toggle()
                return ""
            }
            if isText { return "" }
            let bare = line.replacing(/"(?:\\.|[^"\\])*"/, with: "\"\"")
            return String(bare.prefix(upTo: bare.firstRange(of: "//")?.lowerBound ?? bare.endIndex))
        }
    }
}
