import Foundation

extension InputFile {
    /// Calls `body` with every line of a file, without its line end, and the line's number from 1.
    /// Every line must end in a newline. The bytes are valid during the call only. O(bytes);
    /// memory: one line and a quarter of a megabyte.
    ///
    /// Throws `InputError` as `init` and `read` do, for a last line without a newline, and for a
    /// line of more than 256 MiB.
    package static func eachLine(
        _ path: String, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
    ) throws {
        let file = try InputFile(path)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var kept = 0
        var line = 1
        while true {
            let added = try buffer.withUnsafeMutableBytes {
                try file.read(into: .init(rebasing: $0[kept...]))
            }
            guard added > 0 else { break }
            let count = kept + added
            var start = 0
            try buffer.withUnsafeBytes { bytes in
                let base = bytes.baseAddress!
                while let found = memchr(base + start, 10, count - start) {
                    let end = UnsafeRawPointer(found) - base
                    try body(.init(rebasing: bytes[start..<end]), line)
                    line += 1
                    start = end + 1
                    if start == count { break }
                }
            }
            kept = count - start
            guard kept <= 1 << 28 else {
                throw InputError(
                    "\(path):\(line)", "the line is longer than \(1 << 28) bytes",
                    expected: "a file that headway wrote")
            }
            buffer.withUnsafeMutableBytes { bytes in
                _ = memmove(bytes.baseAddress!, bytes.baseAddress! + start, kept)
            }
            if 2 * kept > buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
        }
        guard kept == 0 else {
            throw InputError("\(path):\(line)", "is cut off", expected: "a complete line")
        }
    }
}
