import Foundation
import Synchronization

/// Reads a file's bytes from front to back: plain or gzip (all members), a regular file, a pipe or
/// a device; `-` is standard input.
///
///     let file = try InputFile("trace.jsonl.gz")
///     while case let count = try file.read(into: buffer), count > 0 { ... }
///
/// Files are read, not mapped: if another process truncates the file, that is an error and not a
/// signal. Memory: 64 KiB, and zlib's window for gzip.
package final class InputFile {
    /// What messages call standard input.
    package static let standardName = "standard input"

    /// The name in messages: the path as the user gave it, or `standardName`.
    package let path: String
    private let raw: RawInput
    private var inflater: GzipReader?

    /// Opens a file and detects gzip. Waits for a pipe's first bytes.
    ///
    /// Throws `InputError` for a missing, empty or unreadable file, a folder, a pipe without a
    /// writer, or a pipe that was read before.
    package init(_ path: String) throws {
        raw = try RawInput(path)
        self.path = raw.name
        guard try raw.peek() > 0 else {
            throw InputError(
                raw.name, raw.isRegular ? "the file is empty" : "nothing came through the pipe",
                expected: "at least one byte")
        }
        if GzipReader.recognizes(raw.peeked) { inflater = try GzipReader(raw) }
    }

    /// Fills `target` as far as the data reaches. Returns the number of bytes; 0 at the end.
    /// O(bytes).
    ///
    /// Throws `InputError` for a file truncated while being read, and for corrupt gzip data.
    package func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        if let inflater { return try inflater.read(into: target) }
        var filled = 0
        while filled < target.count {
            let count = try raw.read(into: .init(rebasing: target[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Whether a path names a pipe or a device, which can be read only once.
    package static func isReadOnce(_ path: String) -> Bool {
        var status = stat()
        guard (path == "-" ? fstat(0, &status) : FileSystem.call(path) { stat($0, &status) }) == 0
        else { return false }
        return path == "-" || ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    /// Calls `body` with the raw bytes of a file, gzip or not, piece by piece. `isInput`: whether
    /// the file counts as an input of the command (`FileLedger`). O(bytes).
    ///
    /// Throws as `init` and `read` do, and what `body` throws.
    package static func eachPiece(
        _ path: String, isInput: Bool = true, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let raw = try RawInput(path, isInput: isInput)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while case let count = try buffer.withUnsafeMutableBytes({ try raw.read(into: $0) }),
            count > 0
        {
            try buffer.withUnsafeBytes { try body(.init(rebasing: $0[..<count])) }
        }
    }

    /// The whole content of a file of at most `limit` bytes, inflated. O(bytes).
    ///
    /// Throws as `init` and `read` do, and `InputError` for a longer file, saying what is
    /// `expected`.
    package static func contents(
        _ path: String, atMost limit: Int, expected: String
    ) throws -> [UInt8] {
        let file = try InputFile(path)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(limit + 1, 1 << 18))
        while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }),
            count > 0
        {
            bytes += buffer[..<count]
            guard bytes.count <= limit else {
                throw InputError(
                    file.path, "is larger than \(limit) bytes", expected: expected)
            }
        }
        return bytes
    }
}

/// A descriptor being read: a file up to its length when it was opened, or a pipe to its end.
final class RawInput {
    /// The name in messages.
    let name: String
    let isRegular: Bool
    private let descriptor: Int32
    /// Bytes left to read; nil if the length is unknown.
    private var left: Int?
    private let length: Int
    /// Bytes of this file in `WorkShare`'s count; nil if not counted.
    private var counted: Int?
    private var head: UnsafeMutableRawBufferPointer
    private var headCount = 0
    private var headRead = 0

    private static let headSize = 1 << 16
    /// How long a pipe may have no writer, milliseconds. A shell starts one within a fraction of
    /// that.
    private static let patience: Int32 = 5_000

    init(_ path: String, isInput: Bool = true) throws {
        let isStandard = path == "-"
        name = isStandard ? InputFile.standardName : path
        var status = stat()
        let asked =
            isStandard ? fstat(0, &status) : FileSystem.call(path) { stat($0, &status) }
        guard asked == 0 else { throw Self.failure(name) }
        let kind = status.st_mode & S_IFMT
        isRegular = kind == S_IFREG
        guard kind != S_IFDIR, kind != S_IFBLK else {
            throw InputError(
                name, "it is \(kind == S_IFDIR ? "a folder" : "a disk")", expected: "a file")
        }
        if isStandard, isatty(0) == 1 {
            throw InputError(name, "is a terminal", expected: "a pipe or a file: ... | headway ...")
        }
        if !isRegular { try Self.claim(status, name) }
        // Opening a pipe without a writer would block for ever.
        let waits = isRegular ? 0 : O_NONBLOCK
        descriptor =
            isStandard
            ? dup(0) : FileSystem.call(path) { open($0, O_RDONLY | O_CLOEXEC | waits) }
        guard descriptor >= 0 else { throw Self.failure(name) }
        // The system's own files (such as those of /proc) report length 0: read to their end.
        let position = isRegular ? max(0, Int(lseek(descriptor, 0, SEEK_CUR))) : 0
        length = Int(status.st_size)
        left = isRegular && length > 0 ? max(0, length - position) : nil
        head = .allocate(byteCount: Self.headSize, alignment: 16)
        if isInput { try FileLedger.process.reads(descriptor, name) }
        if let left { WorkShare.opened(length: left) }
        counted = left
    }

    deinit {
        if let counted { WorkShare.closed(length: counted, read: counted - (left ?? 0)) }
        head.deallocate()
        close(descriptor)
    }

    /// Opened pipes and devices, which can be read only once.
    private static let claimed = Mutex<Set<[UInt64]>>([])

    private static func claim(_ status: stat, _ name: String) throws {
        let identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
        guard claimed.withLock({ $0.insert(identity).inserted }) else {
            throw InputError(
                name, "is a pipe, and what came through it has been read already",
                expected: "a file where a trace is read more than once: write it to a file first")
        }
    }

    /// The error for the last `errno`.
    private static func failure(_ name: String) -> InputError {
        let code = errno
        let isLimit = code == EMFILE || code == ENFILE
        return InputError(
            name, String(cString: strerror(code)),
            expected: isLimit
                ? "a higher limit of open files (ulimit -n)" : "a readable file")
    }

    /// Reads the first bytes, at least two if there are as many. Returns how many it holds.
    func peek() throws -> Int {
        while headCount < 2 {
            let count = try fetch(.init(rebasing: head[headCount...]))
            if count == 0 { break }
            headCount += count
        }
        return headCount
    }

    /// The bytes read by `peek`.
    var peeked: UnsafeRawBufferPointer { .init(rebasing: head[..<headCount]) }

    /// Reads some of the next bytes. Returns their number; 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        guard headRead < headCount else { return try fetch(target) }
        let count = min(headCount - headRead, target.count)
        target.copyMemory(from: .init(rebasing: head[headRead..<(headRead + count)]))
        headRead += count
        return count
    }

    private func fetch(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
        let room = min(target.count, left ?? .max, 1 << 30)
        guard room > 0 else {
            try checkLength()
            return 0
        }
        while true {
            let count = Foundation.read(descriptor, target.baseAddress!, room)
            if count > 0 {
                if let left {
                    self.left = left - count
                    WorkShare.wasRead(count)
                }
                return count
            }
            if count == 0 {
                if let left { throw wasCut(length - left) }
                if try !waitForWriter() { return 0 }
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                hasWriter = true
                try wait(-1)
            } else if errno != EINTR {
                throw Self.failure(name)
            }
        }
    }

    /// Whether the pipe has had a writer.
    private var hasWriter = false

    /// Called at what looks like a pipe's end. Returns whether a writer may still open it.
    private func waitForWriter() throws -> Bool {
        var status = stat()
        guard headCount == 0, !hasWriter, fstat(descriptor, &status) == 0,
            status.st_mode & S_IFMT == S_IFIFO
        else { return false }
        hasWriter = true
        if try wait(Self.patience) { return true }
        throw InputError(
            name, "no process writes to the pipe", expected: "one that does, or a file")
    }

    /// Waits for bytes or the end, at most `milliseconds` (-1: no limit). False if neither came.
    @discardableResult private func wait(_ milliseconds: Int32) throws -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&ready, 1, milliseconds)
            if count >= 0 { return count > 0 }
            guard errno == EINTR else { throw Self.failure(name) }
        }
    }

    /// Throws if the file became shorter: it then held other bytes than those read.
    private func checkLength() throws {
        guard isRegular, length > 0 else { return }
        var status = stat()
        if fstat(descriptor, &status) == 0, Int(status.st_size) < length {
            throw wasCut(Int(status.st_size))
        }
    }

    private func wasCut(_ count: Int) -> InputError {
        InputError(
            name, "was cut while it was read (\(count) of \(length) bytes are left)",
            expected: "a file that stays as it is: copy it first")
    }
}
