import Foundation
import Synchronization

/// A command that runs in a process group of its own, with pipes to its standard streams.
///
/// Not Foundation's `Process`: that leaves the pipe ends of every child open in all later ones, so
/// that none sees the end of its input before the last has ended, and it knows no process groups,
/// by which a child's own children are stopped.
///
/// A class because a process is one thing; the group is gone with its last holder.
final class ChildProcess {
    /// How a process ended.
    enum End {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    /// How long a child may take to end once its input is closed.
    static let patience = Duration.milliseconds(500)
    private static let turn = Mutex(())

    /// Ends of the pipes on this side, without blocking.
    let input: Int32
    let output: Int32
    let complaints: Int32
    private let process: pid_t
    /// When its input was closed.
    private var closed: ContinuousClock.Instant?
    private var end: End?
    private var isCleared = false

    /// Makes sure that so many children may be open at once. Throws `ExternalProcess.Failure` when
    /// the limit on open files does not allow it.
    static func prepare(for children: Int) throws {
        let next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
        if next >= 0 { close(next) }
        // Some more for what the run itself opens.
        let needed = rlim_t(Int(max(0, next)) + 3 * children + 8)
        var limit = rlimit()
        guard getrlimit(openFiles, &limit) == 0, needed > limit.rlim_cur else { return }
        guard raiseLimit(), getrlimit(openFiles, &limit) == 0, needed <= limit.rlim_cur else {
            throw ExternalProcess.Failure(words: problem(EMFILE))
        }
    }

    /// Starts a command through the shell. Throws `ExternalProcess.Failure`.
    init(_ command: String) throws {
        // A child that dies must be an error here, not a signal that ends the program.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = []
        do {
            // One at a time: no child is started while another's pipe can still be inherited.
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
        // The child has its own; an end left open here would hide that the child is gone.
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

    /// Tells the child that no more comes: a scheduler ends then.
    func closeInput() {
        guard closed == nil else { return }
        close(input)
        closed = .now
    }

    /// Lets the command end by itself for a while, and kills what is left of its group. Where many
    /// were told together that no more comes, their whiles pass together.
    func finish() {
        closeInput()
        let deadline = (closed ?? .now) + Self.patience
        while !hasEnded, ContinuousClock.now < deadline {
            var wait = pollfd(fd: -1, events: 0, revents: 0)
            _ = poll(&wait, 1, 2)
        }
        stop()
    }

    /// Waits until the system has cleared the group away.
    func awaitEnd() {
        if !isCleared { ProcessGroups.awaitEnd([process]) }
        isCleared = true
    }

    /// Whether the command itself has ended; children of its own may be left.
    var hasEnded: Bool {
        if end != nil { return true }
        var information = siginfo_t()
        // It is looked at, not reaped: until then no other group can get its number.
        let result = waitid(
            P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return result < 0 || information.si_signo == SIGCHLD
    }

    /// Kills what is left of the group, and says how the command itself ended.
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

/// Starting a process.
extension ChildProcess {
    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #endif

    /// Both ends of a pipe, which no child inherits; above the standard streams.
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

    /// Lets the program have as many files open as the system allows it to ask for. False when it
    /// has that many.
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

    /// What keeps a process from being started.
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
        // Where the command is a simple one there need be no shell beside it.
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
        // A group of its own, and no signal ignored or held back that is so in this program.
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
