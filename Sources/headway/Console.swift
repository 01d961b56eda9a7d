import Basics
import Foundation
import Reports

/// Standard output and standard error, with their failures seen.
enum Console {
    /// Whoever read standard output has closed it, as `headway run | head` does: nothing is wrong,
    /// and nothing more needs to be said.
    struct ReaderLeft: Error {}

    /// Writes a text and a newline to standard output. Throws `ReaderLeft` for a closed pipe and
    /// `InputError` for any other failure, such as a full disk.
    static func write(_ text: String) throws {
        try put(PathText.shown(text) + "\n", to: STDOUT_FILENO)
    }

    /// Writes a value as JSON with snake_case keys to standard output.
    static func writeJSON(_ value: some Encodable) throws {
        try put(jsonText(value) + "\n", to: STDOUT_FILENO)
    }

    /// Writes one line to standard error, prefixed with the program's name.
    static func complain(_ line: String) {
        try? put("headway: \(line)\n", to: STDERR_FILENO)
    }

    /// Shows a line of progress in place of the last one, on standard error. Call only when
    /// `showsProgress`; an empty line removes it.
    static func progress(_ line: String) {
        // Carriage return, text, and "erase to the end of the line" (ECMA-48 EL).
        try? put("\r\(line)\u{1b}[K", to: STDERR_FILENO)
    }

    /// Whether standard error is a terminal, where a progress line makes sense.
    static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

    private static func put(_ text: String, to descriptor: Int32) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno == EPIPE {
                throw ReaderLeft()
            } else if errno != EINTR {
                throw InputError(
                    "standard output", "cannot be written (\(String(cString: strerror(errno))))",
                    expected: "a terminal, a pipe or a file with room")
            }
        }
    }
}
