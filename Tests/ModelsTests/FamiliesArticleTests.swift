import Foundation
import TestSupport
import Testing

@testable import Models

/// The article's tables are the registry's: every class of the engine is named with what becomes
/// of it. `HEADWAY_WRITE_TABLES=1 swift test --filter FamiliesArticle` writes them anew.
@Suite struct FamiliesArticleTests {
    private static let path = packageRoot.appendingPathComponent(
        "Sources/Models/Models.docc/Families.md")
    private static let begin = "| rule | compared with the engine | from its source |"

    /// Classes that a case or a made-up file covers, from the registry's list beside the checkout;
    /// where that is not there, from the article itself.
    private static func compared(_ article: String) throws -> Set<String> {
        if let evidence {
            let rows = try CaseRow.all(
                evidence.appendingPathComponent("cases/models/registry.csv"))
            let cases = rows.compactMap { row in
                row.right["folder"]?.isEmpty == false ? row.right["architecture"] : nil
            }
            return try EngineClassTests.classes().union(cases)
        }
        let cells = article.split(separator: "\n").map { $0.split(separator: "|") }
            .filter { $0.count == 3 }.map { String($0[1]) }
        return Set(cells.flatMap { $0.split(separator: " ").map(String.init) })
    }

    /// The tables, from the registry.
    private static func tables(compared: Set<String>) -> String {
        let fates = Architectures.fates
        func names(_ keep: (Architectures.Fate) -> Bool) -> [String] {
            fates.filter { keep($0.value) }.map(\.key).sorted()
        }
        var lines = [begin, "|---|---|---|"]
        let rules = Set(
            fates.values.compactMap { fate in
                if case .read(let rule) = fate { return rule }
                return nil
            })
        for rule in rules.sorted() {
            let all = names { $0 == .read(rule: rule) }
            let (with, without) = (
                all.filter(compared.contains), all.filter { !compared.contains($0) }
            )
            lines.append(
                "| \(rule) | \(with.joined(separator: " ")) | \(without.joined(separator: " ")) |")
        }
        lines += [
            "", "Wrappers, read where their decoder's type has a rule; those with a tower that is",
            "weighed have a model_type in `Towers`, the others' notes say that it is not counted:",
            "", names { $0 == .wrapper }.joined(separator: ", ") + ".",
        ]
        lines += ["", "Served until the version named, and read where their type has a rule:", ""]
        let removed = names { if case .removed = $0 { return true } else { return false } }
        lines.append(
            removed.map { name in
                guard case .removed(let last)? = fates[name] else { return name }
                return "\(name) (\(last))"
            }.joined(separator: ", ") + ".")
        lines += [
            "", "With a plug-in only: " + names { $0 == .plugIn }.joined(separator: ", ") + ".", "",
        ]
        return lines.joined(separator: "\n")
    }

    @Test func theTablesAreTheRegistrys() throws {
        let article = try String(contentsOf: Self.path, encoding: .utf8)
        let head = article.components(separatedBy: Self.begin)[0]
        let wanted = head + Self.tables(compared: try Self.compared(article))
        if ProcessInfo.processInfo.environment["HEADWAY_WRITE_TABLES"] != nil {
            try wanted.write(to: Self.path, atomically: true, encoding: .utf8)
        }
        let saw = article.split(separator: "\n")
        let right = wanted.split(separator: "\n")
        for line in right where !saw.contains(line) { Issue.record("the article lacks: \(line)") }
        for line in saw where !right.contains(line) { Issue.record("the article has: \(line)") }
    }

    @Test func everyClassOfTheRegistryHasAFate() throws {
        guard let evidence else { return }
        let rows = try CaseRow.all(evidence.appendingPathComponent("cases/models/registry.csv"))
        let names = Set(rows.compactMap { $0.right["architecture"] })
        #expect(names.count == 329)
        #expect(names == Set(Architectures.fates.keys))
    }

    @Test func everyRuleIsThere() {
        for case .read(let rule) in Architectures.fates.values {
            #expect(Families.all[rule] != nil, "\(rule)")
        }
        for rule in Architectures.rulesOfTypes.values {
            #expect(Families.all[rule] != nil, "\(rule)")
        }
    }
}
