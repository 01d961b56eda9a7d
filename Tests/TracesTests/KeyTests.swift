import Basics
import Foundation
import Testing
import Traces

/// Keys and columns are read, refused, or counted and said; never passed over in silence.
@Suite struct KeysAndColumns {
    private static let mooncake = "\"timestamp\":0,\"input_length\":9,\"output_length\":5"
    private static let native = "\"arrival_us\":0,\"prompt_tokens\":9,\"output_tokens\":5"
    private static let bailian = "\"chat_id\":0," + mooncake
    private static let weka = "\"requests\":[{\"t\":0,\"in\":64,\"out\":9,\"hash_ids\":[1]}]"
    private static let talk =
        "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
        + "{\"role\":\"assistant\",\"content\":\"b\"}]"
    private static let formats = [mooncake, native, bailian, weka, talk]

    @Test(arguments: formats)
    func unknownKeysAreCountedAndRefusedByStrictReading(_ rest: String) throws {
        let text = "{\"guest\":{\"a\":[1]},\(rest)}\n"
        let notes = try withFile(text) { try readAll($0).notes }
        #expect(notes.unknownKeys.map(\.name) == ["guest"])
        #expect(notes.unknownKeys.map(\.count) == [1])
        #expect(notes.remarks == ["keys that are not known, and not used: guest (1)"])
        var strict = TraceOptions()
        strict.isStrict = true
        #expect(try failure(text, strict).hasPrefix("FILE:1: the key guest is not known"))
        let plain = try withFile("{\(rest)}\n") { try readAll($0, strict).notes }
        #expect(plain.unknownKeys.isEmpty && plain.remarks.isEmpty)
    }

    @Test func manyUnknownKeysAreCountedByName() throws {
        let rows = (0..<300).map { row in
            "{\"arrival_us\":\(row),\"k\(row)\":1,\"x\":null,\"prompt_tokens\":9,"
                + "\"output_tokens\":5,\"y\\u001b\":[],\"a_key_longer_than_is_remembered\":0}\n"
        }.joined()
        let keys = try withFile(rows) { try readAll($0).notes.unknownKeys }
        #expect(keys.count == 100)
        #expect(keys.first { $0.name == "x" }?.count == 300)
        #expect(keys.first { $0.name == "a_key_longer_than_is_remembered" }?.count == 300)
        #expect(keys.allSatisfy { $0.name.utf8.allSatisfy { $0 >= 32 && $0 < 127 } })
    }

    @Test(arguments: ["wait_for", "branches", "tool_wait_ms", "delta_length"], formats.prefix(4))
    func keysThatChangeTheScheduleAreRefusedByName(_ key: String, _ rest: String) throws {
        let next = rest.replacing("chat_id\":0", with: "chat_id\":1")
        #expect(try failure("{\(rest)}\n{\"\(key)\":[1],\(next)}\n").contains(key))
        // A row that says nothing with it is as good as one without it.
        let empty = "{\"\(key)\":null,\(rest)}\n"
        #expect(try withFile(empty) { try readAll($0).workload.count } == 1)
        #expect(try failure(empty + "{\"\(key)\":2,\(next)}\n").contains(key))
    }

    @Test(arguments: [
        "{\"arrival_us\":0,\"prompt_tokens\":9,\"output_tokens\":5,\"prompt_tokens\":8}",
        "{\"arrival_us\":0,\"prompt_tokens\":9,\"output_tokens\":5,\"arrival_us\":0}",
        "{\"timestamp\":0,\"input_length\":9,\"output_length\":5,\"output_length\":6}",
        "{\"timestamp\":0,\"input_length\":9,\"output_length\":5,\"output_tokens\":5}",
        "{\"timestamp\":0,\"input_length\":9,\"output_length\":5,\"created_time\":0}",
        "{\"session_id\":0,\"timestamp\":0,\"input_length\":9,\"output_length\":5,"
            + "\"session_id\":1}",
        "{\"timestamp\":0,\"input_length\":9,\"output_length\":5,\"delay\":1,\"delay_ms\":1}",
        "{\"chat_id\":0,\"chat_id\":1,\"timestamp\":0,\"input_length\":9,\"output_length\":5}",
        "{\"requests\":[{\"t\":0,\"in\":64,\"out\":9,\"in\":65}]}",
        "{\"requests\":[{\"t\":0,\"in\":64,\"out\":9,\"think_time\":1,\"think_time\":2}]}",
        "{\"requests\":[{\"t\":0,\"in\":64,\"out\":9}],\"requests\":[]}",
        "{\"messages\":[],\"messages\":[]}",
    ])
    func aKeyTwiceIsRefused(_ line: String) throws {
        #expect(try failure(line).contains("occurs twice"))
        // As it is where the reader remembers the keys of the lines before.
        if line.contains("session_id") || line.contains("chat_id") { return }
        let row = line.replacing(/,"[a-z_]*":[0-9]*}$/, with: "}")
        if row != line, row.contains("timestamp\":0,\"input_length") || row.contains("arrival") {
            #expect(try failure(row + "\n" + row + "\n" + line).hasPrefix("FILE:3: the key"))
        }
    }

    @Test(arguments: [
        "arrived_at,num_prefill_tokens,num_decode_tokens,num_decode_tokens",
        "arrived_at,num_prefill_tokens,num_decode_tokens,x,X",
        "Timestamp,Model,Request tokens,Response tokens,Model",
    ])
    func aColumnTwiceIsRefused(_ header: String) throws {
        #expect(try failure(header + "\n0,1,1,1,1\n").contains("occurs twice"))
    }

    @Test func columnsThatAreNotReadAreSaid() throws {
        let text =
            "arrived_at,num_prefill_tokens,num_decode_tokens,session_id,hash_ids\n0,5,5,a,1\n"
        let notes = try withFile(text) { try readAll($0).notes }
        #expect(notes.assumptions.contains("columns that are not read: session_id, hash_ids"))
        var strict = TraceOptions()
        strict.isStrict = true
        #expect(try failure(text, strict).contains("columns that are not read"))
        let known =
            "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,a,1,1,2,b\n"
        #expect(try withFile(known) { try readAll($0, strict).notes.assumptions } == [])
    }

    @Test func prioritiesOfMooncakeRowsAreKept() throws {
        let rest = "\"input_length\":9,\"output_length\":5"
        let text =
            "{\"timestamp\":0,\(rest),\"priority\":5}\n{\"timestamp\":1,\(rest)}\n"
            + "{\"timestamp\":2,\(rest),\"priority\":null}\n"
            + "{\"timestamp\":3,\(rest),\"priority\":-1}\n"
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.priorities == [5, 0, 0, -1])
        #expect(notes.assumptions.contains { $0.hasPrefix("priorities are taken as vLLM's") })
    }
}
