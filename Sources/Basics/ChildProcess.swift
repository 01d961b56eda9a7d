import Foundation
import Synchronization

/// A command running in its own process group, with pipes to its standard streams.
///
/// Not Foundation's `Process`: there every later child inherits the pipe ends of the earlier ones,
/// so none sees the end of its input before the last has ended. It also knows no process groups,
/// which are needed to stop a child's own children.
///
/// A class because a process is one thing. The group is killed when the last reference goes.
final class ChildProcess {
    /// How a process ended.
    enum End {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    /// How long a child may take to exit once its input is closed.
    static let patience = Duration.milliseconds(500)
    private static let turn = Mutex(())

    /// This side's pipe ends, non-blocking.
    let input: Int32
    let output: Int32
    let complaints: Int32
    private let process: pid_t
    /// When the child's input was closed.
    private var closed: ContinuousClock.Instant?
    private var end: End?
    private var isCleared = false

    /// Raises the limit on open files so that this many children can run at once. Throws
    /// `ExternalProcess.Failure` if the system does not allow it.
    static func prepare(for children: Int) throws {
        let next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
        if next >= 0 { close(next) }
        // Eight spare descriptors for what the run itself opens.
        let needed = rlim_t(Int(max(0, next)) + 3 * children + 8)
        var limit = rlimit()
        guard getrlimit(openFiles, &limit) == 0, needed > limit.rlim_cur else { return }
        guard raiseLimit(), getrlimit(openFiles, &limit) == 0, needed <= limit.rlim_cur else {
            throw ExternalProcess.Failure(words: problem(EMFILE))
        }
    }

    /// Starts a command through the shell. Throws `ExternalProcess.Failure`.
    init(_ command: String) throws {
        // Writing to a dead child must fail with an error, not end this program with a signal.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = []
        do {
            // One at a time: no child may start while it could inherit another child's pipe.
            process = try Self.turn.withLock { _ in
                for _ in 0..<3 { ends += try Self.pipe() }
                return try Self.spawn(
                    command, input: ends[0], output: ends[3], errors: ends[5])
            }
        } catch {
            for descriptor in ends { close(descriptor) }
            throw error
        }
        Unfinished.began(child: process)
        (input, output, complaints) = (ends[1], ends[2], ends[4])
        // The child holds its own copies. An end left open here would hide the child's exit.
        for descriptor in [ends[0], ends[3], ends[5]] { close(descriptor) }
        for descriptor in [input, output, complaints] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    deinit {
        finish()
        awaitEnd()
        for descriptor in [output, complaints] { close(descriptor) }
    }

    /// Closes the child's input, which tells a scheduler to exit.
    func closeInput() {
        guard closed == nil else { return }
        close(input)
        closed = .now
    }

    /// Gives the command time to exit by itself, then kills what is left of its group. The time
    /// counts from `closeInput`, so children that were told together wait together.
    func finish() {
        closeInput()
        let deadline = (closed ?? .now) + Self.patience
        while !hasEnded, ContinuousClock.now < deadline {
            var wait = pollfd(fd: -1, events: 0, revents: 0)
            _ = poll(&wait, 1, 2)
        }
        stop()
    }

    /// Waits until the system has removed the group.
    func awaitEnd() {
        if !isCleared { ProcessGroups.awaitEnd([process]) }
        isCleared = true
    }

    /// Whether the command itself has exited; its own children may still run.
    var hasEnded: Bool {
        if end != nil { return true }
        var information = siginfo_t()
        // WNOWAIT leaves the process unreaped: until then no other group can get its number.
        let result = waitid(
            P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return result < 0 || information.si_signo == SIGCHLD
    }

    /// Kills what is left of the group and returns how the command itself ended.
    @discardableResult
    func stop() -> End {
        if let end { return end }
        kill(-process, SIGKILL)
        Unfinished.ended(child: process)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let number = status & 0x7F
        let end = number == 0 ? End.exited(status: status >> 8 & 0xFF) : .killed(signal: number)
        self.end = end
        return end
    }
}

extension ChildProcess {
    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #endif

    /// Both ends of a pipe that no child inherits, numbered above the standard streams.
    private static func pipe() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        if make(&ends) < 0 {
            guard errno == EMFILE, raiseLimit(), make(&ends) == 0 else {
                throw ExternalProcess.Failure(words: problem(errno))
            }
        }
        for index in ends.indices where ends[index] <= STDERR_FILENO {
            let low = ends[index]
            ends[index] = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
            let failure = errno
            close(low)
            guard ends[index] >= 0 else {
                close(ends[1 - index])
                throw ExternalProcess.Failure(words: problem(failure))
            }
        }
        return ends
    }

    private static func make(_ ends: inout [Int32]) -> Int32 {
        let result = Foundation.pipe(&ends)
        for descriptor in ends where result == 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return result
    }

    /// Raises the soft limit on open files to the hard limit. False if it is already there.
    private static func raiseLimit() -> Bool {
        var limit = rlimit()
        guard getrlimit(openFiles, &limit) == 0, limit.rlim_cur < limit.rlim_max else {
            return false
        }
        limit.rlim_cur = limit.rlim_max
        return setrlimit(openFiles, &limit) == 0
    }

    #if os(Linux)
        private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let openFiles = RLIMIT_NOFILE
    #endif

    /// Why a process could not be started.
    private static func problem(_ number: Int32) -> String {
        switch number {
        case EMFILE:
            var limit = rlimit()
            getrlimit(openFiles, &limit)
            return "cannot be started: too many open files (each replica's scheduler takes 3, "
                + "and the limit, ulimit -n, is \(limit.rlim_cur))"
        case ENFILE: return "cannot be started: the whole system has too many open files"
        case EAGAIN:
            return "cannot be started: the limit on processes, ulimit -u, is reached (each "
                + "such process is one at least)"
        default: return "cannot be started (\(String(cString: strerror(number))))"
        }
    }

    private static func spawn(
        _ command: String, input: Int32, output: Int32, errors: Int32
    ) throws -> pid_t {
        // A simple command replaces the shell, so that no shell stays beside it.
        let isSimple = !command.contains { "|&;<>()\n".contains($0) }
        let words = ["/bin/sh", "-c", isSimple ? "exec " + command : command]
        var arguments = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        #if canImport(Darwin)
            var (actions, attributes): (Actions, Attributes) = (nil, nil)
        #else
            var (actions, attributes) = (Actions(), Attributes())
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its own group, no blocked signals, and default handling of signals that this program may
        // ignore.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var process: pid_t = 0
        let result = posix_spawn(
            &process, words[0], &actions, &attributes, arguments, environ)
        guard result == 0 else { throw ExternalProcess.Failure(words: problem(result)) }
        return process
    }
}
