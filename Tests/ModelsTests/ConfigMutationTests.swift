import Basics
import Foundation
import TestSupport
import Testing

@testable import Models

/// A config.json that has been changed anyhow is read or refused with one clear error; it never
/// ends the program. The fuzz target in Tests/Fuzz does the same with the bytes.
@Suite struct ConfigMutationTests {
    private static let corpus = packageRoot.appendingPathComponent("Tests/Fuzz/corpus/config")

    private static func files() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }

    /// What fields are set to.
    private static let values = [
        "null", "0", "1", "-1", "7", "3", "262144", "1048576", "1e30", "0.5", "\"x\"", "\"auto\"",
        "true", "false", "[]", "[0]", "[1, 2, 3]", "{}", "[[1]]", "NaN", "-Infinity",
    ]

    @Test func changedFieldsAreReadOrRefused() throws {
        var random = SeededRandom(seed: 29)
        var read = 0
        var refused = 0
        for file in try Self.files() {
            let text = try String(contentsOf: file, encoding: .utf8)
            let keys = text.matches(of: /"(\w+)":(-?[\w.]+|"[^"]*"|\[[^\[\]{}]*\])/)
            guard !keys.isEmpty else { continue }
            for _ in 0..<40 {
                let match = keys[Int(random.next() % UInt64(keys.count))]
                let value = Self.values[Int(random.next() % UInt64(Self.values.count))]
                var changed = text
                changed.replaceSubrange(match.range, with: "\"\(match.1)\":\(value)")
                if try Self.use(changed, file.lastPathComponent) { read += 1 } else { refused += 1 }
            }
        }
        #expect(read > 1000 && refused > 500, "\(read) read, \(refused) refused")
    }

    @Test func everyRuleHasAFileThatIsRead() throws {
        var rules: Set<String> = []
        for file in try Self.files() {
            let text = try Data(contentsOf: file)
            guard let fields = try? ConfigFields(text, place: "c"),
                let choice = try? HuggingFaceConfig.choice(fields)
            else { continue }
            rules.insert(choice.rule)
        }
        let named = Set(
            Architectures.fates.values.compactMap { fate in
                if case .read(let rule) = fate { return rule }
                return nil
            })
        #expect(named.subtracting(rules).isEmpty, "\(named.subtracting(rules))")
    }

    /// Whether a text is read; asks the shape everything.
    private static func use(_ text: String, _ name: String) throws -> Bool {
        do {
            let model = try HuggingFaceConfig.model(Data(text.utf8), place: name)
            #expect(model.totalParameters >= model.activeParametersOfDecoder / 2, "\(text)")
            for size in [1, 8] {
                for layer in model.layers {
                    _ = layer.cacheSpecs(tensorParallel: size, cache: .bf16)
                }
                do {
                    let deployment = Deployment(tensorParallel: size)
                    try deployment.check(model)
                    #expect(KVCacheLayout(model, deployment).bytesPerToken >= 0)
                    #expect(model.weightBytesPerGPU(deployment) > 0)
                } catch is InputError {
                    continue
                }
            }
            return true
        } catch is InputError {
            return false
        }
    }
}
