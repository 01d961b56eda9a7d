import Foundation
import TestSupport
import Testing

@testable import Models

/// What servers logged at their start: `h100/validation/kv_capacity.csv`.
@Suite struct StartupProfileTests {
    /// The sizes of the measured models that decide activations; published config files.
    private static let shapes: [(word: String, shape: DecoderShape, inner: Int, experts: [Int])] = [
        ("qwen2.5-7b", shape(3584, 28, 152_064), 18_944, []),
        ("qwen3-30b", shape(2048, 48, 151_936), 0, [128, 8, 768]),
        ("qwen3-8b", shape(4096, 36, 151_936), 12_288, []),
        ("qwen3-14b", shape(5120, 40, 151_936), 17_408, []),
        ("qwen3-32b", shape(5120, 64, 151_936), 25_600, []),
        ("qwen3-0.6b", shape(1024, 28, 151_936), 3072, []),
        ("v2-lite", shape(2048, 27, 102_400), 0, [64, 6, 1408]),
        ("gemma-2-27b", shape(4608, 46, 256_000), 36_864, []),
        ("gemma-2-2b", shape(2304, 26, 256_000), 9216, []),
        ("gemma-3-27b", shape(5376, 62, 262_208), 21_504, []),
        ("gemma-3-4b", shape(2560, 34, 262_208), 10_240, []),
        ("gemma-7b", shape(3072, 28, 256_000), 24_576, []),
        ("granite-3.1-2b", shape(2048, 40, 49_155), 8192, []),
        ("granite-3.3-8b", shape(4096, 40, 49_159), 12_800, []),
        ("llama-3.1-8b", shape(4096, 32, 128_256), 14_336, []),
        ("phi-4", shape(5120, 40, 100_352), 17_920, []),
        ("mistral-small", shape(5120, 40, 131_072), 32_768, []),
        ("qwen2.5-72b", shape(8192, 80, 152_064), 29_568, []),
        ("kimi-dev-72b", shape(8192, 80, 152_064), 29_568, []),
        ("scout", shape(5120, 48, 202_048), 0, [16, 1, 8192]),
        ("llama-3.3-70b", shape(8192, 80, 128_256), 28_672, []),
        ("gpt-oss-20b", shape(2880, 24, 201_088), 0, [32, 4, 2880]),
        ("gpt-oss-120b", shape(2880, 36, 201_088), 0, [128, 4, 2880]),
    ]

    private static func shape(_ hidden: Int, _ layers: Int, _ words: Int) -> DecoderShape {
        DecoderShape(hidden: hidden, layers: layers, vocabulary: words, context: 8192)
    }

    private static func model(_ name: String) -> TransformerModel? {
        guard let known = shapes.first(where: { name.lowercased().contains($0.word) }) else {
            return nil
        }
        let heads = HeadAttention(queryHeads: 16, keyValueHeads: 8, headDim: 128)
        var model =
            known.experts.isEmpty
            ? known.shape.dense(heads, intermediate: known.inner)
            : known.shape.sparse(
                heads,
                ExpertFeedForward(
                    count: known.experts[0], chosen: known.experts[1],
                    intermediate: known.experts[2]))
        if ["gemma-3", "mistral-small", "scout"].contains(where: known.word.contains) {
            model.tower = Tower(name: "vision")
            if known.word.contains("gemma") { model.tower?.pixelsPerToken = 56 * 56 }
        }
        return model
    }

    private struct Row {
        var name: String
        var version: Int
        var fields: [String: String]

        func number(_ key: String) -> Double? { fields[key].flatMap(Double.init) }
    }

    private static func rows() throws -> [Row] {
        let file = evidence!.appendingPathComponent("h100/validation/kv_capacity.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let keys = lines[0].split(separator: ",").map(String.init)
        return lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            var fields: [String: String] = [:]
            for (key, cell) in zip(keys, cells) { fields[key] = String(cell) }
            let version = fields["engine_version"]!.split(separator: ".")
            return Row(name: fields["model"]!, version: Int(version[1])!, fields: fields)
        }
    }

    /// The profile of a row's server.
    private static func profile(_ row: Row) -> StartupProfile? {
        // A 32-bit run doubles what the forms say of 16-bit elements.
        guard row.fields["dtype"] != "f32", let model = model(row.name) else { return nil }
        var deployment = Deployment(tensorParallel: Int(row.number("tp")!))
        deployment.pipelineParallel = Int(row.number("pp")!)
        if row.name.contains("gpt-oss") { deployment.weights = .mxfp4 }
        var server = ServerMemory()
        server.rules = .release(minor: row.version)
        // The row names no limit, and its 2.12 GiB are those of the offline engine's 256.
        if row.name.contains("Small-3.2") { server.maxNumSeqs = 256 }
        return StartupProfile(model, deployment, server)
    }

