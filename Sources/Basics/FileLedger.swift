import Foundation
import Synchronization

/// The files that a command reads and those that it is about to replace, so that no output destroys
/// an input: by device and inode, whatever path leads there.
///
/// What opens a file to read it registers it here (`InputFile`, `FileSystem`), and so does what
/// will put a file in its place (`WholeFile`, `OutputFolder`). The second of the two is refused
/// before anything is written. Only regular files count.
package final class FileLedger: Sendable {
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64

        /// Nil for what is no regular file.
        init?(_ status: stat) {
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
        }
    }

    private struct Entries {
        var isWatching: Bool
        var inputs: [Identity: String] = [:]
        var outputs: [Identity: String] = [:]
    }

    /// The ledger of the process: one command. It keeps nothing until `watch`, for a program that
    /// uses the libraries may well replace what it has read.
    package static let process = FileLedger(isWatching: false)

    private let entries: Mutex<Entries>

    init(isWatching: Bool = true) { entries = Mutex(Entries(isWatching: isWatching)) }

    /// Begins to watch. Standard output counts as an output where it is a file.
    package func watch() {
        entries.withLock { entries in
            entries.isWatching = true
            var status = stat()
            if fstat(STDOUT_FILENO, &status) == 0, let file = Identity(status) {
                entries.outputs[file] = "standard output"
            }
        }
    }

    /// Notes a file that has been opened for reading. Throws `InputError` for one that is to be
    /// replaced.
    func reads(_ descriptor: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, let file = Identity(status) else { return }
        let output = entries.withLock { entries -> String? in
            guard entries.isWatching else { return nil }
            entries.inputs[file] = path
            return entries.outputs[file]
        }
        if let output { throw Self.refusal(output, reading: path) }
    }

    /// Notes a file that is to be replaced or removed. Throws `InputError` for one that has been
    /// opened for reading.
    package func replaces(_ path: String) throws {
        guard let status = FileSystem.status(path), let file = Identity(status) else { return }
        let input = entries.withLock { entries -> String? in
            guard entries.isWatching else { return nil }
            if entries.inputs[file] == nil { entries.outputs[file] = path }
            return entries.inputs[file]
        }
        if let input { throw Self.refusal(path, reading: input) }
    }

    private static func refusal(_ output: String, reading input: String) -> InputError {
        InputError(
            output,
            output == input
                ? "is an input of this command, which would destroy it"
                : "is the same file as \(input), an input of this command, which would destroy it",
            expected: "another place for the output")
    }
}
