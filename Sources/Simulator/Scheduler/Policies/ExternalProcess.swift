import Basics
import Foundation

/// A child process that answers lines with lines.
///
/// A class because a process is one thing, however many hold it; it ends with its last holder.
final class ExternalProcess {
    /// What goes wrong with a child, in words that complete "the scheduler ...".
    struct Failure: Error {
        var words: String
    }

    /// Longest answer, bytes: a child that prints without line breaks is stopped here.
    private static let longestLine = 16 << 20
    /// How much of its complaints is kept, bytes.
    private static let keptComplaints = 4096
    /// How long a child may take to end once its input is closed, milliseconds.
    private static let patience: Int32 = 500

    private let process = Process()
    private let input: Int32
    private let output: Int32
    private let complaints: Int32
    private let pipes: [Pipe]
    private var received: [UInt8] = []
    private var lastWords: [UInt8] = []
    private var complains = true

    /// Starts a command through the shell. Throws `Failure`.
    init(_ command: String) throws {
        // A child that dies must be an error here, not a signal that ends the program.
        signal(SIGPIPE, SIG_IGN)
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        pipes = [stdin, stdout, stderr]
        input = stdin.fileHandleForWriting.fileDescriptor
        output = stdout.fileHandleForReading.fileDescriptor
        complaints = stderr.fileHandleForReading.fileDescriptor
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Without "exec" a signal would reach the shell and not the command, where it is one.
        let isSimple = !command.contains { "|&;<>()\n".contains($0) }
        process.arguments = ["-c", isSimple ? "exec " + command : command]
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        do {
            try process.run()
        } catch {
            throw Failure(words: "cannot be started (\(error.localizedDescription))")
        }
        Unfinished.began(child: process.processIdentifier)
        // The child has its own; an end left open here would hide that the child is gone.
        try? stdin.fileHandleForReading.close()
        try? stdout.fileHandleForWriting.close()
        try? stderr.fileHandleForWriting.close()
        for descriptor in [input, output, complaints] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    deinit {
        try? pipes[0].fileHandleForWriting.close()
        // Its end shows as the end of its output; what it prints meanwhile is not asked for.
        let deadline = ContinuousClock.now + .milliseconds(Int(Self.patience))
        while process.isRunning, ContinuousClock.now < deadline {
            var wait = pollfd(fd: -1, events: 0, revents: 0)
            _ = poll(&wait, 1, 2)
        }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        Unfinished.ended(child: process.processIdentifier)
    }

    /// Sends a line and returns the line that answers it, without its newline, within a time
    /// limit. Throws `Failure` when the child dies, hangs, or answers without end.
    func exchange(_ line: String, limit: Duration) throws -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        var unsent = (Array(line.utf8) + [0x0A])[...]
        while true {
            if unsent.isEmpty, let end = received.firstIndex(of: 0x0A) {
                let answer = Array(received[..<end])
                received.removeSubrange(...end)
                return answer
            }
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                throw Failure(words: "gave no answer within \(limit / .seconds(1)) s")
            }
            var waits = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: complains ? complaints : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: unsent.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
            ]
            let milliseconds = min(1000, max(1, left / .milliseconds(1)))
            if poll(&waits, nfds_t(waits.count), Int32(milliseconds)) < 0, errno != EINTR {
                throw Failure(words: "cannot be reached (\(String(cString: strerror(errno))))")
            }
            if waits[1].revents != 0 { listenToComplaints() }
            if waits[0].revents != 0, !receive() { throw ended() }
            if waits[2].revents != 0 { try send(&unsent) }
        }
    }

    private func send(_ unsent: inout ArraySlice<UInt8>) throws {
        let count = unsent.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count > 0 {
            unsent = unsent.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            throw ended()
        }
    }

    /// Takes what the child has written. False at the end of its output.
    private func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = chunk.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
        if count > 0 { received.append(contentsOf: chunk[..<count]) }
        if count > 0 { return received.count < Self.longestLine }
        return count < 0 && (errno == EAGAIN || errno == EINTR)
    }

    private func listenToComplaints() {
        var chunk = [UInt8](repeating: 0, count: Self.keptComplaints)
        let count = chunk.withUnsafeMutableBytes { read(complaints, $0.baseAddress, $0.count) }
        if count == 0 { complains = false }
        guard count > 0 else { return }
        lastWords.append(contentsOf: chunk[..<count])
        lastWords = Array(lastWords.suffix(Self.keptComplaints))
    }

    /// What to say of a child whose output has ended.
    private func ended() -> Failure {
        guard received.count < Self.longestLine else {
            return Failure(words: "printed \(Self.longestLine) bytes without a line break")
        }
        let deadline = ContinuousClock.now + .milliseconds(Int(Self.patience))
        while process.isRunning, ContinuousClock.now < deadline {
            var wait = pollfd(fd: complaints, events: Int16(POLLIN), revents: 0)
            _ = poll(&wait, 1, 5)
            listenToComplaints()
        }
        listenToComplaints()
        var words = "closed its output"
        if !process.isRunning {
            let how = process.terminationReason == .exit ? "with status" : "by signal"
            words = "ended \(how) \(process.terminationStatus)"
        }
        let last = String(decoding: lastWords, as: UTF8.self)
            .split(whereSeparator: \.isNewline).last
        if let last { words += ", saying \"\(last.prefix(200))\"" }
        return Failure(words: words)
    }
}