    @Test(.enabled(if: evidence != nil))
    func poolsAreWithinFivePercentOfTheLogs() throws {
        var errors: [Double] = []
        let gibibyte = Double(1 << 30)
        for row in try Self.rows() {
            guard let profile = Self.profile(row), let weights = row.number("weights_gib"),
                let available = row.number("available_kv_gib")
            else { continue }
            // The table's 0.9 does not give its own components; 0.95 does.
            let share =
                row.name.contains("gpt-oss-120b") ? 0.95 : row.number("gpu_memory_utilization")!
            let usable = share * 85_017_493_504 / gibibyte
            let isFirstStage = row.number("pp")! > 1
            let activation =
                isFirstStage
                ? profile.activationBytesBeforeLast : profile.activationBytes
            let taken = activation + profile.nonTorchBytes + profile.graphBytes
            let predicted = usable - weights - Double(taken) / gibibyte
            let error = 100 * (predicted - available) / available
            errors.append(abs(error))
            #expect(abs(error) < 1, "\(row.name) \(row.version): \(error) %")
        }
        errors.sort()
        #expect(errors.count >= 40)
        #expect(errors[errors.count / 2] < 0.1)
    }

    @Test(.enabled(if: evidence != nil))
    func activationsAreThoseOfTheLogs() throws {
        for row in try Self.rows() {
            guard let profile = Self.profile(row), let logged = row.number("activation_gib") else {
                continue
            }
            let isFirstStage = row.number("pp")! > 1
            let bytes = isFirstStage ? profile.activationBytesBeforeLast : profile.activationBytes
            let tolerance = row.name.contains("Small-3.2") ? 0.2 : 0.12
            #expect(
                abs(Double(bytes) / Double(1 << 30) - logged) < tolerance,
                "\(row.name) \(row.version): \(Double(bytes) / Double(1 << 30)), not \(logged)")
        }
    }

    @Test func graphsAreTheEnginesBatchSizes() {
        var server = ServerMemory()
        #expect(server.capturedSizes.count == 51)
        #expect(server.graphs == 102)
        server.maxNumSeqs = 256
        #expect(server.graphs == 51 + 35)
        server.maxNumSeqs = 100
        #expect(server.capturedSizes.contains(100) && server.capturedSizes.last == 200)
        server.release = 32
        #expect(!server.capturedSizes.contains(100) && server.capturedSizes.contains(104))
        server.maxNumSeqs = 128
        #expect(server.capturedSizes.count == 35 && server.graphs == 35 + 19)
        server.enforcesEager = true
        #expect(server.graphs == 0)
        server.enforcesEager = false
        server.captureSizes = [1, 2, 4]
        #expect(server.graphs == 6)
        // gpt-oss: "the number of CUDA graphs" is 83 (vLLM, GptOssForCausalLMConfig).
        server = ServerMemory()
        server.largestGraph = 1024
        #expect(server.capturedSizes.count == 83 && server.capturedSizes.last == 1024)
        // A request's drafts are checked in the step of its token.
        server = ServerMemory()
        (server.maxNumSeqs, server.drafts, server.release) = (10, 3, 32)
        #expect(server.capturedSizes == [1, 2, 4] + Array(stride(from: 8, through: 80, by: 8)))
        // Rounded up to whole requests: 4, 8, ... 40.
        #expect(server.graphs == 13 + 6)
        server.release = 33
        // Ten requests of four tokens, and what the grid lacks: none.
        #expect(server.capturedSizes == [1, 2, 4] + Array(stride(from: 8, through: 80, by: 8)))
        server.drafts = 4
        #expect(server.capturedSizes.contains(5) && server.capturedSizes.contains(50))
        server.release = 13
        #expect(server.capturedSizes == [1, 2, 4, 8, 16])
    }

    @Test func aReleaseWithoutLogsTakesTheNearestEarlierOnes() {
        #expect(MemoryRules.release(minor: 33).evidence == "0.31")
        #expect(MemoryRules.release(minor: 18).evidence == "0.17")
        #expect(MemoryRules.release(minor: 12).samplerBytes > 38)
        #expect(MemoryRules.release(minor: 19).graphs == .none)
        #expect(MemoryRules.release(minor: 25).graphs == .all)
        #expect(MemoryRules.release(minor: 28).graphs == .firstRunner)
    }
}
