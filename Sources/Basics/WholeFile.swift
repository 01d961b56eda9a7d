import Foundation

/// A file that appears whole or not at all: written beside its place and renamed by `commit()`.
/// A name that ends in `.gz` is compressed.
///
///     let file = try WholeFile("trace.jsonl.gz")
///     try file.write(Array("...".utf8))
///     try file.commit()
public final class WholeFile {
    private let target: String
    private let staging: String
    private let output: OutputFile
    private let gzip: GzipWriter?
    private var pending: [UInt8] = []
    private var isCommitted = false

    /// Begins a file. Throws `InputError` where it cannot be written.
    public init(_ path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            throw InputError(path, "it is a folder", expected: "a file to write")
        }
        target = path
        staging = path + ".headway-partial-\(ProcessInfo.processInfo.processIdentifier)"
        gzip = path.hasSuffix(".gz") ? try GzipWriter(for: path) : nil
        output = try OutputFile(path: staging, name: path)
    }

    deinit {
        if !isCommitted { unlink(staging) }
    }

    /// Adds bytes. Throws `InputError` when the system takes no more, as on a full disk.
    public func write(_ bytes: [UInt8]) throws {
        guard let gzip else {
            try output.write(bytes)
            return
        }
        pending += bytes
        if pending.count >= 1 << 20 {
            try output.write(gzip.compress(pending, isLast: false))
            pending.removeAll(keepingCapacity: true)
        }
    }

    /// Adds a text and a newline.
    public func writeLine(_ text: String) throws { try write(Array(text.utf8) + [10]) }

    /// Puts the file in its place.
    public func commit() throws {
        if let gzip { try output.write(gzip.compress(pending, isLast: true)) }
        try output.finish()
        guard rename(staging, target) == 0 else { throw OutputFile.failure(target) }
        isCommitted = true
    }
}
