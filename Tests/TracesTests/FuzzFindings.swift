import Testing
import Traces

/// Inputs that broke a reader under the fuzzer, each kept as a test.
@Suite struct FuzzFindings {
    private static let ids = "\"hash_ids\":[0],\"hash_ids\":[0]"

    @Test(arguments: [
        "{\"arrival_us\":0,\"segments\":[[1,10]],\"segments\":[[1,10]],\"output_tokens\":9}",
        "{\"timestamp\":0,\"input_length\":9,\"output_length\":5,\(ids)}",
        "{\"chat_id\":1,\"timestamp\":0,\"input_length\":9,\"output_length\":5,\(ids)}",
        "{\"requests\":[{\"t\":0,\"in\":64,\"out\":9,\(ids)}]}",
    ])
    func aListThatStandsTwiceIsRefused(_ line: String) throws {
        #expect(try failure(line).contains("occurs twice"))
    }
}
