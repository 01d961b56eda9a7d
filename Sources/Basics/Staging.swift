import Foundation

/// Hidden names under which output is written before it moves into place: `.headway-partial-PID`,
/// and -2, -3 where two processes with one number (in two containers) share a folder. Also finds
/// what killed processes left under such names.
enum Staging {
    static let mark = ".headway-partial-"
    /// How many names are tried.
    static let attempts = 100

    static func name(attempt: Int) -> String {
        mark + String(getpid()) + (attempt > 1 ? "-\(attempt)" : "")
    }

    /// Locks a file being written for as long as the descriptor is open: a sign of life that works
    /// across containers. On a file system without locks the process number counts.
    static func lock(_ descriptor: Int32) { _ = flock(descriptor, LOCK_EX | LOCK_NB) }

    /// Whether what is at the path was left by a process that is gone. `suffix` is the name's part
    /// after the mark.
    static func isAbandoned(_ path: String, suffix: Substring) -> Bool {
        let digits = suffix.prefix { $0 != "-" }
        guard let process = pid_t(digits), process > 0 else { return false }
        guard kill(process, 0) != 0, errno == ESRCH else { return false }
        let descriptor = FileSystem.call(path) { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    /// The names in a folder that begin with `prefix` and the mark, left by processes that are
    /// gone.
    static func abandoned(in folder: String, prefix: String = "") -> [String] {
        (FileSystem.names(in: folder) ?? []).filter { name in
            name.hasPrefix(prefix + mark)
                && isAbandoned(
                    folder.appending(pathComponent: name),
                    suffix: name.dropFirst(prefix.count + mark.count))
        }
    }
}

/// A lock on a folder that keeps two processes from moving files into it at once.
final class FolderLock {
    private let descriptor: Int32
    /// How long another process may take to move its files into place, seconds.
    private static let patience = 10.0

    /// Waits for the lock. Throws `InputError` if another process keeps it. Does not wait if the
    /// folder cannot be opened or the file system has no locks.
    init(_ folder: String) throws {
        let descriptor = FileSystem.call(folder.isEmpty ? "." : folder) {
            open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        self.descriptor = descriptor
        if descriptor < 0, errno == EMFILE { throw OutputFile.failure(folder) }
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno != EWOULDBLOCK, errno != EINTR { return }
            guard ContinuousClock.now < deadline else {
                throw InputError(
                    folder, "another run of headway is writing into it",
                    expected: "another folder, or this one when that run has ended")
            }
            usleep(20_000)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
