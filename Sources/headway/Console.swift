import Basics
import Foundation
import Reports
import Results

/// Standard output and standard error, with their failures detected.
enum Console {
    /// The reader closed standard output (`headway run | head`). The program ends silently with
    /// status 0.
    struct ReaderLeft: Error {}

    /// Whether a path is the pipe, terminal or file that standard output goes to.
    static func isStandardOutput(_ path: String) -> Bool {
        var output = stat()
        guard fstat(STDOUT_FILENO, &output) == 0, let file = FileSystem.status(path) else {
            return false
        }
        let isNothing = path == "/dev/null"
        return !isNothing && file.st_dev == output.st_dev && file.st_ino == output.st_ino
    }

    /// Writes a text and a newline to standard output, or to standard error. Throws `ReaderLeft`
    /// for a closed pipe and `InputError` for any other failure, such as a full disk.
    static func write(_ text: String, toError: Bool = false) throws {
        let shown = PageWidth.wrapped(PathText.shown(text))
        try Progress.withoutLine {
            try put(Self.plain(shown) + "\n", to: toError ? STDERR_FILENO : STDOUT_FILENO)
        }
    }

    /// Writes a page of figures to standard output. Sentences fit 80 columns if it is not a
    /// terminal. Throws as `write` does.
    static func writePage(_ text: String) throws { try write(PageWidth.page(text)) }

    /// Writes a value as JSON with snake_case keys to standard output, or to standard error.
    static func writeJSON(_ value: some Encodable, toError: Bool = false) throws {
        let text = try jsonText(value) + "\n"
        try Progress.withoutLine {
            try put(text, to: toError ? STDERR_FILENO : STDOUT_FILENO)
        }
    }

    /// Writes lines to standard output unchanged, for programs that read them. Throws as `write`
    /// does.
    static func writeTable(_ lines: String) throws {
        try Progress.withoutLine { try put(lines, to: STDOUT_FILENO) }
    }

    /// Writes one line to standard error, prefixed with the program's name.
    static func complain(_ line: String) {
        let text = line.echoed(atMost: 1_400, bytes: 1_420)
        Progress.withoutLine { try? put("headway: \(text)\n", to: STDERR_FILENO) }
    }

    /// Replaces the progress line on standard error; an empty line removes it. Only `Progress`
    /// calls this.
    static func show(progress line: String) {
        // Carriage return, text, and "erase to the end of the line" (ECMA-48 EL).
        try? put("\r\(line)\u{1b}[K", to: STDERR_FILENO)
    }

    /// Whether standard error is a terminal, where a progress line makes sense.
    static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal on standard output; nil if it is not a terminal or does not tell.
    static var columns: Int? { columns(of: STDOUT_FILENO) }

    /// Columns of a terminal; nil if there is none.
    static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1,
            ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return nil }
        return Int(size.ws_col)
    }

    /// The text without control characters, except line breaks.
    private static func plain(_ text: String) -> String {
        let isOdd = text.unicodeScalars.contains {
            $0 != "\n" && $0.properties.generalCategory == .control
        }
        guard isOdd else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.echoed(atMost: .max / 16) }.joined(separator: "\n")
    }

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
