import Foundation

/// Reads files that people write: configurations, suites, tables. A pipe is read to its end, and
/// nothing grows without bound: a trace, or `/dev/zero`, given by mistake is refused at once.
///
///     let data = try SmallFile.data(path, atMost: 1_000_000, as: "a suite (JSON5)")
public enum SmallFile {
    /// The bytes of a file. `wanted` says what the file should be, for errors.
    ///
    /// Throws `InputError` for a missing file, a folder, one that cannot be read, or one of more
    /// than `most` bytes.
    public static func data(_ path: String, atMost most: Int, as wanted: String) throws -> Data {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let problem =
                errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
            throw InputError(path.isEmpty ? "\"\"" : path, problem, expected: wanted)
        }
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw InputError(path, "is a folder", expected: wanted)
        }
        var data = Data()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw InputError(path, String(cString: strerror(errno)), expected: wanted)
            }
            if count == 0 { return data }
            data += piece[..<count]
            guard data.count <= most else {
                throw InputError(path, "is larger than \(most) bytes", expected: wanted)
            }
        }
    }

    /// The text of a file, without a byte order mark. Throws as `data` does, and for what is not
    /// UTF-8.
    public static func text(_ path: String, atMost most: Int, as wanted: String) throws -> String {
        let data = try data(path, atMost: most, as: wanted)
        guard let text = String(validating: data, as: UTF8.self) else {
            let isWide = data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF])
            throw InputError(
                path, isWide ? "is UTF-16" : "is not UTF-8", expected: wanted + " in UTF-8")
        }
        return text.unicodeScalars.first == "\u{FEFF}"
            ? String(text.unicodeScalars.dropFirst()) : text
    }
}
