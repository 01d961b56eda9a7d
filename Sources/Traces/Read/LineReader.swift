import Basics
import Foundation

/// The lines of a text file, plain or gzip, from start to end; blank lines are skipped.
///
/// Line ends are LF or CRLF; the last line may lack one. Memory: one line and a buffer of a
/// megabyte, whatever the file's length.
struct LineReader {
    /// The path as the user gave it, for messages.
    let path: String
    /// Number of the last returned line, from 1; 0 before the first.
    private(set) var line = 0
    private let input: InputWindow
    /// The bytes at hand.
    private var window: UnsafeRawBufferPointer
    /// Where the next line begins in the window.
    private var position = 0
    /// If lines are not in the file's order: the number that each has in the file.
    private let numbers: [Int32]?

    /// Longest line: 256 MiB, plain or decompressed.
    static let longestLine = 1 << 28

    /// Throws `InputError` as `InputFile` does.
    init(_ path: String) throws {
        let file = try InputFile(path)
        self.path = file.path
        input = InputWindow(file)
        numbers = nil
        window = try input.refill(keeping: .init(start: nil, count: 0))
        if window.isEmpty { throw InputError(path, "the gzip file holds nothing") }
        if window.count >= 3, window[0] == 0xef, window[1] == 0xbb, window[2] == 0xbf {
            position = 3  // A UTF-8 byte order mark, as spreadsheet programs write it.
        }
    }

    /// Lines in another order than a file's. `numbers` are their numbers in the file.
    private init(path: String, _ bytes: InputWindow, numbers: [Int32]) throws {
        self.path = path
        self.numbers = numbers
        input = bytes
        window = try bytes.refill(keeping: .init(start: nil, count: 0))
    }

    /// The file and number of the last returned line, for messages.
    var place: String {
        guard let numbers, line > 0 else { return "\(path):\(line)" }
        return "\(path):\(numbers[line - 1])"
    }

    /// The bytes at hand from the current position, for recognising a format: a megabyte at the
    /// beginning, less if the file is shorter. Valid until `next`.
    var preview: UnsafeRawBufferPointer { .init(rebasing: window[position...]) }

    /// Everything from the current position to the end as one buffer, for formats without lines.
    mutating func rest() throws -> UnsafeRawBufferPointer {
        while true {
            let old = window.count - position
            window = try input.refill(keeping: preview)
            position = 0
            if window.count == old { break }
        }
        defer { position = window.count }
        return preview
    }

    /// The next line that is not blank, without its end; nil at the end of the file. Valid until
    /// the next call.
    @inline(__always) mutating func next() throws -> ByteCursor? {
        // Blank and indented lines begin with white space, other lines do not.
        if let base = window.baseAddress, position < window.count,
            base.load(fromByteOffset: position, as: UInt8.self) > 32,
            let found = memchr(base + position, 10, window.count &- position)
        {
            let end = UnsafeRawPointer(found) - base
            return take(upTo: end, following: end &+ 1)
        }
        return try nextAfterBlanks()
    }

    /// The next line if blank ones come first or its end is not at hand: after reading more of the
    /// file, or without any more.
    @inline(never) private mutating func nextAfterBlanks() throws -> ByteCursor? {
        while skipBlankLines() {
            let old = window.count - position
            try readOn(old)
            if window.count == old { return nil }
        }
        var searched = 0
        while true {
            let base = window.baseAddress! + position
            let count = window.count - position
            if let found = memchr(base + searched, 10, count - searched) {
                let end = UnsafeRawPointer(found) - window.baseAddress!
                return take(upTo: end, following: end + 1)
            }
            searched = count
            try readOn(count)
            if window.count == searched {
                return take(upTo: window.count, following: window.count)
            }
        }
    }

    /// Moves to the first line that is not blank. Returns true if the bytes at hand hold none.
    private mutating func skipBlankLines() -> Bool {
        guard let base = window.baseAddress else { return true }
        var at = position
        while at < window.count {
            // Eight empty lines at a time, because a file of empty lines can be huge.
            if at + 8 <= window.count,
                base.loadUnaligned(fromByteOffset: at, as: UInt64.self) == 0x0a0a_0a0a_0a0a_0a0a
            {
                at += 8
                line += 8
                position = at
                continue
            }
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            guard byte == 10 || byte == 13 || byte == 32 || byte == 9 else { return false }
            at += 1
            guard byte == 10 else { continue }
            line += 1
            position = at
        }
        return true
    }

    /// Reads more of the file behind the bytes of the current line.
    private mutating func readOn(_ count: Int) throws {
        guard count <= Self.longestLine else {
            throw InputError(
                "\(path):\(line + 1)", "the line is longer than \(Self.longestLine) bytes",
                expected: "a trace's line")
        }
        window = try input.refill(keeping: preview)
        position = 0
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
        position = following
        line &+= 1
        return result
    }
}

