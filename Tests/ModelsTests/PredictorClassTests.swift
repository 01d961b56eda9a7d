import Foundation
import TestSupport
import Testing

@testable import Models

/// Prediction layers of files made up for families whose published files have none at hand: the
/// bytes that vLLM 0.33.0's own draft classes have for them, built without memory, without the
/// embedding and the head that they share with the model.
@Suite struct PredictorClassTests {
    /// A file of the fuzz corpus; bytes on one GPU and on one of two, with one token drafted.
    private static let table = """
        glm5 78763584 46257728
        hyv4 17020624 9250504
        inkling 28365058 16294146
        kimi3 16772190720 8561840640
        ling 1663326208 842291200
        qwen4 50533376 28447744
        qwen4p 92658688 50584576
        step5 65645312 34925312
        step5f 46739776 25997632
        step5g 128146560 68803712
        """

    private static func model(_ name: String) throws -> TransformerModel {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/Predictor-\(name).json")
        return try HuggingFaceConfig.model(file: file.path)
    }

    private static func bytes(_ name: String, tokens: Int, tensorParallel: Int) throws -> Int64 {
        let model = try model(name)
        let draft = try Draft.ownLayers(of: model, tokens: tokens)
        return draft.weightBytes(
            beside: Deployment(tensorParallel: tensorParallel, weights: model.nativeWeights))
    }

    @Test(arguments: table.split(separator: "\n").map(String.init))
    func weightsAreTheEngines(row: String) throws {
        let words = row.split(separator: " ").map(String.init)
        #expect(words.count == 3)
        for size in [1, 2] {
            let bytes = try Self.bytes(words[0], tokens: 1, tensorParallel: size)
            #expect(bytes == Int64(words[size]), "on one of \(size)")
        }
    }

    /// Inkling's engine builds no more modules than tokens are drafted: of two modules one is
    /// 27,326,722 bytes.
    @Test func inklingBuildsAsManyAsItDrafts() throws {
        #expect(try Self.bytes("inkling2", tokens: 1, tensorParallel: 1) == 27_326_722)
        let both = try Self.bytes("inkling2", tokens: 2, tensorParallel: 1)
        // The norm outside the modules counts once.
        #expect(both == 2 * 27_326_722 - 2 * 1024)
    }
}
