import Basics
import Foundation
import Synchronization

/// Where a sweep's table goes, and the file beside it that grows row by row until it is complete.
struct SweepPlace {
    /// The path as the user gave it.
    let name: String
    let target: String
    /// The unfinished table, which is kept when the program is stopped.
    let part: String

    /// Checks that a table can be written there. Throws `InputError`, also if it would replace an
    /// input of the command.
    init(_ path: String) throws {
        guard !path.isEmpty, path != "-" else {
            throw InputError(
                "--out", path.isEmpty ? "has no name" : "- is no file",
                expected: "a file, which is gone on with after a stop")
        }
        guard !path.hasSuffix(".gz") else {
            throw InputError(
                path, "would be compressed, and a table that grows row by row cannot be",
                expected: "a name such as points.csv")
        }
        if FileSystem.isFolder(path) {
            throw InputError(path, "it is a folder", expected: "a file to write")
        }
        if let status = FileSystem.status(path), status.st_mode & S_IFMT != S_IFREG {
            throw InputError(
                path, "is a pipe or a device, and a sweep goes on with its file after a stop",
                expected: "a file to write")
        }
        name = path
        target = FileSystem.resolved(path)
        part = target + ".part"
        let folder = target.containingFolder
        guard folder.isEmpty || FileSystem.isFolder(folder) else {
            throw InputError(
                path, "there is no folder \(folder)", expected: "a file in a folder that is there")
        }
        for file in [target, part] { try FileLedger.process.replaces(file) }
    }

    /// The number of rows if a complete table of the sweep exists; nil if there is no file.
    ///
    /// - Throws: `InputError` for any other file.
    func complete(_ sweep: Sweep) throws -> Int? {
        guard FileSystem.exists(target) else { return nil }
        let found = try SweepScan(target, name: name, of: sweep)
        guard found.rows == sweep.ownRuns, found.isWhole else {
            throw InputError(
                name, "is there, and holds \(found.rows) of \(sweep.ownRuns) runs of this sweep",
                expected: "another --out, or that file removed")
        }
        try found.check(sweep)
        return found.rows
    }
}

/// The rows of a sweep found in a file.
struct SweepScan {
    let name: String
    /// Number of whole rows.
    private(set) var rows = 0
    /// Bytes up to the end of the last one.
    private(set) var bytes = 0
    /// Whether nothing follows it.
    private(set) var isWhole = true
    private var last: [UInt8] = []

    /// Reads a file of rows. One that is empty or ends within a row is read as far as possible.
    /// O(bytes).
    ///
    /// - Throws: `InputError` if it holds anything but the sweep's rows in order.
    init(_ path: String, name: String, of sweep: Sweep) throws {
        self.name = name
        let records = try CSVRecords(path, isInput: false)
        let header = Array(sweep.columns.header.utf8)
        let width = sweep.columns.names.count
        guard let first = try records.next() else { return }
        guard first == header else {
            isWhole = false
            // The program was stopped while writing the header.
            if !CSVRecords.isWhole(first), header.starts(with: first) { return }
            throw foreign("has other columns")
        }
        bytes = records.offset
        while let record = try records.next() {
            let place = "\(name):\(records.line)"
            guard rows < sweep.ownRuns else {
                throw InputError(
                    place, "is more than the \(sweep.ownRuns) runs of this sweep",
                    expected: Self.wayOut)
            }
            let mark = Array(sweep.mark(run: sweep.run(at: rows)).utf8)
            guard CSVRecords.isWhole(record) else {
                isWhole = false
                return
            }
            guard record.starts(with: mark), CSVRecords.fields(record).count == width else {
                throw mistake(record, of: sweep, place: place)
            }
            guard SweepColumns.isSealed(record) else {
                throw InputError(
                    place, "was edited: its row_xxh64 is of other bytes", expected: Self.wayOut)
            }
            rows += 1
            bytes = records.offset
            last = record
        }
    }

    private static let wayOut = "another --out, or that file removed"

