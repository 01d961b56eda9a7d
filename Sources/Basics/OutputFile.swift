import Foundation

/// A file being written through a buffer. Reports every failure.
///
/// A class because a file is one thing with one position, however many references there are.
package final class OutputFile {
    /// The name in messages.
    package let name: String
    let descriptor: Int32
    /// Digest of the bytes written to the system; nil if not wanted.
    private var digest: ContentDigest?
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var sent = 0
    private var isOpen = true
    /// Bytes buffered before a write.
    private static let bufferSize = 1 << 18

    /// Creates or truncates the file at a path. `name`: its name in messages. `digests`: whether to
    /// compute the digest of what is written. Throws `InputError`.
    package convenience init(path: String, name: String, digests: Bool = false) throws {
        let descriptor = FileSystem.call(path) {
            open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        try self.init(descriptor: descriptor, name: name, digests: digests)
    }

    /// Takes a descriptor opened for writing, or the failure to open it (a negative one). Throws
    /// `InputError`.
    init(descriptor: Int32, name: String, digests: Bool = false) throws {
        self.name = name
        self.descriptor = descriptor
        digest = digests ? ContentDigest() : nil
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
        guard descriptor >= 0 else { throw Self.failure(name) }
    }

    deinit {
        buffer.deallocate()
        if isOpen, descriptor >= 0 { close(descriptor) }
    }

    /// Adds bytes. O(bytes). Throws `InputError` if a write fails, as on a full disk.
    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Adds a text and a newline. Throws as `write` does.
    package func writeLine(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
        try write(atMost: 1) { $0.put(byte: 0x0A) }
    }

    /// Adds what `compose` puts into its buffer, at most `room` (up to 4,096) bytes. O(bytes).
    /// Throws as `write` does.
    package func write(atMost room: Int, _ compose: (inout TextRoom) -> Void) throws {
        precondition((0...4096).contains(room), "too much to compose at once")
        if Self.bufferSize - filled < room { try flush() }
        var text = TextRoom(.init(rebasing: buffer[filled..<(filled + room)]))
        compose(&text)
        filled += text.count
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        if Self.bufferSize - filled < bytes.count { try flush() }
        guard bytes.count <= Self.bufferSize else { return try send(bytes) }
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: bytes)
        filled += bytes.count
    }

    /// Writes what is buffered and closes the file.
    package func finish() throws {
        try flush()
        isOpen = false
        guard close(descriptor) == 0 else { throw Self.failure(name) }
    }

    /// The digest (`ContentDigest`) of everything written, once the file is finished; nil if not
    /// computed.
    package var contentDigest: String? { digest?.hexadecimal }

    /// Bytes written so far.
    package var size: Int { sent + filled }

    private func flush() throws {
        try send(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        filled = 0
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws {
        digest?.add(bytes)
        sent += bytes.count
        var written = 0
        while written < bytes.count {
            let count = Foundation.write(
                descriptor, bytes.baseAddress! + written, bytes.count - written)
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw Self.failure(name)
            }
        }
    }

    /// The error for the last `errno`.
    static func failure(_ name: String) -> InputError {
        InputError(
            name, "cannot be written (\(FileSystem.lastProblem))",
            expected: "a place that can be written, with room")
    }
}
