import Foundation

/// A file being written, through a buffer, with every failure seen.
///
/// A class because a file is one thing with one position, however many hold it.
public final class OutputFile {
    /// Where it will be, for messages.
    public let name: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isOpen = true
    /// Bytes gathered before they are handed to the system.
    private static let bufferSize = 1 << 16

    /// Creates a file at a path; `name` is what messages call it. Throws `InputError`.
    public init(path: String, name: String) throws {
        self.name = name
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(name) }
        buffer.reserveCapacity(Self.bufferSize + 4096)
    }

    deinit {
        if isOpen { close(descriptor) }
    }

    /// Adds bytes. O(bytes). Throws `InputError` when the system takes no more, as on a full disk.
    public func write(_ bytes: some Sequence<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Adds a text and a newline.
    public func writeLine(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        buffer.append(0x0A)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Hands everything to the system and closes the file.
    public func finish() throws {
        try flush()
        isOpen = false
        guard close(descriptor) == 0 else { throw Self.failure(name) }
    }

    private func flush() throws {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { bytes in
                Foundation.write(
                    descriptor, bytes.baseAddress! + written, bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw Self.failure(name)
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// The error for the system's last complaint.
    static func failure(_ name: String) -> InputError {
        InputError(
            name, "cannot be written (\(String(cString: strerror(errno))))",
            expected: "a place that can be written, with room")
    }
}