    private func foreign(_ problem: String) -> InputError {
        InputError(
            name, "\(problem): it is of another space, or of another version of headway",
            expected: Self.wayOut)
    }

    private func mistake(_ record: [UInt8], of sweep: Sweep, place: String) -> InputError {
        let space = CSVRecords.text(CSVRecords.fields(record)[0])
        if space.utf8.count == 16, space != sweep.fingerprint {
            return foreign("is of the space \(space), and this one is \(sweep.fingerprint)")
        }
        return InputError(
            place,
            "is not the row of run \(sweep.run(at: rows)): of another shard, or edited",
            expected: Self.wayOut)
    }

    /// Repeats the last row's run: rows of another version of headway would differ.
    ///
    /// - Throws: `InputError` if it does.
    func check(_ sweep: Sweep) throws {
        guard rows > 0, Array(sweep.row(run: sweep.run(at: rows - 1)).utf8) != last else { return }
        throw InputError(
            name,
            "its last row (run \(sweep.run(at: rows - 1))) is not what this headway computes:"
                + " it is of another version, or edited", expected: Self.wayOut)
    }
}

/// The file that grows row by row, locked meanwhile.
///
/// Each row is written immediately, so that a stop at any moment leaves whole rows and at most a
/// partial one, which the next call removes.
final class SweepJournal: Sendable {
    private let place: SweepPlace
    private let descriptor: Int32
    /// Rows from earlier calls.
    let found: Int
    private let rows: Mutex<Int>

    /// Opens it where an earlier call stopped, or creates it.
    ///
    /// - Throws: `InputError` if it cannot be written, belongs to another sweep, or is being
    ///   written.
    init(_ place: SweepPlace, of sweep: Sweep) throws {
        self.place = place
        descriptor = try Self.open(place)
        var isReady = false
        let descriptor = descriptor
        defer { if !isReady { close(descriptor) } }
        let scan = try SweepScan(place.part, name: place.name + ".part", of: sweep)
        try scan.check(sweep)
        found = scan.rows
        rows = Mutex(scan.rows)
        guard ftruncate(descriptor, off_t(scan.bytes)) == 0,
            lseek(descriptor, 0, SEEK_END) >= 0
        else { throw Self.failure(place) }
        if scan.bytes == 0 { try Self.write(sweep.columns.header, to: descriptor, place) }
        Unfinished.keeps(place.name + ".part")
        isReady = true
    }

    deinit { close(descriptor) }

    private static func open(_ place: SweepPlace) throws -> Int32 {
        // The process that held the lock may meanwhile have moved the locked file into place.
        for _ in 0..<3 {
            let descriptor = FileSystem.call(place.part) {
                Foundation.open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
            }
            guard descriptor >= 0 else { throw failure(place) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                close(descriptor)
                throw InputError(
                    place.name + ".part", "is no file", expected: "another --out")
            }
            // On a file system without locks there is nothing to hold.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw InputError(
                    place.name + ".part", "another sweep is writing it",
                    expected: "another --out, or this one when that sweep has ended")
            }
            if FileSystem.status(place.part)?.st_ino == status.st_ino { return descriptor }
            close(descriptor)
        }
        throw failure(place)
    }

    /// Adds a row and returns their number.
    ///
    /// - Throws: `InputError` if a write fails, as on a full disk.
    func append(_ row: String) throws -> Int {
        try rows.withLock { rows in
            try Self.write(row, to: descriptor, place)
            rows += 1
            return rows
        }
    }

    /// Moves the table into place.
    func finish() throws {
        try Unfinished.put(place.name) {
            guard FileSystem.move(place.part, to: place.target) else { throw Self.failure(place) }
        }
        Unfinished.keeps(nil)
    }

    private static func write(_ text: String, to descriptor: Int32, _ place: SweepPlace) throws {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw failure(place)
            }
        }
    }

    private static func failure(_ place: SweepPlace) -> InputError {
        InputError(
            place.name + ".part", "cannot be written (\(FileSystem.lastProblem))",
            expected: "a place that can be written, with room")
    }
}
