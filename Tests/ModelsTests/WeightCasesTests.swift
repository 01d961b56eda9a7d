import Basics
import Foundation
import Models
import Testing

/// The tables of `cases/models` beside the checkout, where they are there.
private let tables: URL? = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/cases/models")
    let isThere = FileManager.default.fileExists(
        atPath: folder.appendingPathComponent("expected.csv").path)
    return isThere ? folder : nil
}()

/// Weight bytes of published checkpoints against vLLM 0.33.0's own parameters.
@Suite struct WeightCasesTests {
    /// Rows that agree in every byte, by table and tensor parallel size: never fewer.
    private static let least = [
        "expected.csv": [1: 121, 2: 120, 4: 32, 8: 111], "expected_rules.csv": [1: 29],
    ]

    @Test(.enabled(if: tables != nil), arguments: ["expected.csv", "expected_rules.csv"])
    func weightBytesAgreeWithTheEngine(table: String) throws {
        let rows = try CaseRow.all(tables!.appendingPathComponent(table))
        var agreeing: [Int: Int] = [:]
        var all: [Int: Int] = [:]
        var report = ""
        for row in rows {
            let sizes = [1, 2, 4, 8].filter { !(row.right["weight_bytes_tp\($0)"] ?? "").isEmpty }
            guard !sizes.isEmpty else { continue }
            var line = ""
            for size in sizes {
                let wanted = Int64(row.right["weight_bytes_tp\(size)"]!)!
                all[size, default: 0] += 1
                do {
                    let model = try HuggingFaceConfig.model(file: row.config)
                    if let unread = model.unreadWeights { throw unread }
                    var deployment = Deployment(tensorParallel: size)
                    deployment.weights = model.nativeWeights
                    let bytes = model.createdWeightBytesPerGPU(deployment)
                    if bytes == wanted {
                        agreeing[size, default: 0] += 1
                    } else {
                        line += " tp\(size) \(bytes - wanted) of \(wanted)"
                    }
                } catch {
                    line += " tp\(size) \(error)".prefix(160)
                }
            }
            if !line.isEmpty { report += "\(row.folder):\(line)\n" }
        }
        if let path = ProcessInfo.processInfo.environment["HEADWAY_CASES_REPORT"] {
            try report.write(toFile: path + table, atomically: true, encoding: .utf8)
        }
        print(
            "weight bytes agree:", agreeing.sorted { $0.key < $1.key }, "of",
            all.sorted { $0.key < $1.key })
        for (size, least) in Self.least[table]! {
            #expect(agreeing[size, default: 0] >= least, "tensor parallel size \(size)")
        }
    }
}
