import Basics
import Foundation
import TestSupport
import Testing

@testable import Scenario

@Suite("A file of a server's flags")
struct ServerFileTests {
    private let folder = try! ScratchFolder()

    private func file(_ text: String) throws -> String {
        try folder.write("server.yaml", Array(text.utf8))
    }

    private func configuration(_ text: String, _ line: String? = nil) throws -> Configuration {
        let file = try file(text)
        let argument = line.map { "vllm serve \($0) --config \(file)" } ?? file
        return try Configuration.read(file: nil, serve: ServerLine(argument))
    }

    private static let text = """
        # A server of four GPUs.
        ---
        model: "meta-llama/Llama-3.1-70B-Instruct"   # by its name
        tensor-parallel-size: 4
        max_num_batched_tokens: 16K
        max-num-seqs: 1_024
        gpu-memory-utilization: 0.90
        enable-prefix-caching: no
        enforce-eager: false
        headless: false
        quantization: ~
        kv-cache-dtype: 'fp8'
        port: 8000
        api-key:
        - one
        - "two # not a comment"
        cudagraph-capture-sizes: [1, 2, 4]
        """

    @Test("is read: words, quotations, lists and maps, with comments")
    func reading() throws {
        let read = try configuration(Self.text)
        #expect(read.model.name == "meta-llama/Llama-3.1-70B-Instruct")
        #expect(read.engine.tensorParallelSize == 4 && read.engine.maxNumSeqs == 1024)
        #expect(read.engine.maxNumBatchedTokens == 16 * 1024 && !read.engine.enablePrefixCaching)
        #expect(read.engine.gpuMemoryUtilization == 0.9 && read.engine.kvCacheDtype == .fp8)
        #expect(read.engine.cudagraphCaptureSizes == "1,2,4" && read.model.weights == nil)
        let nested = try configuration(
            "compilation-config:\n  pass_config:\n    fuse: true\n"
                + "  cudagraph_capture_sizes:\n    - 1\n    - 8\nmodel: llama-3.1-8b\n")
        #expect(nested.engine.cudagraphCaptureSizes == "1,8")
        let braces = try configuration(
            "compilation-config: {max_cudagraph_capture_size: 16, a: {b: [1, 'x, y']}}")
        #expect(braces.engine.maxCUDAGraphCaptureSize == 16)
    }

    @Test("stands behind the line that names it")
    func precedence() throws {
        let text = "model: llama-3.1-70b\ntensor-parallel-size: 8\nmax-num-seqs: 7\n"
        let read = try configuration(text, "llama-3.1-8b -tp 2")
        #expect(read.model.name == "llama-3.1-8b" && read.engine.tensorParallelSize == 2)
        #expect(read.engine.maxNumSeqs == 7)
        #expect(try configuration(text, "").model.name == "llama-3.1-70b")
    }

    @Test(
        "is refused with its line where it is something else",
        arguments: [
            ("max-num-seqs: [1, 2", ":1: \"[\" is not closed"),
            ("a: {b: 1", ":1: \"{\" is not closed"),
            ("model: llama-3.1-8b\nmax-nmu-seqs: 3", ":2: --max-nmu-seqs is not a flag"),
            ("max-num-seqs: 3\nmax-num-seqs: 4", ":2: max-num-seqs stands here twice"),
            ("max-num-seqs: many", ":1: max-num-seqs is \"many\""),
            ("max-num-seqs: true", ":1: max-num-seqs is true"),
            ("max-num-seqs: [1, 2]", ":1: max-num-seqs is a list of 2"),
            ("max-num-seqs: 010", ":1: 010 is a number in another base"),
            ("enforce-eager: 1", ":1: enforce-eager is 1; expected true or false"),
            ("enforce-eager:", ":1: enforce-eager is null"),
            ("speculative-config:\n  method: ngram\n  num_speculative_tokens: 0", ":1: spec"),
            ("diffusion-config:\n  steps: 3", ":1: diff"),
            ("config: other.yaml", ":1: config stands in such a file"),
            ("a: &x 1", ":1: \"&\" begins"), ("a: *x", ":1: *x is not set"),
            ("a: !!str 1", ":1: \"!\" begins"),
            ("a: 'open", ":1: a quotation is not closed"), ("a: \"\\x41\"", ":1: has an escape"),
            ("  a: 1\nb: 2", ":2: is indented less"), ("a: 1\n  b: 2", ":2: is indented more"),
            ("a:\n  b: 1\n    c: 2", ":3: is indented more"),
            ("a:\n\tb: 1", ":2: is indented with"),
            ("a: 1\n---\nb: 2", ":3: begins another document"), ("just words", ":1: is \"just"),
            ("- a\n- b", ": no command in it starts"), ("a:\n- b: 1", ":2: is a list of maps"),
            ("a: b: c", ":1: \"b: c\" holds a colon"), ("a: [1] 2", ":1: \"2\" follows a value"),
            ("a: {b: 1, b: 2}", ":1: b stands here twice"), ("a: {b}", ":1: has a member without"),
            ("max-num-seqs: 0", ":1: max-num-seqs is 0; expected an integer"),
            (String(repeating: "[", count: 5000), ":1: has too many brackets"),
            ("a: " + String(repeating: "[", count: 5000), ":1: has too many brackets"),
        ])
    func refused(_ text: String, _ words: String) throws {
        let error = #expect(throws: InputError.self) { try configuration(text) }
        let said = error?.description ?? ""
        #expect(said.contains("server.yaml" + words), "\(said)")
        #expect(said.utf8.count < 1400)
    }

    @Test("a file that is none is refused, an empty one says nothing")
    func none() throws {
        #expect(try configuration("# nothing\n").engine == Configuration().engine)
        let binary = try folder.write("b.yaml", [0xFF, 0xFE, 0x00])
        #expect(throws: InputError.self) { try ServerLine(binary) }
        let place = try folder.write("c.yaml", Array(repeating: UInt8(0x61), count: 1_000_001))
        #expect(throws: InputError.self) { try ServerLine(place) }
        #expect(throws: InputError.self) { try ServerLine("@" + folder.path) }
        let many = (0..<50_000).map { "port-\($0): 1\n" }.joined()
        #expect(throws: InputError.self) { try configuration(many) }
        let deep = (0..<500).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(throws: InputError.self) { try configuration(deep) }
    }

    /// Cut and mutated files are refused or read, never a trap.
    @Test("stands any bytes")
    func mutations() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededRandom(seed: seed)
        let bytes = Array(Self.text.utf8)
        for _ in 0..<300 {
            var changed = bytes
            for _ in 0..<4 {
                let place = Int(generator.next() % UInt64(changed.count))
                let marks = Array("[]{}:,-#'\"\\ \n\t&|0".utf8)
                changed[place] = marks[Int(generator.next() % UInt64(marks.count))]
            }
            let file = try folder.write("m.yaml", changed)
            do { _ = try ServerLine(file) } catch is InputError {} catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }
}
