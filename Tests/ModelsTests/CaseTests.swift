import Foundation
import TestSupport
import Testing

@testable import Models

/// Every row of cases/models, column by column. The folder of evidence stands beside the checkout;
/// without it there is nothing to compare with.
@Suite("Published configs are read as the engine reads them")
struct CaseTests {
    static let columns =
        [
            "vllm_0.33.0", "parameters", "parameters_tower", "parameters_active", "max_model_len",
            "refused_at_tp", "layers", "windows",
        ]
        + [1, 2, 4, 8].flatMap { size in
            ["kv_bytes_per_token", "of_which_unwindowed", "state_bytes"].map { "\($0)_tp\(size)" }
        }

    private static let cacheColumns = Set(columns).subtracting(["vllm_0.33.0"])

    /// Columns of rows that the package says otherwise, each with why.
    private static let exceptions: [String: Set<String>] = [
        // The table has the file's window; the engine keeps one more (README, Cohere 2).
        "CohereLabs--c4ai-command-a-03-2025": ["windows"],
        // The table's count leaves the routed experts out.
        "MiniMaxAI--MiniMax-M3-VL": ["parameters_active"],
        // Refused by the engine, and reckoned in the table as plain decoders: layers with a state
        // or a window are told apart here.
        "ibm-ai-platform--Bamba-9B-v1": cacheColumns, "pfnet--plamo-2-8b": cacheColumns,
        // The same for kinds that the engine does not know; their states are the README's
        // (RecurrentCasesTests).
        "rule-recurrent-linear": cacheColumns, "rule-recurrent-linformer": cacheColumns,
        "rule-recurrent-performer": cacheColumns, "rule-recurrent-retnet": cacheColumns,
        "rule-recurrent-rwkv6": cacheColumns,
        // The table has the base model's tower, of another width than this file's.
        "RedHatAI--Llama-4-Scout-17B-16E-Instruct-FP8-dynamic": ["parameters", "parameters_tower"],
        // The tower's matrices are counted with the decoder's where both are fp8.
        "rule-quant-in-text-config": ["parameters_tower", "parameters_active"],
        // Read for `explain`; a pooling server for the engine.
        "rule-arch-missing": ["vllm_0.33.0"],
        // Refused on purpose: nothing to time.
        "rule-layers-zero": Set(columns),
        // Window and globals are kept, not every token (README).
        "rule-sparse-longformer": ["layers", "windows", "of_which_unwindowed_tp1"],
    ]

    @Test(
        arguments: ["expected.csv", "expected_rules.csv"])
    func everyColumnAgrees(table: String) throws {
        guard let evidence else { return }
        let file = evidence.appendingPathComponent("cases/models/\(table)")
        var agreed: [String: Int] = [:]
        var compared: [String: Int] = [:]
        for row in try CaseRow.all(file) {
            let said = row.said()
            for column in Self.columns {
                guard let agrees = row.agrees(column, said) else { continue }
                // What both refuse has no figures.
                if said["error"] != nil, column != "vllm_0.33.0",
                    row.right["vllm_0.33.0"]?.hasPrefix("refuses") == true
                {
                    continue
                }
                if Self.exceptions[row.folder]?.contains(column) == true { continue }
                compared[column, default: 0] += 1
                if agrees {
                    agreed[column, default: 0] += 1
                } else {
                    let saw = said[column] ?? said["error"] ?? "nothing"
                    Issue.record(
                        "\(row.folder): \(column) is \(saw), not \(row.right[column] ?? "")")
                }
            }
        }
        for column in Self.columns where compared[column] != nil {
            print("\(table) \(column): \(agreed[column] ?? 0) of \(compared[column] ?? 0)")
        }
    }
}
