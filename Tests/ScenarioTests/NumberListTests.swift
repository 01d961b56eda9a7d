import Basics
import TestSupport
import Testing

@testable import Scenario

@Suite("Keys with several numbers")
struct NumberListTests {
    @Test(
        "take a list as well as a text with commas",
        arguments: ["1,2,4", "[1,2,4]", "\"1,2,4\"", "[1, 2, 4]"])
    func lists(_ text: String) throws {
        let change = "engine.cudagraph_capture_sizes=" + text
        let read = try Configuration.read(file: nil, changes: [change])
        #expect(try read.resolved().configuration.engine.captureSizes() == [1, 2, 4])
        let folder = try ScratchFolder()
        let value = text.hasPrefix("1") ? "\"\(text)\"" : text
        let file = try folder.write(
            "a.json5",
            Array(
                "{engine: {cudagraph_capture_sizes: \(value), pp_layer_partition: [16, 16]}}".utf8))
        let engine = try Configuration.read(file: file).engine
        #expect(try engine.captureSizes() == [1, 2, 4] && engine.stageLayers() == [16, 16])
    }

    @Test(
        "refuse what is no such list",
        arguments: ["[]", "[1,\"a\"]", "[[1]]", "[1.5]", "[1,,2]", "{}", "[0]", "true"])
    func noLists(_ text: String) {
        #expect(throws: InputError.self) {
            try Configuration.read(
                file: nil, changes: ["engine.cudagraph_capture_sizes=" + text]
            ).resolved()
        }
        #expect(throws: InputError.self) {
            let folder = try ScratchFolder()
            let file = try folder.write(
                "a.json5", Array("{engine: {cudagraph_capture_sizes: \(text)}}".utf8))
            _ = try Configuration.read(file: file).resolved()
        }
    }

    @Test("give prompt classes their bounds")
    func buckets() throws {
        let folder = try ScratchFolder()
        let file = try folder.write(
            "a.json5", Array("{output: {by: \"prompt\", prompt_buckets: [256, 1024]}}".utf8))
        #expect(try Configuration.read(file: file).output.promptBuckets.text == "256,1024")
    }
}
