import Foundation

/// A file that appears whole or not at all: it is written beside its place and renamed by
/// `commit()`. A name that ends in `.gz` is compressed. Follows links. Writes pipes and devices
/// directly.
///
///     let file = try WholeFile("trace.jsonl.gz")
///     try file.write(Array("...".utf8))
///     try file.commit()
package final class WholeFile {
    /// The name as the user gave it.
    private let name: String
    private let target: String
    /// Path of the hidden file beside the target; nil: writes directly to the target.
    private let staging: String?
    private let output: OutputFile
    private let gzip: GzipWriter?
    private var pending: [UInt8] = []
    private var isCommitted = false

    /// Begins a file. Throws `InputError` if it cannot be written, or would replace an input of the
    /// command.
    package init(_ path: String) throws {
        guard !path.isEmpty else {
            throw InputError("output", "has no name", expected: "a file to write")
        }
        guard path != "-" else {
            throw InputError(
                "output", "- is no file", expected: "a file, /dev/stdout, or ./- for that name")
        }
        if FileSystem.isFolder(path) {
            throw InputError(path, "it is a folder", expected: "a file to write")
        }
        name = path
        let isOther = FileSystem.status(path).map { $0.st_mode & S_IFMT != S_IFREG } ?? false
        target = isOther ? path : FileSystem.resolved(path)
        try FileLedger.process.replaces(target)
        gzip = path.hasSuffix(".gz") ? try GzipWriter(for: path) : nil
        if isOther {
            staging = nil
            output = try OutputFile(path: target, name: path)
            Unfinished.began(stream: path)
        } else {
            let folder = target.containingFolder
            for name in Staging.abandoned(in: folder, prefix: target.lastPathName) {
                FileSystem.remove(folder.appending(pathComponent: name))
            }
            (staging, output) = try Self.stage(target, name: path)
        }
    }

    /// Creates a hidden file beside the target.
    private static func stage(_ target: String, name: String) throws -> (String, OutputFile) {
        for attempt in 1...Staging.attempts {
            let staging = target + Staging.name(attempt: attempt)
            let descriptor = FileSystem.call(staging) {
                open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            }
            if descriptor < 0, errno == EEXIST { continue }
            let file = try OutputFile(descriptor: descriptor, name: name)
            Unfinished.began(staging)
            Staging.lock(descriptor)
            return (staging, file)
        }
        throw OutputFile.failure(name)
    }

    deinit {
        guard let staging else { return }
        if !isCommitted { FileSystem.remove(staging) }
        Unfinished.ended(staging)
    }

    /// Adds bytes. Throws `InputError` if a write fails, as on a full disk.
    package func write(_ bytes: [UInt8]) throws {
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
    package func writeLine(_ text: String) throws { try write(Array(text.utf8) + [10]) }

    /// Moves the file into place.
    package func commit() throws {
        if let gzip { try output.write(gzip.compress(pending, isLast: true)) }
        try output.finish()
        if let staging {
            try Unfinished.put(name) {
                guard FileSystem.move(staging, to: target) else { throw OutputFile.failure(name) }
            }
        } else {
            Unfinished.ended(stream: name)
        }
        isCommitted = true
    }
}
