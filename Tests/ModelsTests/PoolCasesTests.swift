import Foundation
import TestSupport
import Testing

@testable import Models

/// Groups, block sizes and bytes of a block of every model in `cases/models`, from its config.json.
@Suite struct PoolCasesTests {
    private static func rows() throws -> [CaseRow] {
        let folder = evidence!.appendingPathComponent("cases/models")
        return try CaseRow.all(folder.appendingPathComponent("expected.csv"))
            + CaseRow.all(folder.appendingPathComponent("expected_rules.csv"))
    }

    /// The pool of a row's model with the defaults of `vllm serve`.
    private static func layout(
        _ model: TransformerModel, _ row: CaseRow, tensorParallel: Int
    ) throws -> PoolLayout {
        var deployment = Deployment(tensorParallel: tensorParallel)
        deployment.cache = model.checkpointCache(model.nativeWeights) ?? .bf16
        var options = PoolOptions(maxModelLen: model.maxContext)
        options.enablesPrefixCaching = !model.keepsStatesOnly
        return try PoolLayout(model.caches(deployment), options)
    }

    /// "FullAttention:10x16" for each group, as the table writes them.
    private static func text(_ layout: PoolLayout) -> String {
        layout.groups.map {
            let kind = $0.isMixed ? "UniformTypeKVCaches" : $0.kind.engineName
            return "\(kind):\($0.layers)x\($0.blockSize)"
        }.joined(separator: " ")
    }

    @Test(.enabled(if: evidence != nil)) func groupsAreTheEngines() throws {
        var wrong: [String] = []
        for row in try Self.rows() {
            guard let groups = row.right["groups_tp1"], !groups.isEmpty,
                let model = try? HuggingFaceConfig.model(file: row.config)
            else { continue }
            func check(_ column: String, _ said: String) {
                guard let right = row.right[column], !right.isEmpty, right != said else { return }
                wrong.append("\(row.folder) \(column): \(said), not \(right)")
            }
            do {
                let layout = try Self.layout(model, row, tensorParallel: 1)
                check("groups_tp1", Self.text(layout))
                check("block_bytes_tp1", "\(layout.bytesPerBlock[0])")
                check("block_size_tp1", "\(layout.blockSize)")
                check("blocks_of_one_request_tp1", "\(layout.blocksOfOneRequest)")
                for size in [2, 4, 8] {
                    let column = "block_bytes_tp\(size)"
                    guard row.right[column].map({ !$0.isEmpty }) == true else { continue }
                    let share = try Self.layout(model, row, tensorParallel: size)
                    check(column, "\(share.bytesPerBlock[0])")
                }
            } catch {
                wrong.append("\(row.folder): \(error)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.joined(separator: "\n"))")
    }
}
