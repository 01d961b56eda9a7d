import Foundation
import Testing

@testable import Models

/// Models with recurrent layers, mixes and caches of special shape against cases/models.
@Suite struct RecurrentCasesTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/cases/models").standardizedFileURL
    static var hasCases: Bool { FileManager.default.fileExists(atPath: folder.path) }

    @Test(.enabled(if: RecurrentCasesTests.hasCases)) func dump() throws {
        for row in try CaseRow.all(Self.folder.appendingPathComponent("expected.csv")) {
            let said = row.said()
            var wrong: [String] = []
            for (column, right) in row.right.sorted(by: { $0.key < $1.key }) {
                guard said[column] != nil || said["error"] != nil else { continue }
                if row.agrees(column, said) == false {
                    wrong.append("\(column): \(said[column] ?? "-") right \(right)")
                }
            }
            if !wrong.isEmpty {
                print("CASE", row.folder, said["error"] ?? "", wrong.joined(separator: "; "))
            }
        }
    }
}
