import Foundation
import Reports
import Simulator

/// Writes requests.csv to a temporary file, as `headway run --out` does.
final class RowWriter: RunObserver {
    private let path: URL
    private let handle: FileHandle
    private var buffer: [UInt8] = []

    init() throws {
        path = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-bench-\(UUID().uuidString).csv")
        try Data().write(to: path)
        handle = try FileHandle(forWritingTo: path)
    }

    func record(_ record: RequestRecord) throws {
        RequestLine.append(record, to: &buffer)
        if buffer.count > 1 << 16 { try flush() }
    }

    private func flush() throws {
        try handle.write(contentsOf: Data(buffer))
        buffer.removeAll(keepingCapacity: true)
    }

    func close() throws {
        try flush()
        try handle.close()
    }

    func remove() { try? FileManager.default.removeItem(at: path) }
}
