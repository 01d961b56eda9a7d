import Foundation
import TestSupport
import Testing

/// The habits of the house, as tests. Each says where and what, so that the fix is plain.
@Suite("The sources are tidy")
struct TidyTests {
    private let files: [SourceFile]
    private let manifest: String

    init() throws {
        files = try SourceFile.all(
            under: ["Sources", "Tests", "configs/schedulers/swift-policy/Sources"])
        manifest = try String(
            contentsOf: packageRoot.appendingPathComponent("Package.swift"), encoding: .utf8)
    }

    /// The stages with the stages each may import, read from Package.swift.
    private var stages: [String: Set<String>] {
        let block = manifest.split(separator: "let stages")[1].split(separator: "\n]")[0]
        let entry = /\(\s*"(\w+)",\s*\[([^\]]*)\]\s*\)/
        var stages: [String: Set<String>] = [:]
        for match in block.matches(of: entry) {
            let names = match.2.matches(of: /"(\w+)"/).map { String($0.1) }
            stages[String(match.1)] = Set(names)
        }
        return stages
    }

    @Test("Package.swift lists the stages, each importing earlier ones only")
    func stageOrder() {
        #expect(stages.count == 10)
        for (stage, imports) in stages {
            for imported in imports {
                #expect(stages[imported]?.contains(stage) == false, "\(stage) and \(imported)")
                #expect(stages[imported]?.isSubset(of: imports) == true, "\(stage): \(imported)")
            }
        }
    }

    @Test("imports run upward in the list of stages, and else from the toolchain only")
    func imports() {
        // Part of every Swift toolchain; Glibc and Darwin come through Foundation.
        let toolchain: Set = ["Foundation", "Synchronization", "Dispatch"]
        for file in files where file.path.hasPrefix("Sources/") {
            let stage = String(file.path.split(separator: "/")[1])
            let allowed = (stages[stage] ?? Set(stages.keys)).union(toolchain)
            for (module, line) in file.imports where !allowed.contains(module) {
                Issue.record("\(file.path):\(line): \(stage) must not import \(module)")
            }
        }
    }

    @Test("the package depends on nothing but the toolchain")
    func dependencies() {
        #expect(!manifest.contains(".package("))
        #expect(manifest.contains(".treatAllWarnings(as: .error)"))
    }

    @Test("files have less than 400 lines of at most 100 columns")
    func fileSizes() {
        for file in files {
            #expect(file.lines.count < 400, "\(file.path) has \(file.lines.count) lines")
            for (index, line) in file.lines.enumerated() where line.count > 100 {
                Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
            }
        }
    }

    @Test("an example of a policy fits on a page, 60 lines")
    func examples() {
        let folder = "configs/schedulers/swift-policy/Sources/Policies/"
        let examples = files.filter { $0.path.hasPrefix(folder) }
        #expect(examples.count >= 6)
        for file in examples {
            #expect(file.lines.count <= 61, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test("functions have less than 70 lines")
    func functionSizes() {
        var seen = 0
        for file in files {
            for (line, length) in file.functions {
                seen += 1
                #expect(length < 70, "\(file.path):\(line) has \(length) lines")
            }
        }
        // The measure sees functions at all.
        #expect(seen > 200)
    }

    @Test("public types and functions are documented")
    func documentation() {
        for file in files where file.path.hasPrefix("Sources/") {
            for (name, line) in file.undocumented {
                Issue.record("\(file.path):\(line): \(name) has no documentation comment")
            }
        }
    }

    @Test("every file stands in a stage, and the top level stays as it is")
    func layout() throws {
        let manager = FileManager.default
        let top: Set = [
            "Package.swift", "Package.resolved", "Sources", "Tests", "traces", "configs",
            "README.md", "CONTRIBUTING.md", "LICENSE",
        ]
        for name in try manager.contentsOfDirectory(atPath: packageRoot.path)
        where !name.hasPrefix(".") {
            #expect(top.contains(name), "\(name) does not belong at the top level")
        }
        let sources = packageRoot.appendingPathComponent("Sources").path
        let folders = Set(try manager.contentsOfDirectory(atPath: sources))
        #expect(folders == Set(stages.keys).union(["headway"]))
        let tests = packageRoot.appendingPathComponent("Tests").path
        let suites =
            stages.keys.map { $0 + "Tests" } + [
                "EndToEndTests", "TidyTests", "TestSupport", "Fuzz",
            ]
        #expect(Set(try manager.contentsOfDirectory(atPath: tests)) == Set(suites))
    }

    @Test("nothing is left for later, and nothing is called done that is not")
    func leftovers() {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        for file in files {
            for (index, line) in file.lines.enumerated() {
                for word in words where line.contains(word) {
                    Issue.record("\(file.path):\(index + 1): \(word)")
                }
                if line.contains("fatalError(\"un") || line.contains("fatalError(\"not impl") {
                    Issue.record("\(file.path):\(index + 1): an unfinished path")
                }
            }
        }
    }

    @Test("every verb is one file and one line in the table")
    func verbs() throws {
        let folder = "Sources/headway/"
        // The table itself, and lists of verbs that it adds as a whole.
        let listed = files.filter { file in
            file.path == folder + "main.swift"
                || file.lines.contains { $0.contains(": [Verb] = [") }
        }
        let table = listed.flatMap { file in
            file.lines.joined(separator: "\n").matches(of: /[\[\s]\.(\w+)(?=[,\]\s])/)
                .map { String($0.1) }
        }
        var declared: Set<String> = []
        for file in files where file.path.hasPrefix(folder) {
            for line in file.lines where !line.contains("//") {
                guard let match = line.firstMatch(of: /static let (\w+) = Verb\(/) else { continue }
                let name = String(match.1)
                declared.insert(name)
                let expected = name.prefix(1).uppercased() + name.dropFirst() + "Verb.swift"
                #expect(file.path == folder + expected)
            }
        }
        #expect(declared.isSubset(of: table), "\(declared.subtracting(table))")
        #expect(declared.count >= 3)
    }
}
