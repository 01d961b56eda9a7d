import Basics
import Foundation
import Testing
import Traces

@Suite struct MalformedInput {
    private let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    private let first = "2023-11-16 18:15:46.6805900,374,44\n"

    @Test(arguments: [
        ("", "FILE: the file is empty"),
        ("\n\n", "FILE: the file holds only blank lines"),
        ("\u{0}\u{1}\u{2}junk", "FILE: binary data"),
        ("hello, world\n", "FILE:1: no known trace format"),
        ("{\"a\": 1}\n", "FILE:1: JSON of no known trace format"),
        ("TIMESTAMP,ContextTokens,GeneratedTokens\n", "FILE: no request in the file"),
    ])
    func filesThatAreNoTraceAreRefused(_ text: String, _ message: String) throws {
        #expect(try failure(text).hasPrefix(message))
    }

    @Test func missingFilesAndFoldersAreRefused() {
        #expect(throws: InputError.self) { try openTrace("/nowhere/at/all.csv") }
        #expect(throws: InputError.self) { try openTrace("/tmp") }
        #expect(throws: InputError.self) { try openTrace("/dev/null") }
    }

    @Test(arguments: [
        ("2023-11-16 18:15:46.68", "FILE:3: the row ends after TIMESTAMP"),
        ("2023-11-16 18:15:47,3", "FILE:3: the row ends after ContextTokens"),
        ("2023-11-16 18:15:47,3,4,5", "FILE:3: text follows the last column"),
        ("2023-11-16 18:15:47,3,4 ", "FILE:3: text follows the last column"),
        ("2023-11-16 18:15:47,-3,4", "FILE:3: the prompt length is negative: -3"),
        ("2023-11-16 18:15:47,3,-4", "FILE:3: the output length is negative: -4"),
        ("2023-11-16 18:15:47,4000000000,4", "FILE:3: the prompt length is absurd"),
        ("2023-11-16 18:15:47,99999999999999999999,4", "FILE:3: ContextTokens does not fit"),
        ("2023-11-16 18:15:47,nan,4", "FILE:3: ContextTokens is not a number"),
        ("2023-11-16 18:15:47,,4", "FILE:3: ContextTokens is not a number"),
        ("2023-11-16 18:15:47,3.5,4", "FILE:3: ContextTokens is followed by"),
        ("2023-11-16 18:15:46,3,4", "FILE:3: time goes back"),
        ("2023-02-29 18:15:46,3,4", "FILE:3: not a date and time"),
        ("2023-11-16 24:00:00,3,4", "FILE:3: not a date and time"),
        ("2023-11-16 18:15:47.,3,4", "FILE:3: bad fraction of a second"),
        ("XXX,3,4", "FILE:3: not a date and time"),
    ])
    func badRowsOfAzureAreRefusedWithTheirLine(_ row: String, _ message: String) throws {
        #expect(try failure(header + first + row).hasPrefix(message))
    }

    @Test func timesMoreThan292YearsApartAreRefused() throws {
        let text = header + "1678-01-01 00:00:00,3,4\n2261-01-01 00:00:00,3,4\n"
        #expect(try failure(text).hasPrefix("FILE:3: the time is more than 292 years from"))
    }

    private static let lengths = "\"input_length\":9,\"output_length\":5"

    @Test(arguments: [
        "{\"session_id\":1,\"timestamp\":-9e12,\(lengths)}",
        "{\"session_id\":1,\"timestamp\":1,\"delay\":9e12,\(lengths)}",
        "{\"chat_id\":1,\"timestamp\":9e9,\(lengths)}",
        "Timestamp,Request tokens,Response tokens\n-9e9,3,4",
        "{\"requests\":[{\"t\":9e9,\"in\":64,\"out\":9}]}",
        "{\"startTimeUnixNano\":\"-9000000000000000000\",\"attributes\":{}}",
        "{\"start_time\":\"1680-01-01T00:00:00Z\",\"attributes\":{}}",
    ])
    func timesThatLeaveNoRoomForSumsAreRefused(_ text: String) throws {
        #expect(try failure(text).contains("is more than 73 years from the clock's zero"))
    }

    @Test func subAgentsCannotStartWithoutEndAfterOneAnother() throws {
        // Each is earlier on its own clock than its marker on the one around it.
        let markers = (0..<9).map { "{\"t\":\(2_300_000_000 - $0),\"requests\":[" }
        let text =
            markers.joined() + "{\"t\":1,\"in\":64,\"out\":9}"
            + String(repeating: "]}", count: 9)
        #expect(try failure(text).contains("t is out of range"))
    }

