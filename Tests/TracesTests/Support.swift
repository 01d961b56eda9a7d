import Basics
import Foundation
import TestSupport
import Traces

/// Writes text to a file of its own, hands its path on, and removes it.
func withFile<Result>(
    _ text: String, name: String = "trace", _ body: (String) throws -> Result
) throws -> Result {
    try withFile(Data(text.utf8), name: name, body)
}

func withFile<Result>(
    _ data: Data, name: String = "trace", _ body: (String) throws -> Result
) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("headway-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try data.write(to: file)
    return try body(file.path)
}

/// Everything a trace holds, as one workload, with the notes.
func readAll(
    _ path: String, _ options: TraceOptions = TraceOptions()
) throws -> (workload: Workload, notes: TraceNotes) {
    var (source, notes) = try openTrace(path, options: options)
    var all = Workload()
    while let batch = try source.next() { all.append(contentsOf: batch) }
    return (all, notes)
}

/// The message of the error that reading a text gives.
func failure(_ text: String, _ options: TraceOptions = TraceOptions()) throws -> String {
    try withFile(text) { path in
        do {
            _ = try readAll(path, options)
            return "no error"
        } catch let error as InputError {
            return error.description.replacingOccurrences(of: path, with: "FILE")
        }
    }
}

/// A file beside the checkout.
func shared(_ path: String) -> String { evidence!.appendingPathComponent(path).path }
