import Basics
import Foundation
import Testing

@testable import Models

/// config.json is read as Python's json reads it; what is right was asked of CPython 3.11.
@Suite struct PythonJSONTests {
    private func value(_ text: String) throws -> JSONField {
        try PythonJSON.value(Data(text.utf8), place: "c")
    }

    @Test func whatPythonReads() throws {
        #expect(try value(#"{"a":1,"a":2}"#) == .object(["a": .number(2)]))
        #expect(
            try value(" [1e999, -1e999, 1e-999]")
                == .array([.number(.infinity), .number(-.infinity), .number(0)]))
        #expect(
            try value("[Infinity,-Infinity]") == .array([.number(.infinity), .number(-.infinity)]))
        guard case .number(let nan) = try value("NaN") else { throw InputError("c", "no number") }
        #expect(nan.isNaN)
        #expect(try value("1" + String(repeating: "0", count: 30)) == .number(1e30))
        #expect(try value(#""\ud800""#) == .string("\u{FFFD}"))
        #expect(try value(#""\ud83d\ude00\/\u00e9""#) == .string("😀/é"))
        #expect(try value(#""\u0000""#) == .string("\0"))
        #expect(try value("-0") == .number(0) && value("0.5E+1") == .number(5))
        #expect(try value("{}") == .object([:]) && value("[]") == .array([]))
        #expect(
            try value(String(repeating: "[", count: 400) + String(repeating: "]", count: 400))
                != .null)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", #"{"a":1,}"#, "{a:1}", "{'a':1}", "[1] 2", "+1", "01", "1.", ".5",
        "-", "-NaN", "nan", "True", "// c\n1", "/* c */1", "\"a\nb\"", #""\x41""#, #""\u12""#,
        #""\"#, "[1 2]", #"{"a" 1}"#, "0x10", "\u{FEFF}{}", "1e", "[\u{0B}1]", "\"\u{01}\"",
        "Infinit",
    ])
    func whatPythonRefuses(text: String) {
        #expect(throws: InputError.self) { try value(text) }
    }

    @Test func whatIsNoText() {
        for bytes: [UInt8] in [[0xFF], [0x22, 0xC3, 0x22], [0xFF, 0xFE, 0x7B, 0], [0]] {
            #expect(throws: InputError.self) {
                try PythonJSON.value(Data(bytes), place: "c")
            }
        }
    }

    @Test func boundsHold() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: InputError.self) { try value(deep) }
        #expect(throws: InputError.self) { try value(String(repeating: "9", count: 5000)) }
        let error = #expect(throws: InputError.self) { try value("{\n\n\"a\": ]}") }
        #expect(error?.place == "c:3")
    }

    /// NaN is unequal to itself, and makes no wrapper of a file.
    @Test func aFileWithNaNIsNotWrapped() throws {
        let fields = try ConfigFields(
            Data(#"{"model_type":"llama","initializer_range":NaN}"#.utf8), place: "c")
        #expect(!fields.isWrapped)
    }
}
