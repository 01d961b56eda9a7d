import Basics
import Foundation
import Models
import Testing

/// The rows of `cases/models` beside the checkout: config files with what vLLM 0.33.0's own classes
/// make of them.
struct ModelCases {
    let folder: URL
    let rows: [[String: String]]

    static let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/cases/models")
    static var areThere: Bool {
        FileManager.default.fileExists(atPath: beside.appendingPathComponent("expected.csv").path)
    }

    init(_ file: String) throws {
        folder = Self.beside
        let text = try String(
            contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
        var lines = text.split(separator: "\n").map(Self.cells)
        let names = lines.removeFirst()
        rows = lines.map { Dictionary(uniqueKeysWithValues: zip(names, $0)) }
    }

    /// The cells of a line; those in quotes may hold commas.
    private static func cells(_ line: Substring) -> [String] {
        var cells = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: cells.append("")
            default: cells[cells.count - 1].append(character)
            }
        }
        return cells
    }

    func model(_ row: [String: String]) throws -> TransformerModel {
        let path = folder.appendingPathComponent(row["folder"]!)
        return try HuggingFaceConfig.model(file: path.appendingPathComponent("config.json").path)
    }
}

/// Weight bytes of published checkpoints against vLLM 0.33.0's own parameters.
@Suite struct WeightCasesTests {
    /// Rows that do not agree yet, by column: the reader of the shape or of the format is missing.
    @Test(.enabled(if: ModelCases.areThere))
    func weightBytesAgreeWithTheEngine() throws {
        let cases = try ModelCases("expected.csv")
        var agreeing: [Int: Int] = [:]
        var all: [Int: Int] = [:]
        var report = ""
        for row in cases.rows {
            let sizes = [1, 2, 4, 8].filter { !(row["weight_bytes_tp\($0)"] ?? "").isEmpty }
            guard !sizes.isEmpty else { continue }
            var line = ""
            for size in sizes {
                let wanted = Int64(row["weight_bytes_tp\(size)"]!)!
                all[size, default: 0] += 1
                do {
                    let model = try cases.model(row)
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
            if !line.isEmpty { report += "\(row["folder"]!):\(line)\n" }
        }
        if let path = ProcessInfo.processInfo.environment["HEADWAY_CASES_REPORT"] {
            try report.write(toFile: path, atomically: true, encoding: .utf8)
        }
        print("weight bytes agree:", agreeing.sorted { $0.key < $1.key }, "of",
            all.sorted { $0.key < $1.key })
        #expect(agreeing[1, default: 0] >= 1)
    }
}
