import Basics
import Results
import Simulator

/// Writes requests.csv to a temporary file, as `headway run --out` does.
final class RowWriter: RunObserver {
    private let output: OutputFile

    init(_ file: TemporaryFile) throws {
        output = try OutputFile(path: file.path, name: file.path, digests: true)
    }

    func record(_ record: RequestRecord) throws {
        try output.write(atMost: RequestLine.longest) { RequestLine.put(record, into: &$0) }
    }

    func close() throws { try output.finish() }
}
