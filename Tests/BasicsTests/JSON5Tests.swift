import Basics
import Foundation
import Testing

@Suite("JSON5")
struct JSON5Tests {
    private func json(_ bytes: some Sequence<UInt8>) throws -> String {
        String(decoding: try JSON5.json(Data(bytes), place: "f"), as: UTF8.self)
    }

    private func complaint(_ bytes: some Sequence<UInt8>) -> String {
        do {
            return "accepted as " + (try json(bytes))
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "becomes plain JSON without loss",
        arguments: [
            ("{}", "{}"), (" [ 1 , 'a', ] ", #"[1,"a"]"#), ("\u{FEFF}{a: 1}\r\n", #"{"a":1}"#),
            ("{a: .5, b: 5., c: +1, d: -0x10}", #"{"a":0.5,"b":5,"c":1,"d":-16}"#),
            ("18446744073709551615", "18446744073709551615"), ("1E+3", "1e3"),
            ("-.5e-3", "-0.5e-3"),
            (#"'\x41\u00e9\uD83D\uDE00\'"\v'"#, "\"Aé\u{1F600}'\\\"\\u000b\""),
            ("'a\\\nb\\\r\nc'", #""abc""#), ("// x\r{/* y */ a: null}// z", #"{"a":null}"#),
            (
                "{ größe: true, $_1: NaN,\u{A0}x: -Infinity }",
                ##"{"größe":true,"$_1":"NaN","x":"-Infinity"}"##
            ),
            ("\"\u{1b}\t\"", #""\u001b\u0009""#), ("0e5", "0"), ("-0.000", "-0"),
        ])
    func plain(text: String, expected: String) throws {
        #expect(try json(text.utf8) == expected)
    }

    @Test(
        "says where it is none, and why",
        arguments: [
            ("", "f:1: the text is empty"), ("\u{FEFF}", "f:1: the text ends too early"),
            ("{\n\"a\": 1,\r\n'a': 2}", "f:3: the key a stands twice; expected it once"),
            (#"{"a": 1, "\u0061": 2}"#, "f:1: the key a stands twice"),
            ("{a\r b: 1}", "f:2: unexpected b; expected a colon after a"),
            ("{engine.seed: 1}", "f:1: the key engine.seed needs quotes; expected engine: { seed:"),
            ("{max-len: 1}", "f:1: the key max-len needs quotes; expected \"max-len\""),
            ("{1: 2}", "f:1: unexpected 1; expected a key or }"), ("[1,,2]", "unexpected ,"),
            ("012", "f:1: 012 is no number"), ("1_000", "1_000 is no number"),
            ("0x", "0x is no number"), ("5e", "5e is no number"), ("1.2.3", "1.2.3 is no number"),
            ("--5", "--5 is no number"), ("1e400", "1e400 is out of range"), ("٣", "٣ is no value"),
            ("1e-400", "1e-400 is out of range"), ("0x10000000000000000", "is out of range"),
            (#"'\uD800'"#, "half of a surrogate pair"), (#"'\uDE00\uD83D'"#, "half of a"),
            (#"'\uD83Dx'"#, "half of a surrogate pair"), (#"'\u12'"#, "an escape that is none"),
            (#"'\1'"#, "an escape with a digit"), (#"'a\0b'"#, "a null character"),
            ("'a\u{0}b'", "a null character"), ("'a", "without its closing quote"),
            ("'a\rb'", "without its closing quote"), (#"'a\"#, "ends too early"),
            ("/* a", "f:1: a comment without its end"), ("{a: 1} }", "more text after the value"),
            ("{a: 1", "ends too early"), ("undefined", "undefined is no value"),
        ])
    func problems(text: String, part: String) {
        let message = complaint(text.utf8)
        #expect(message.contains(part), "\(message)")
    }

    @Test("is UTF-8: other bytes are shown and refused, in keys, values and comments")
    func encoding() {
        for (bytes, shown): ([UInt8], String) in [
            ([0xFF], #"\xff"#), ([0xC3, 0x28], #"\xc3"#), ([0xED, 0xA0, 0x80], #"\xed"#),
            ([0xF5], #"\xf5"#), ([0xC0, 0x80], #"\xc0"#), ([0xF0, 0x9F, 0x98], #"\xf0\x9f\x98"#),
        ] {
            for (before, after) in [
                ("{\n", ": 1}"), ("{\n'", "': 1}"), ("{\na: \"", "\"}"), ("\n//", "\n1"),
                ("\n", ""),
            ] {
                let message = complaint(Array(before.utf8) + bytes + Array(after.utf8))
                #expect(message.hasPrefix("f:2: \(shown)"), "\(message)")
                #expect(message.hasSuffix(" is not UTF-8; expected a text in UTF-8"))
            }
        }
        #expect(complaint([0xFF, 0xFE, 0x7B, 0]).hasPrefix("f:1: the text is UTF-16"))
    }

    @Test("nests 64 levels and no more")
    func depth() throws {
        let deep = String(repeating: "[", count: 63) + "1" + String(repeating: "]", count: 63)
        #expect(try json(deep.utf8) == deep)
        for opening in ["[", "{a:", "{\"a\":["] {
            let text = String(repeating: opening, count: 100_000)
            #expect(complaint(text.utf8) == "f:1: too many levels; expected at most 64")
        }
    }

    private struct Kinds: Codable {
        var text: String?
        var whole: Int?
        var unsigned: UInt64?
        var number: Double?
        var flag: Bool?
        var list: [Int]?
        var inner: [String: Double]?
    }

    @Test("whatever the bytes: refused in one line, or JSON that a decoder takes or names")
    func mutations() throws {
        let texts = [
            "{text: 'aé\\u00e9', whole: 12, number: -1.5e3, flag: true, list: [1, 2,],}",
            "// c\n{\"unsigned\": 0xFFFFFFFFFFFFFFFF, inner: {a: .5, 'b': NaN}, text: \"\\n\"}/**/",
        ].map { Array($0.utf8) }
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"", "'", "\\", "\\u", "\\uD800", "e", "-", ".", "0x",
            "\n",
            "\r", "/*", "*/", "//", "null", "NaN", "1e999", "99999999999999999999", "\u{2028}",
            "\u{FEFF}",
        ].map { Array($0.utf8) }
        var random = SeededRandom(seed: 25)
        for round in 0..<20_000 {
            var bytes = texts[random.below(texts.count)]
            for _ in 0...random.below(4) {
                let at = random.below(bytes.count)
                switch random.below(5) {
                case 0: bytes[at] = UInt8(random.below(256))
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(contentsOf: tokens[random.below(tokens.count)], at: at)
                case 3: bytes.insert(contentsOf: bytes[at...].prefix(random.below(20)), at: at)
                default: bytes.removeSubrange(at..<min(bytes.count, at + random.below(8)))
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            do {
                let json = try JSON5.json(Data(bytes), place: "f")
                // The strictest reader there is agrees that it is JSON.
                let options = JSONSerialization.ReadingOptions.fragmentsAllowed
                _ = try JSONSerialization.jsonObject(with: json, options: options)
                _ = try JSON5.decode(Kinds.self, from: Data(bytes), place: "f")
            } catch let error as InputError {
                #expect(!error.description.contains("\n") && error.description.utf8.count < 1_400)
            } catch {
                Issue.record(
                    "round \(round): \(error) for \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }
}
