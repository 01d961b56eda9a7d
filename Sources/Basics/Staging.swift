import Foundation

/// The hidden names under which output is written before it is put in its place, and what a process
/// that was killed has left behind under them: `.headway-partial-PID`, and -2, -3 where two
/// processes of one number (in two containers) share a folder.
enum Staging {
    static let mark = ".headway-partial-"
    /// How many such names are tried.
    static let attempts = 100

    static func name(attempt: Int) -> String {
        mark + String(getpid()) + (attempt > 1 ? "-\(attempt)" : "")
    }

    /// Locks what is being written for as long as the descriptor is open: a sign of life that
    /// reaches across containers. Where the file system knows no locks, the process number counts.
    static func lock(_ descriptor: Int32) { _ = flock(descriptor, LOCK_EX | LOCK_NB) }

    /// Whether what stands there was left by a process that is gone. `suffix` is its name after
    /// the mark.
    static func isAbandoned(_ path: String, suffix: Substring) -> Bool {
        let digits = suffix.prefix { $0 != "-" }
        guard let process = pid_t(digits), process > 0 else { return false }
        guard kill(process, 0) != 0, errno == ESRCH else { return false }
        let descriptor = FileSystem.call(path) { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    /// The names in a folder that begin with `prefix` and the mark and were left by processes that
    /// are gone.
    static func abandoned(in folder: String, prefix: String = "") -> [String] {
        (FileSystem.names(in: folder) ?? []).filter { name in
            name.hasPrefix(prefix + mark)
                && isAbandoned(
                    folder.appending(pathComponent: name),
                    suffix: name.dropFirst(prefix.count + mark.count))
        }
    }
}

/// A lock on a folder, so that no two processes put files into it at the same time.
final class FolderLock {
    private let descriptor: Int32
    /// How long another may take to put its files in place, seconds.
    private static let patience = 10.0

    /// Waits for the lock. Throws `InputError` when another process keeps it. Where the folder
    /// cannot be opened or the file system knows no locks, there is nothing to wait for.
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
