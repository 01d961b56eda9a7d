import Foundation

/// A file that appears whole or not at all: written beside its place and renamed by `commit()`.
/// A name that ends in `.gz` is compressed. A link is followed; what is no regular file (a pipe, a
/// device) is written as it comes.
///
///     let file = try WholeFile("trace.jsonl.gz")
///     try file.write(Array("...".utf8))
///     try file.commit()
public final class WholeFile {
    private let target: String
    /// Where it is written; nil: into its place.
    private let staging: String?
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
        guard !path.isEmpty else {
            throw InputError("output", "has no name", expected: "a file to write")
        }
        target = Self.resolved(path)
        var status = stat()
        let isOther = stat(target, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let process = ProcessInfo.processInfo.processIdentifier
        staging = isOther ? nil : target + ".headway-partial-\(process)"
        gzip = path.hasSuffix(".gz") ? try GzipWriter(for: path) : nil
        if let staging { Unfinished.began(staging) }
        output = try OutputFile(path: staging ?? target, name: path)
    }

    /// Where a link leads, if it leads to something.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    deinit {
        guard let staging else { return }
        if !isCommitted { unlink(staging) }
        Unfinished.ended(staging)
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
        if let staging, rename(staging, target) != 0 { throw OutputFile.failure(target) }
        isCommitted = true
    }
}
