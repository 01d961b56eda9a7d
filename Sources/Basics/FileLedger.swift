import Foundation
import Synchronization

/// Keeps a command's outputs from destroying its inputs. Compares files by device and inode, so it
/// does not matter which path leads to them.
///
/// Every reader registers the file it opens (`InputFile`, `FileSystem`), and every writer the file
/// it will replace (`WholeFile`, `OutputFolder`). The second of the two is refused before anything
/// is written. Only regular files count.
package final class FileLedger: Sendable {
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64

        /// Nil if the status is not that of a regular file.
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

    /// The ledger of this process, which runs one command. It records nothing until `watch`: a
    /// program that uses the libraries may replace what it has read.
    package static let process = FileLedger(isWatching: false)

    private let entries: Mutex<Entries>

    init(isWatching: Bool = true) { entries = Mutex(Entries(isWatching: isWatching)) }

    /// Starts recording. Standard output counts as an output if it is a file.
    package func watch() {
        entries.withLock { entries in
            entries.isWatching = true
            var status = stat()
            if fstat(STDOUT_FILENO, &status) == 0, let file = Identity(status) {
                entries.outputs[file] = "standard output"
            }
        }
    }

    /// Records a file that has been opened for reading. Throws `InputError` if it is to be
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

    /// Records a file that is to be replaced or removed. Throws `InputError` if it has been opened
    /// for reading.
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