    @Test func anIdThatARowWithoutOneWasGivenIsTaken() throws {
        let rest = "\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1}\n"
        #expect(
            try failure("{" + rest + "{\"id\":0," + rest)
                .hasPrefix("FILE:2: the id 0 occurs twice (rows without one were given"))
    }

    private static let mooncake =
        "{\"timestamp\": 5, \"input_length\": 9, \"output_length\": 5, \"hash_ids\": [0]}\n"

    @Test(arguments: [
        ("{\"timestamp\": 5, \"input_length\": 9, \"outp", "ends inside a JSON value"),
        (
            "{\"timestamp\": 5, \"input_length\": 9, \"output_length\": 5, \"hash_ids\": [0",
            "ends inside a JSON value"
        ),
        ("{\"timestamp\": 5, \"input_length\": 9}", "a key is missing"),
        ("{\"timestamp\": NaN, \"input_length\": 9}", "timestamp is not a number"),
        ("{\"timestamp\": 1e400, \"input_length\": 9}", "timestamp does not fit 64 bits"),
        ("{\"timestamp\": 1e18, \"input_length\": 9}", "timestamp does not fit 64 bits"),
        (
            "{\"timestamp\": 4, \"input_length\": 9, \"output_length\": 5, \"hash_ids\": [0]}",
            "time goes back"
        ),
        (
            "{\"timestamp\": 5, \"input_length\": 9, \"output_length\": 5, \"hash_ids\": [0,1]}",
            "2 hash ids for a prompt of 9 tokens"
        ),
        (
            "{\"timestamp\": 5, \"input_length\": 9, \"output_length\": 5, \"hash_ids\": [-1]}",
            "a hash id is negative"
        ),
        (
            "{\"timestamp\": 5, \"input_length\": 9, \"output_length\": 5, \"hash_ids\": 3}",
            "hash_ids is not an array"
        ),
        (
            "{\"timestamp\": 5, \"input_length\": \"9\", \"output_length\": 5}",
            "input_length is not a number"
        ),
        ("[1, 2]", "not a JSON object"),
        ("{\"timestamp\": 5} trailing", "text follows the object"),
    ])
    func badRowsOfMooncakeAreRefusedWithTheirLine(_ row: String, _ message: String) throws {
        let text = try failure(Self.mooncake + row)
        #expect(text.hasPrefix("FILE:2: "))
        #expect(text.contains(message))
    }

    @Test(arguments: [
        ("\"id\":1,\"arrival_us\":1,\"prompt_tokens\":1,\"output_tokens\":1", "occurs twice"),
        ("\"arrival_us\":-1,\"prompt_tokens\":1,\"output_tokens\":1", "is negative"),
        (
            "\"arrival_us\":9223372036854775807,\"prompt_tokens\":1,\"output_tokens\":1",
            "beyond 292 years"
        ),
        (
            "\"arrival_us\":9223372036854775808,\"prompt_tokens\":1,\"output_tokens\":1",
            "does not fit 64 bits"
        ),
        ("\"arrival_us\":1,\"segments\":[[1]],\"output_tokens\":1", "a segment has 1 numbers"),
        ("\"arrival_us\":1,\"segments\":[[1,0]],\"output_tokens\":1", "a segment of 0 tokens"),
        ("\"arrival_us\":1,\"segments\":[[1,2147483647]],\"output_tokens\":1", "a segment of"),
        ("\"arrival_us\":1,\"segments\":[[-1,4]],\"output_tokens\":1", "a content id is -1"),
        (
            "\"arrival_us\":1,\"segments\":[[1,4]],\"prompt_tokens\":5,\"output_tokens\":1",
            "the segments hold 4"
        ),
        (
            "\"arrival_us\":1,\"prompt_tokens\":5,\"output_tokens\":3,\"max_tokens\":2",
            "max_tokens 2 is below"
        ),
        ("\"arrival_us\":1,\"prompt_tokens\":5", "a key is missing"),
        ("\"arrival_us\":1,\"priority\":99999999999,\"prompt_tokens\":5", "does not fit 32 bits"),
        ("\"arrival_us\":1,\"prompt_tokens\":5,\"priority\":1.5", "priority is 1.5; expected a w"),
        ("\"arrival_us\":1,\"output_tokens\" : 2e3", "output_tokens is 2e3; expected a whole"),
        ("\"arrival_us\":1,\"segments\":[[1.5,4]]", "a number of a list is 1.5"),
        ("\"arrival_us\":1,\"priority\":\"a\"", "priority is not a number: the text \"a\";"),
    ])
    func badRowsOfTheNativeFormatAreRefused(_ keys: String, _ message: String) throws {
        let good = "{\"id\":1,\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1}\n"
        let text = try failure(good + "{" + keys + "}\n")
        #expect(text.hasPrefix("FILE:2: "))
        #expect(text.contains(message), "\(text)")
    }

    @Test func deepNestingIsSkippedWithoutRecursion() throws {
        let depth = 1_000_000
        let nested =
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let text =
            "{\"x\":\(nested),\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1}\n"
        var options = TraceOptions()
        options.format = .native
        #expect(try withFile(text) { try readAll($0, options).workload.count } == 1)
    }
}
