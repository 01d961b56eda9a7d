import Basics
import Foundation

/// The lines of a text file, plain or gzip, front to back.
///
/// A plain file is mapped and its lines point into the mapping; a gzip file is inflated a megabyte
/// at a time. Line ends are LF or CRLF; the last line may lack one. Memory: one line and one
/// buffer, whatever the file's length.
struct LineReader {
    /// The path as the user gave it, for messages.
    let path: String
    /// Number of the line last returned, counted from 1; 0 before the first.
    private(set) var line = 0
    private let file: MappedFile
    private let inflater: Inflater?
    /// Bytes at hand.
    private var window: UnsafeRawBufferPointer
    /// Where the next line begins in the window.
    private var position = 0

    /// A longer line than this is no trace's: 256 MiB.
    static let longestLine = 1 << 28
    private static let releaseGrain = 1 << 24

    /// Throws `InputError` as `MappedFile` does, and for corrupt gzip data.
    init(_ path: String) throws {
        self.path = path
        file = try MappedFile(path)
        if GzipReader.recognizes(file.bytes) {
            inflater = try Inflater(file)
            window = try inflater!.refill(keeping: .init(start: nil, count: 0))
            if window.isEmpty { throw InputError(path, "the gzip file holds nothing") }
        } else {
            inflater = nil
            window = file.bytes
        }
        if window.count >= 3, window[0] == 0xef, window[1] == 0xbb, window[2] == 0xbf {
            position = 3  // A UTF-8 byte order mark, as spreadsheet programs write it.
        }
    }

    /// The file and the line last returned, for messages.
    var place: String { "\(path):\(line)" }

    /// Bytes at hand from the current position, to recognise a format by. Valid until `next`.
    var preview: UnsafeRawBufferPointer { .init(rebasing: window[position...]) }

    /// Everything from the current position to the end as one buffer, for formats without lines.
    mutating func rest() throws -> UnsafeRawBufferPointer {
        while let inflater {
            let old = window.count - position
            window = try inflater.refill(keeping: preview)
            position = 0
            if window.count == old { break }
        }
        defer { position = window.count }
        return preview
    }

    /// The next line without its end, or nil at the end of the file. Valid until the next call.
    @inline(__always) mutating func next() throws -> ByteCursor? {
        if let base = window.baseAddress, position < window.count,
            let found = memchr(base + position, 10, window.count &- position)
        {
            let end = UnsafeRawPointer(found) - base
            return take(upTo: end, following: end &+ 1)
        }
        return try lastOrNextWindow()
    }

    /// The next line where no line end is at hand: after more of the file, or without one.
    @inline(never) private mutating func lastOrNextWindow() throws -> ByteCursor? {
        var searched = window.count - position
        while let inflater, searched < Self.longestLine {
            window = try inflater.refill(keeping: preview)
            position = 0
            if window.count == searched { break }
            if let found = memchr(
                window.baseAddress! + searched, 10, window.count - searched)
            {
                let end = UnsafeRawPointer(found) - window.baseAddress!
                return take(upTo: end, following: end + 1)
            }
            searched = window.count
        }
        guard position < window.count else { return nil }
        return take(upTo: window.count, following: window.count)
    }

    @inline(__always)
    private mutating func take(upTo end: Int, following: Int) -> ByteCursor {
        let start = window.baseAddress! + position
        var length = end &- position
        if length > 0, start.load(fromByteOffset: length &- 1, as: UInt8.self) == 13 {
            length &-= 1
        }
        let result = ByteCursor(
            UnsafeRawBufferPointer(start: start, count: length),
            following: window.count &- position &- length)
        if inflater == nil, following / Self.releaseGrain > position / Self.releaseGrain {
            file.release(before: position)
        }
        position = following
        line &+= 1
        return result
    }
}

/// A growing buffer filled from a gzip file.
final class Inflater {
    private let reader: GzipReader
    private var buffer: UnsafeMutableRawBufferPointer
    private static let grain = 1 << 20

    init(_ file: MappedFile) throws {
        reader = try GzipReader(file)
        buffer = .allocate(byteCount: 2 * Self.grain, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The kept bytes (a part of the last result) followed by new ones; no new ones at the end.
    func refill(keeping kept: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
        if kept.count + Self.grain > buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: 2 * (kept.count + Self.grain), alignment: 16)
            larger.copyMemory(from: kept)
            buffer.deallocate()
            buffer = larger
        } else if let source = kept.baseAddress {
            memmove(buffer.baseAddress!, source, kept.count)
        }
        let added = try reader.read(into: .init(rebasing: buffer[kept.count...]))
        return .init(rebasing: buffer[..<(kept.count + added)])
    }
}
