// A libFuzzer target for the trace readers, one per format: see Tests/Fuzz/README.md.
import Basics
import Foundation
import Traces

/// The format under test, from the environment; nil: told by the content.
private let format = ProcessInfo.processInfo.environment["HEADWAY_FUZZ_FORMAT"]
    .flatMap(TraceFormat.init)

/// Reads the bytes as a trace, then checks what every reader promises about its requests.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let folder = "/tmp/headway-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
    let path = folder + "/0_trace.jsonl"
    if !FileManager.default.fileExists(atPath: path) {
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for (file, key) in [
            ("1_sys_prompt", "sys_prompt_id"), ("2_passages", "passage_id"),
            ("3_history", "history_id"), ("4_user_input", "user_input_id"),
            ("5_web_search", "web_search_id"),
        ] {
            let table = (0..<8).map { "{\"\(key)\": \($0), \"token_length\": \($0 + 1)}\n" }
            try? table.joined().write(
                toFile: folder + "/" + file + ".jsonl", atomically: false, encoding: .utf8)
        }
    }
    guard let file = fopen(path, "w") else { return 0 }
    fwrite(bytes, 1, count, file)
    fclose(file)
    var options = TraceOptions()
    options.format = format
    do {
        var (source, _) = try openTrace(path, options: options)
        var last: Int64 = 0
        while let batch = try source.next() {
            precondition(batch.segmentEnds.isEmpty || batch.segmentEnds.count == batch.count)
            for row in 0..<batch.count {
                precondition(batch.arrivals[row] >= last, "arrivals go back")
                last = batch.arrivals[row]
                precondition(batch.promptTokens[row] > 0 && batch.outputTokens[row] > 0)
                let segments = batch.segments(of: row)
                precondition(segments.allSatisfy { $0.length > 0 && $0.offset >= 0 })
                let tokens = segments.reduce(0) { $0 + Int($1.length) }
                precondition(segments.isEmpty || tokens == Int(batch.promptTokens[row]))
                precondition(batch.waits(of: row).allSatisfy { $0.delay >= 0 })
            }
        }
    } catch is InputError {
        // One clear line is what bad input deserves.
    } catch {
        preconditionFailure("an error that is not the user's: \(error)")
    }
    return 0
}
