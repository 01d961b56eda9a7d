import Foundation
import Synchronization
import TestSupport

/// A Swift file of the package, as lines.
struct SourceFile {
    /// Path from the package's root.
    let path: String
    let lines: [String]

    /// The files of each folder, read once for all tests.
    private static let known = Mutex<[String: [SourceFile]]>([:])

    /// Every Swift file under some top-level folders, in order of path.
    static func all(under folders: [String]) throws -> [SourceFile] {
        let files = try known.withLock { known in
            try folders.flatMap { folder in
                if let files = known[folder] { return files }
                let files = try read(folder)
                known[folder] = files
                return files
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    private static func read(_ folder: String) throws -> [SourceFile] {
        var files: [SourceFile] = []
        let root = packageRoot.appendingPathComponent(folder)
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let url = walk?.nextObject() as? URL {
            guard url.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: url, encoding: .utf8)
            let path = String(url.path.dropFirst(packageRoot.path.count + 1))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            files.append(SourceFile(path: path, lines: lines.map(String.init)))
        }
        return files
    }

    /// The modules it imports, with their line numbers.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place <= 1,
                words.first == "import" || words.first?.hasPrefix("@") == true,
                place + 1 < words.count
            else { return nil }
            return (String(words[place + 1]), index + 1)
        }
    }

    /// First line and number of lines of every function, initialiser and accessor-bearing
    /// property: from its declaration to the closing brace in the same column, which the
    /// formatter guarantees.
    var functions: [(line: Int, length: Int)] {
        var found: [(Int, Int)] = []
        for (index, line) in lines.enumerated() where Self.declaresFunction(line) {
            let indent = line.prefix { $0 == " " }
            let end = lines[(index + 1)...].firstIndex { later in
                later.hasPrefix(indent) && !later.dropFirst(indent.count).hasPrefix(" ")
                    && later.dropFirst(indent.count).hasPrefix("}")
            }
            guard let end, !line.hasSuffix("}") else { continue }
            // A requirement without a body ends before the next declaration in its column.
            let next = lines[(index + 1)..<end].contains { later in
                later.hasPrefix(indent) && later.count > indent.count
                    && !later.dropFirst(indent.count).hasPrefix(" ")
                    && !later.dropFirst(indent.count).hasPrefix(")")
                    && !later.dropFirst(indent.count).hasPrefix("#")
                    && !later.dropFirst(indent.count).hasPrefix("where")
                    && !later.dropFirst(indent.count).hasPrefix("{")
            }
            if !next { found.append((index + 1, end - index + 1)) }
        }
        return found
    }

    /// Whether a line begins a function or an initialiser.
    static func declaresFunction(_ line: String) -> Bool {
        let words = line.split(separator: " ").prefix(6).map(String.init)
        guard let first = words.first, !first.hasPrefix("//") else { return false }
        return words.contains("func")
            || words.contains { $0.hasPrefix("init(") || $0.hasPrefix("init<") || $0 == "deinit" }
                && !line.contains("= ") && !line.contains(".init(")
    }

    /// Public and package types and functions without a documentation comment above them.
    var undocumented: [(name: String, line: Int)] {
        var found: [(String, Int)] = []
        for (index, line) in lines.enumerated() {
            let words = line.split(separator: " ").map(String.init)
            guard words.first == "public" || words.first == "package",
                let keyword = words.firstIndex(where: Self.documentedKinds.contains),
                keyword + 1 < words.count
            else { continue }
            let name = String(words[keyword + 1].prefix { $0.isLetter || $0.isNumber })
            if name.isEmpty || Self.witnesses.contains(name) { continue }
            var above = index - 1
            while above >= 0, lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") {
                above -= 1
            }
            let comment = above >= 0 ? lines[above].trimmingCharacters(in: .whitespaces) : ""
            if !comment.hasPrefix("///") { found.append((name, index + 1)) }
        }
        return found
    }

    private static let documentedKinds: Set = ["func", "struct", "enum", "class", "protocol"]
    /// Functions whose protocol documents them.
    private static let witnesses: Set = [
        "encode", "next", "hash", "record", "progress", "decided", "precedes", "shape", "admits",
        "victim",
    ]
}
