import Basics
import Testing

@testable import Models

@Suite struct KVCacheLayoutTests {
    @Test(arguments: [
        ("llama-3-70b", 1, 327_680), ("llama-2-7b", 1, 524_288), ("llama-3-70b", 8, 40_960),
        ("llama-3-70b", 16, 40_960),
    ])
    func bytesPerTokenAreThoseOfTheModel(name: String, tensorParallel: Int, bytes: Int64) throws {
        let model = try Catalogue.model(named: name)
        let layout = KVCacheLayout(model, Deployment(tensorParallel: tensorParallel))
        #expect(layout.bytesPerToken == bytes)
        #expect(layout.groups == [.full])
        #expect(layout.bytesPerBlock(16) == 16 * bytes)
    }

    @Test func aHybridModelIsCutIntoGroupsOfEquallyManyLayers() throws {
        var model = try Catalogue.model(named: "llama-3.1-8b")
        for index in model.layers.indices where index % 6 != 5 {
            guard case .heads(var heads) = model.layers[index].attention else { continue }
            heads.reach = .sliding(window: 1024)
            model.layers[index].attention = .heads(heads)
        }
        let layout = KVCacheLayout(model, Deployment())
        // 5 full and 27 windowed layers: one full group and six windowed ones of 5, padded.
        #expect(layout.layersPerGroup == 5)
        #expect(layout.groups == [.full] + Array(repeating: .sliding(window: 1024), count: 6))
        #expect(layout.bytesPerBlock(16) == 16 * 5 * 4096)
    }
}

@Suite struct CatalogueTests {
    @Test(arguments: [
        "Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Meta-Llama-3-8B",
        "Qwen/Qwen3-32B", "nvidia/Llama-3.3-70B-Instruct-FP8", "llama_3_8b",
    ])
    func commonSpellingsFindTheirModel(name: String) throws {
        #expect(throws: Never.self) { try Catalogue.model(named: name) }
    }

    @Test func anUnknownNameSuggestsTheNearest() {
        let error = #expect(throws: InputError.self) {
            try Catalogue.model(named: "lama-3.1-8b")
        }
        #expect(error?.expected.contains("llama-3.1-8b") == true)
    }
}