extension LineReader {
    /// Longest text that is sorted: it is in memory twice.
    private static let longestSorted = 1 << 31

    /// The lines from here on, sorted by the times that a format reads in them. Lines with equal
    /// times stay in the file's order; a row without its own time stays behind the turn that it
    /// follows. O(n log n) time; memory: twice the text, and 32 bytes per row.
    ///
    /// Throws `InputError` for rows that cannot be read, and for a text of more than 2 GiB.
    mutating func sorted(_ rows: some LineFormat, isStrict: Bool) throws -> LineReader {
        var format = rows
        var counters = ReaderCounters(isStrict: isStrict)
        try loadRest()
        var scan = self
        var row = TraceRow()
        var segments: [Segment] = []
        var times: [Int64: Int64] = [:]
        var lines: [(time: Int64, start: Int, length: Int, number: Int32)] = []
        do {
            while let cursor = try scan.next() {
                var words = cursor
                row.reset()
                segments.removeAll(keepingCapacity: true)
                let isRow = try format.parse(
                    &words, row: &row, segments: &segments, counters: &counters)
                guard isRow else { continue }
                let inherited = row.hasOwnTime ? nil : times[row.predecessor]
                let time = inherited ?? row.time
                if row.predecessor != TraceRow.noSessions { times[row.id] = time }
                let start = UnsafeRawPointer(cursor.base) - window.baseAddress!
                lines.append((time, start, cursor.end, Int32(truncatingIfNeeded: scan.line)))
            }
        } catch let failure as ScanFailure {
            throw InputError(scan.place, failure.problem, expected: failure.expected)
        }
        // Lines are in the file's order: their place breaks ties.
        lines.sort { $0.time != $1.time ? $0.time < $1.time : $0.start < $1.start }
        let bytes = InputWindow(path: path, capacity: lines.reduce(1) { $0 + $1.length + 1 })
        for line in lines {
            bytes.append(.init(rebasing: window[line.start..<(line.start + line.length)]))
        }
        return try LineReader(path: path, bytes, numbers: lines.map(\.number))
    }

    /// Reads the rest of the file.
    private mutating func loadRest() throws {
        while true {
            let old = window.count - position
            guard old <= Self.longestSorted else {
                throw InputError(
                    path, "holds more than \(Self.longestSorted) bytes, too many to sort in memory",
                    expected: "parts of it, one after another, and trace merge")
            }
            window = try input.refill(keeping: preview)
            position = 0
            if window.count == old { return }
        }
    }
}

/// A growing buffer filled from a file.
final class InputWindow {
    /// Nil if what was appended is everything.
    private let file: InputFile?
    private let path: String
    private var appended = 0
    private var isAtEnd = false
    private var buffer: UnsafeMutableRawPointer
    private var capacity = InputWindow.grain
    private static let grain = 1 << 20

    init(_ file: InputFile) {
        self.file = file
        path = file.path
        buffer = malloc(capacity)!
    }

    /// Space for `capacity` bytes, to be appended.
    init(path: String, capacity: Int) {
        file = nil
        self.path = path
        self.capacity = capacity
        buffer = malloc(capacity)!
    }

    /// Appends a line and its end, for which there must be space.
    func append(_ line: UnsafeRawBufferPointer) {
        precondition(appended + line.count < capacity, "no room for a line")
        if let source = line.baseAddress { memcpy(buffer + appended, source, line.count) }
        buffer.storeBytes(of: 10, toByteOffset: appended + line.count, as: UInt8.self)
        appended += line.count + 1
    }

    deinit { free(buffer) }

    /// The kept bytes (a part of the last result) followed by new ones; no new ones at the end of
    /// the file. Grows if they fill more than half of the buffer. O(bytes).
    func refill(keeping kept: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
        // The rest stays in place: other readers may still point into it.
        if isAtEnd { return kept }
        guard let file else {
            isAtEnd = true
            return .init(start: buffer, count: appended)
        }
        if let source = kept.baseAddress { memmove(buffer, source, kept.count) }
        if 2 * kept.count > capacity {
            let larger = capacity + max(capacity / 2, Self.grain)
            guard let moved = realloc(buffer, larger) else {
                throw InputError(
                    path, "needs more memory than there is (\(larger) bytes)",
                    expected: "a smaller file")
            }
            (buffer, capacity) = (moved, larger)
        }
        let room = UnsafeMutableRawBufferPointer(
            start: buffer + kept.count, count: capacity - kept.count)
        let added = try file.read(into: room)
        isAtEnd = added == 0
        return .init(start: buffer, count: kept.count + added)
    }
}
