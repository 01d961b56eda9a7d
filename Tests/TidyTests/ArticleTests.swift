import Foundation
import TestSupport
import Testing

/// What articles name exists: a renamed file or type takes its mentions along.
@Suite("Articles name what exists")
struct ArticleTests {
    /// An article: README.md, CONTRIBUTING.md, or one of a stage's documentation folder.
    private struct Article {
        /// Path from the package's root.
        var path: String
        var text: String

        /// Its code spans outside indented and fenced code, with their line numbers. A symbol in
        /// DocC's own marks (two backticks) is written as in Swift.
        var spans: [(text: String, line: Int)] {
            var isFenced = false
            var found: [(String, Int)] = []
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            {
                if line.hasPrefix("```") { isFenced.toggle() }
                if isFenced || line.hasPrefix("    ") { continue }
                for match in line.matches(of: /(`+)([^`]+)`+/) {
                    let span = String(match.2)
                    found.append(
                        (match.1.count == 2 ? span.replacing("/", with: ".") : span, index + 1))
                }
            }
            return found
        }
    }

    private let articles: [Article]
    /// Every file and folder that an article may name, from the package's root.
    private let paths: Set<String>
    /// Names that the sources and tests declare.
    private let declared: Set<String>

    init() throws {
        var paths: Set<String> = []
        for folder in ["Sources", "Tests", "configs", "traces", ".ci"] {
            paths.insert(folder)
            let root = packageRoot.appendingPathComponent(folder)
            let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
            while let url = walk?.nextObject() as? URL {
                paths.insert(String(url.path.dropFirst(packageRoot.path.count + 1)))
            }
        }
        let pages =
            paths.filter { $0.hasSuffix(".md") && $0.contains(".docc/") }
            + ["README.md", "CONTRIBUTING.md"]
        articles = try pages.sorted().map { path in
            let url = packageRoot.appendingPathComponent(path)
            return Article(path: path, text: try String(contentsOf: url, encoding: .utf8))
        }
        self.paths = paths.union(["Package.swift"]).union(pages)
        declared = try Self.allDeclared.get()
    }

    /// The names, read once for all tests.
    private static let allDeclared = Result { try declaredNames() }

    /// Types of the toolchain that articles name.
    private static let toolchain: Set = ["Int64", "Dictionary"]

    private static func declaredNames() throws -> Set<String> {
        let declaration =
            /\b(?:func|struct|enum|class|protocol|var|let|typealias|case)\s+`?(\w+)/
        var names: Set<String> = []
        for file in try SourceFile.all(under: ["Sources", "Tests", "configs"]) {
            names.insert(String(file.path.split(separator: "/")[1]))
            for line in file.lines {
                for match in line.matches(of: declaration) { names.insert(String(match.1)) }
                guard line.contains("case ") else { continue }
                // Several cases in one line.
                for match in line.matches(of: /, (\w+)/) { names.insert(String(match.1)) }
            }
        }
        return names
    }

    /// Whether a span is meant as a file or folder of the package.
    private func isPath(_ span: String) -> Bool {
        guard span.wholeMatch(of: /[\w.+\/-]+/) != nil else { return false }
        let first = span.split(separator: "/").first.map(String.init) ?? ""
        return span.hasSuffix(".swift")
            || ["Sources", "Tests", "configs", "traces"].contains(first) && span.contains("/")
            || span.wholeMatch(of: /[A-Z]\w*(?:\/[\w+.]+)+\/?|[A-Z]\w*\//) != nil
    }

    /// The names in a span that is meant as Swift: `KVCache.lookUp`, `isPlain`, `open(_:at:)`.
    private func swiftNames(_ span: String) -> [String] {
        guard span.wholeMatch(of: /[A-Za-z][A-Za-z0-9.]*(?:\([\w:]*\))?/) != nil,
            span.contains(/[a-z][A-Z]|^[A-Z][a-z]/)
        else { return [] }
        let name = span.prefix { $0 != "(" }
        return name.split(separator: ".").map(String.init)
    }

    @Test("files and folders in code spans exist")
    func files() {
        var seen = 0
        for article in articles {
            for (span, line) in article.spans where isPath(span) {
                seen += 1
                let name = span.hasSuffix("/") ? String(span.dropLast()) : span
                let exists = paths.contains { $0 == name || $0.hasSuffix("/" + name) }
                #expect(exists, "\(article.path):\(line): there is no \(span)")
            }
        }
        #expect(seen > 40)
    }

    @Test("Swift names in code spans are declared")
    func symbols() {
        var seen = 0
        for article in articles {
            for (span, line) in article.spans where !isPath(span) {
                for name in swiftNames(span) {
                    seen += 1
                    let exists = declared.contains(name) || Self.toolchain.contains(name)
                    #expect(exists, "\(article.path):\(line): nothing is called \(name)")
                }
            }
        }
        #expect(seen > 120)
    }

    @Test("links lead to articles and files")
    func links() {
        for article in articles {
            let folder = article.path.split(separator: "/").dropLast().joined(separator: "/")
            for match in article.text.matches(of: /<doc:(\w+)>/) {
                let exists = paths.contains("\(folder)/\(match.1).md")
                #expect(exists, "\(article.path): there is no article \(match.1)")
            }
            for match in article.text.matches(of: /\]\(([\w.+\/-]+)(?:#[\w-]*)?\)/) {
                let target = folder.isEmpty ? String(match.1) : "\(folder)/\(match.1)"
                #expect(
                    FileManager.default.fileExists(
                        atPath: packageRoot.appendingPathComponent(target).path),
                    "\(article.path): a link to \(match.1) leads nowhere")
            }
        }
    }
}
