import Foundation
import TestSupport
import Testing

/// Who builds on the package counts on its public symbols: a change to one breaks a stranger's
/// build. So they are few, and an article lists them.
@Suite("What is public")
struct PublicInterfaceTests {
    private static let article = "Sources/Reports/Reports.docc/Public.md"

    /// The public declarations of a file: `Type.member`, or `Type` alone for the type itself.
    /// The formatter indents by 4, so the column tells which type a member is in.
    private static func symbols(of file: SourceFile) -> [String] {
        let declaration =
            #/
            ^(?<indent>\ *)(?<words>(?:@\w+(?:\([^)]*\))?\ |[a-z]+(?:\(set\))?\ )*?)
            (?<kind>struct|enum|class|protocol|extension|actor|func|init|var|let|subscript|
            typealias)
            \b\ ?(?<name>[\w.]+|[^\s(<]+)?
            /#
        let types: Set = ["struct", "enum", "class", "protocol", "extension", "actor"]
        var found: [String] = []
        var outer: [(indent: Int, name: String)] = []
        for line in file.lines where !line.allSatisfy({ $0 == " " }) {
            let indent = line.prefix { $0 == " " }.count
            if !line.dropFirst(indent).hasPrefix("}"), !line.dropFirst(indent).hasPrefix(")") {
                outer.removeAll { $0.indent >= indent }
            }
            guard let match = line.firstMatch(of: declaration) else { continue }
            let kind = String(match.output.kind)
            let name = kind == "init" ? "init" : String(match.output.name ?? "")
            let words = match.output.words.split(separator: " ")
            if words.contains("public") {
                found.append((outer.map(\.name) + [name]).joined(separator: "."))
            }
            if types.contains(kind) { outer.append((indent, name)) }
        }
        return found
    }

    /// What the article lists, by module, and the number it gives.
    private static func listed() throws -> (symbols: [String: Set<String>], count: Int?) {
        let url = packageRoot.appendingPathComponent(article)
        let text = try String(contentsOf: url, encoding: .utf8)
        var symbols: [String: Set<String>] = [:]
        var module = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("### ") { module = String(line.dropFirst(4)) }
            guard line.hasPrefix("| `") else { continue }
            let spans = line.matches(of: /`([^`]+)`/).map { String($0.1) }
            symbols[module, default: []].insert(spans[0])
            for member in spans.dropFirst() {
                symbols[module, default: []].insert(spans[0] + "." + member)
            }
        }
        let count = text.firstMatch(of: /(\d+) public declarations/).flatMap { Int($0.1) }
        return (symbols, count)
    }

    @Test("the article lists every public symbol, and no other")
    func list() throws {
        let (listed, count) = try Self.listed()
        var declared: [String: Set<String>] = [:]
        var declarations = 0
        for file in try SourceFile.all(under: ["Sources"]) {
            let module = String(file.path.split(separator: "/")[1])
            let symbols = Self.symbols(of: file)
            declarations += symbols.count
            declared[module, default: []].formUnion(symbols)
        }
        for module in Set(declared.keys).union(listed.keys).sorted() {
            let (sources, page) = (declared[module] ?? [], listed[module] ?? [])
            // A type that another module declares has its row for its members' sake.
            let owners = Set(sources.compactMap { $0.split(separator: ".").first.map(String.init) })
            let unlisted = sources.subtracting(page).sorted()
            let gone = page.subtracting(sources).subtracting(owners).sorted()
            #expect(unlisted.isEmpty, "\(module): public, but not in \(Self.article)")
            #expect(gone.isEmpty, "\(module): in \(Self.article), but not public")
        }
        #expect(count == declarations, "the number in \(Self.article)")
        // A new one wants a reason: who outside of the package needs it?
        #expect(declarations <= 215)
        #expect(declarations >= 150, "the declarations are no longer found")
    }

    /// Names of the properties and functions in the blocks at the margin that begin with a word
    /// and a type's name, with the line of each.
    private static func members(
        of file: SourceFile, in word: String
    ) -> [(type: String, name: String, line: Int)] {
        var found: [(String, String, Int)] = []
        var type = ""
        for (index, line) in file.lines.enumerated() where !line.isEmpty {
            if !line.hasPrefix(" ") {
                let isBlock = line.hasPrefix(word)
                type = isBlock ? String(line.dropFirst(word.count).prefix { $0.isLetter }) : ""
            }
            guard !type.isEmpty, !line.contains("///"), line.prefix(5).last != " ",
                let match = line.firstMatch(of: /^    .*?\b(?:var|func) (\w+)/)
            else { continue }
            found.append((type, String(match.1), index + 1))
        }
        return found
    }

    /// Else only types of the package could conform.
    @Test("what a public protocol's requirements are by default is public too")
    func defaults() throws {
        let files = try SourceFile.all(under: ["Sources"])
        let requirements = files.flatMap { Self.members(of: $0, in: "public protocol ") }
        var checked = 0
        for file in files {
            for member in Self.members(of: file, in: "extension ") {
                let isDefault = requirements.contains {
                    ($0.type, $0.name) == (member.type, member.name)
                }
                guard isDefault else { continue }
                checked += 1
                let line = file.lines[member.line - 1]
                #expect(line.hasPrefix("    public "), "\(file.path):\(member.line)")
            }
        }
        #expect(checked > 10)
    }
}
