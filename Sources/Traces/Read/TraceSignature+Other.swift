import Basics

extension TraceSignature {
    /// Throws `InputError` for content that is not readable text, naming what it is and what to do:
    /// another compression than gzip, an archive, a table of another kind, another encoding.
    static func checkText(_ reader: LineReader) throws {
        let bytes = reader.preview
        for (magic, what, wayOut) in others where bytes.starts(with: magic) {
            throw InputError(reader.path, what, expected: wayOut)
        }
        if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
            throw InputError(reader.path, "a tar archive", expected: "a file of it (tar -x)")
        }
        // UTF-16 without a byte order mark: every other byte of English text is 0.
        if bytes.count >= 4, bytes[0] == 0 || bytes[1] == 0,
            bytes.prefix(64).filter({ $0 == 0 }).count >= min(64, bytes.count) / 3
        {
            throw InputError(
                reader.path, "text in UTF-16, or binary data",
                expected: "UTF-8 (iconv -f UTF-16 -t UTF-8)")
        }
        try checkLineEnds(reader)
    }

    /// Throws if lines end with a carriage return alone: they would all be one line.
    private static func checkLineEnds(_ reader: LineReader) throws {
        let head = reader.preview.prefix(1 << 16)
        let first = head.first { $0 > 32 }
        guard first != 0x7b, first != 0x5b, let turn = head.firstIndex(of: 13) else { return }
        guard turn + 1 < head.endIndex, head[turn + 1] != 10, head[turn + 1] != 13 else { return }
        throw InputError(
            "\(reader.path):1", "lines end with a carriage return alone, as on old Macintoshes",
            expected: "line feeds (tr '\\r' '\\n')")
    }

    private static let others: [(magic: [UInt8], what: String, wayOut: String)] = {
        func text(_ word: String) -> [UInt8] { Array(word.utf8) }
        let plain = "a plain or gzip file"
        let lines = "JSON lines or CSV"
        return [
            ([0x28, 0xb5, 0x2f, 0xfd], "compressed by zstd", "\(plain) (zstd -d)"),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "compressed by xz", "\(plain) (xz -d)"),
            (text("BZh"), "compressed by bzip2", "\(plain) (bzip2 -d)"),
            ([0x04, 0x22, 0x4d, 0x18], "compressed by lz4", "\(plain) (lz4 -d)"),
            ([0x1f, 0x9d], "compressed by compress", "\(plain) (uncompress)"),
            ([0x5d, 0, 0], "compressed by lzma", "\(plain) (xz --format=lzma -d)"),
            ([0x1f, 0x8b], "compressed by gzip twice", "one layer (gzip -d)"),
            (text("PK\u{3}\u{4}"), "a zip archive", "a file of it (unzip)"),
            (text("PK\u{5}\u{6}"), "an empty zip archive", plain),
            ([0x37, 0x7a, 0xbc, 0xaf], "a 7z archive", "a file of it (7z x)"),
            (text("PAR1"), "a Parquet file", "\(lines) (pandas: read_parquet, to_csv)"),
            (text("ARROW1"), "an Arrow file", "\(lines) (pandas: read_feather, to_csv)"),
            (text("Obj\u{1}"), "an Avro file", lines),
            (text("ORC"), "an ORC file", lines),
            (text("SQLite format 3"), "an SQLite database", "\(lines) (sqlite3 -csv)"),
            ([0x89, 0x48, 0x44, 0x46], "an HDF5 file", lines),
            ([0x80, 4, 0x95], "a Python pickle", lines),
            ([0xff, 0xfe, 0, 0], "text in UTF-32", "UTF-8 (iconv -f UTF-32 -t UTF-8)"),
            ([0xff, 0xfe], "text in UTF-16", "UTF-8 (iconv -f UTF-16 -t UTF-8)"),
            ([0xfe, 0xff], "text in UTF-16", "UTF-8 (iconv -f UTF-16 -t UTF-8)"),
            (
                text("version https://git-lfs"), "a pointer of Git LFS, not the trace",
                "the file itself (git lfs pull)"
            ),
            (text("<!DOCTYPE"), "a page of HTML, not a trace", "the file itself"),
            (text("<!doctype"), "a page of HTML, not a trace", "the file itself"),
            (text("<html"), "a page of HTML, not a trace", "the file itself"),
            (text("%PDF"), "a PDF file", lines),
        ]
    }()
}
