import Foundation

/// A file's bytes in memory, read by the system page by page as they are touched.
///
/// The mapping lives as long as the object; bytes must not be used after it. A file that another
/// process shortens meanwhile is outside the contract, as for every mapping.
public final class MappedFile {
    /// The path as the user gave it, for messages.
    public let path: String
    /// Length in bytes.
    public let count: Int
    private let base: UnsafeMutableRawPointer?
    /// Everything before this offset has been handed back to the system.
    private var released = 0

    /// Maps a regular file for reading. With `isInput` it counts as an input of the command
    /// (`FileLedger`). O(1).
    ///
    /// Throws `InputError` for a missing file, a folder, a device, an empty or unreadable file.
    public init(_ path: String, isInput: Bool = true) throws {
        self.path = path
        guard let status = FileSystem.status(path) else {
            throw InputError(path, String(cString: strerror(errno)), expected: "a readable file")
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG else {
            let name = kind == S_IFDIR ? "a folder" : "not a regular file"
            throw InputError(path, "it is \(name)", expected: "a file")
        }
        guard status.st_size > 0 else {
            throw InputError(path, "the file is empty", expected: "at least one byte")
        }
        let descriptor = FileSystem.call(path) { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw InputError(path, FileSystem.lastProblem, expected: "a readable file")
        }
        defer { close(descriptor) }
        if isInput { try FileLedger.process.reads(descriptor, path) }
        count = Int(status.st_size)
        let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw InputError(path, "cannot be mapped: " + String(cString: strerror(errno)))
        }
        base = address
        madvise(address, count, MADV_SEQUENTIAL)
    }

    deinit {
        if let base { munmap(base, count) }
    }

    /// All bytes; valid while the object lives.
    public var bytes: UnsafeRawBufferPointer { .init(start: base, count: count) }

    /// Hands pages before `offset` back to the system, so that a long file read once from front
    /// to back stays small in memory. The bytes remain readable. O(pages).
    public func release(before offset: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let end = offset / page * page
        guard let base, end > released else { return }
        madvise(base + released, end - released, MADV_DONTNEED)
        released = end
    }
}
