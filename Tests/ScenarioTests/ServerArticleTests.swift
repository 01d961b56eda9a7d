import Foundation
import TestSupport
import Testing

@testable import Scenario

/// The article's tables are the program's: every flag with what becomes of it.
/// `HEADWAY_WRITE_TABLES=1 swift test --filter ServerArticle` writes them anew.
@Suite("The article on a server's line")
struct ServerArticleTests {
    private static let path = packageRoot.appendingPathComponent(
        "Sources/Reports/Reports.docc/ServerLine.md")
    private static let begin = "### Flags that are used"

    private static func code(_ word: String) -> String { "`\(word)`" }

    private static func spelled(_ flag: ServerFlag) -> String {
        ([flag.spelled] + flag.aliases).map(code).joined(separator: " ")
    }

    private static var tables: String {
        var lines = [begin, "", "| flag | key |", "|---|---|"]
        for flag in ServerFlag.used {
            guard case .used(let key) = flag.verdict else { continue }
            lines.append("| \(spelled(flag)) | \(key.contains(" ") ? key : code(key)) |")
        }
        lines += [
            "", "### Flags that are not modelled", "", "| the result | flags |", "|---|---|",
        ]
        for meaning in ServerFlag.Meaning.allCases {
            let flags = ServerFlag.noted.filter { $0.verdict == .notModelled(meaning) }
            lines.append(
                "| \(meaning.rawValue) | \(flags.map(spelled).joined(separator: ", ")) |")
        }
        lines += [
            "", "### Flags that are refused", "",
            "Unless they have their default: the server would do plainly something else.", "",
            "| flag | what it does |", "|---|---|",
        ]
        for flag in ServerFlag.refused {
            guard case .refused(let why) = flag.verdict else { continue }
            lines.append("| \(spelled(flag)) | \(why) |")
        }
        lines += ["", "### Flags of no effect here", ""]
        for (who, flags) in [
            ("Of the API server", ServerFlag.frontEnd), ("Of the engine", ServerFlag.idle),
        ] {
            lines += ["\(who): \(flags.map(spelled).joined(separator: ", ")).", ""]
        }
        return lines.joined(separator: "\n")
    }

    @Test("lists every flag with what becomes of it")
    func tables() throws {
        let article = try String(contentsOf: Self.path, encoding: .utf8)
        let start = try #require(article.range(of: Self.begin))
        let written = String(article[start.lowerBound...])
        if ProcessInfo.processInfo.environment["HEADWAY_WRITE_TABLES"] != nil {
            try (article[..<start.lowerBound] + Self.tables).write(
                to: Self.path, atomically: true, encoding: .utf8)
        } else {
            #expect(written == Self.tables)
        }
    }
}
