import Basics
import Foundation
import Scenario
import Simulator
import TestSupport
import Testing

@Suite("A configuration")
struct ConfigurationTests {
    private func file(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "headway-\(UUID().uuidString).json5"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func read(_ text: String) throws -> Configuration {
        let path = try file(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Configuration.read(file: path)
    }

    /// The error of a text, with the file's path taken out.
    private func complaint(_ text: String) throws -> String {
        let path = try file(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: InputError.self) {
            _ = try Configuration.read(file: path).resolved()
        }
        return try #require(error).description.replacing(path, with: "FILE")
    }

    @Test("reads JSON5 with comments, and leaves the rest at its defaults")
    func readsJSON5() throws {
        let configuration = try read(
            "{ // a comment\n engine: { block_size: 32, watermark: .05, }, slo: { ttft_ms: null } }"
        )
        var expected = Configuration()
        expected.engine.blockSize = 32
        expected.engine.watermark = 0.05
        expected.slo.limits.timeToFirstToken.each = nil
        #expect(configuration == expected)
    }

    @Test("written with comments reads back equal, key by key")
    func commentedRoundTrip() throws {
        var configuration = Configuration()
        configuration.engine.blockSize = 48
        configuration.trace.file = "/a \"quoted\" \\ name.csv"
        configuration.engine.numGPUBlocks = 77
        #expect(try read(configuration.commented) == configuration)
    }

    @Test("resolved and written as JSON repeats itself")
    func resolvedRoundTrip() throws {
        let resolved = try Configuration().resolved().configuration
        let data = try JSONEncoder().encode(resolved.asValue)
        let again = try read(String(decoding: data, as: UTF8.self))
        #expect(again == resolved)
        #expect(try again.resolved().configuration == resolved)
    }

    @Test("takes every key through a change, with the value it already has")
    func everyKeyIsReachable() throws {
        var configuration = try Configuration().resolved().configuration
        for key in ConfigurationKey.all {
            let value = key.value(configuration).source
            try configuration.apply(change: "\(key.path)=\(value)")
        }
        #expect(configuration == (try Configuration().resolved().configuration))
    }

    @Test("stores a key's value under that key and no other")
    func keysDoNotCross() throws {
        let base = try Configuration().resolved().configuration
        for key in ConfigurationKey.all {
            guard let other = Self.otherValue(key, in: base) else { continue }
            var changed = base
            try changed.apply(change: "\(key.path)=\(other)")
            for seen in ConfigurationKey.all {
                let isSame = seen.value(changed) == seen.value(base)
                #expect(isSame == (seen.path != key.path), "\(key.path) changed \(seen.path)")
            }
        }
    }

    /// Another allowed value of a number or a flag.
    private static func otherValue(
        _ key: ConfigurationKey, in configuration: Configuration
    ) -> String? {
        switch key.value(configuration) {
        case .boolean(let flag): String(!flag)
        case .integer(let number): String(number + 1)
        case .number(let number): String(number == 0 ? 0.5 : number / 2)
        default: nil
        }
    }

    @Test(
        "refuses what it does not know, and names the nearest key",
        arguments: [
            ("{ engin: {} }", "FILE: engin: unknown key; did you mean engine?"),
            (
                "{ engine: { blok_size: 1 } }",
                "FILE: engine.blok_size: unknown key; did you mean engine.block_size?"
            ),
            ("{ block_size: 1 }", "FILE: block_size: unknown key; did you mean engine.block_size?"),
            (
                "{ engine: { host_us: { fixd: 1 } } }",
                "FILE: engine.host_us.fixd: unknown key; did you mean engine.host_us.fixed?"
            ),
        ])
    func unknownKeys(text: String, message: String) throws {
        #expect(try complaint(text) == message)
    }

    @Test(
        "refuses values of the wrong kind, and says what would be right",
        arguments: [
            ("[]", "FILE: holds a list; expected an object of sections"),
            ("{ engine: 3 }", "FILE: engine: is 3; expected an object"),
            ("{ engine: { block_size: '16' } }", "engine.block_size: is \"16\"; expected an int"),
            ("{ engine: { block_size: 16.5 } }", "is 16.5; expected an integer, 1 to 65536"),
            ("{ engine: { block_size: 0 } }", "is 0; expected an integer"),
            ("{ engine: { block_size: 1e400 } }", "FILE:1: 1e400 is out of range"),
            ("{ engine: { block_size: null } }", "is null; expected an integer"),
            ("{ engine: { watermark: NaN } }", "is \"NaN\"; expected a number, 0 to 0.999"),
            ("{ slo: { ttft_ms: Infinity } }", "is \"Infinity\"; expected a number"),
            ("{ seed: 99999999999999999999 }", "seed: is 1e+20; expected an integer, 0 or more"),
            ("{ cluster: { router: 'robin' } }", "did you mean round_robin?"),
            ("{ engine: { async_scheduling: 1 } }", "is 1; expected true or false"),
        ])
    func wrongKinds(text: String, part: String) throws {
        let message = try complaint(text)
        #expect(message.contains(part), "\(message)")
    }

    @Test(
        "names the line of what is not JSON5",
        arguments: [
            ("", "FILE: the file is empty; expected at least one byte"),
            ("{\n seed: 1\n", "FILE:3: the text ends too early; expected a comma or }"),
            ("{ seed: 1 } x", "FILE:1: more text after the value"),
            ("{\n seed: one }", "FILE:2: one is no value; expected quotes around a text"),
            ("{\n seed: 1,\n seed: 2 }", "FILE:3: the key seed stands twice; expected it once"),
            ("{ a: \"x\n\" }", "FILE:1: a text without its closing quote"),
            ("{ /* }", "FILE:1: a comment without its end"),
            ("\u{0}\u{1}\u{2}", "FILE:1: unexpected byte 0"),
            (String(repeating: "[", count: 100_000), "FILE:1: too many levels"),
        ])
    func syntax(text: String, start: String) throws {
        let message = try complaint(text)
        #expect(message.hasPrefix(start), "\(message)")
    }

    @Test("refuses missing files, folders and traces given by mistake")
    func files() throws {
        #expect(
            throws: InputError(
                "/nowhere/x.json5", "there is no such file",
                expected: "a configuration (JSON5)")
        ) { try Configuration.read(file: "/nowhere/x.json5") }
        #expect(throws: InputError.self) {
            try Configuration.read(file: NSTemporaryDirectory())
        }
        let long = try file(String(repeating: " ", count: 1_000_001))
        defer { try? FileManager.default.removeItem(atPath: long) }
        #expect(throws: InputError.self) { try Configuration.read(file: long) }
    }

    @Test("starts relative paths at the file's own folder")
    func relativePaths() throws {
        let folder = NSTemporaryDirectory() + "headway-\(UUID().uuidString)/configs"
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        let text = "{ trace: { file: '../traces/chat.csv' } }"
        try text.write(toFile: folder + "/a.json5", atomically: true, encoding: .utf8)
        let read = try Configuration.read(file: folder + "/a.json5")
        #expect(read.trace.file == folder.dropLast("configs".count) + "traces/chat.csv")
    }
}
