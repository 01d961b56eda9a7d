import Foundation

/// A child process that answers each line with a line.
///
/// A class because a process is one thing. The process is stopped when the last reference goes.
package final class ExternalProcess {
    /// What goes wrong with a child, in words that complete "the command ...".
    package struct Failure: Error {
        /// Without a full stop.
        package let words: String
    }

    /// Longest answer in bytes. A child that prints without line breaks is stopped here.
    private static let longestLine = 16 << 20
    /// Bytes kept of what the child writes to standard error.
    private static let keptComplaints = 4096

    private let child: ChildProcess
    private var received: [UInt8] = []
    private var lastWords: [UInt8] = []
    private var complains = true
    private var hasAnswered = false

    /// Raises the limit on open files so that this many children can run at once. Throws `Failure`
    /// if the system does not allow it.
    package static func prepare(for children: Int) throws {
        try ChildProcess.prepare(for: children)
    }

    /// Starts a command through the shell. Throws `Failure`.
    package init(_ command: String) throws { child = try ChildProcess(command) }

    /// Stops several processes in hardly more time than one.
    package static func end(_ processes: [ExternalProcess]) {
        for process in processes { process.child.closeInput() }
        for process in processes { process.child.finish() }
        for process in processes { process.child.awaitEnd() }
    }

    /// Sends a line and returns the child's answer, without its newline, within `limit`. Throws
    /// `Failure` if the child exits, hangs, answers without end, or has printed a line without a
    /// question, which would be taken for this answer.
    package func exchange(_ line: String, limit: Duration) throws -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        if hasAnswered { try refuseUnasked() }
        var unsent = (Array(line.utf8) + [0x0A])[...]
        while true {
            if unsent.isEmpty, let end = received.firstIndex(of: 0x0A) {
                let answer = Array(received[..<end])
                received.removeSubrange(...end)
                hasAnswered = true
                return answer
            }
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                throw Failure(words: "gave no answer within \(limit / .seconds(1)) s")
            }
            var waits = [
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: complains ? child.complaints : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: unsent.isEmpty ? -1 : child.input, events: Int16(POLLOUT), revents: 0),
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

    /// Refuses what the child printed beside its answers. An end of its output is seen later.
    private func refuseUnasked() throws {
        if received.isEmpty { _ = receive() }
        guard !received.isEmpty else { return }
        let text = String(decoding: received.prefix { $0 != 0x0A }, as: UTF8.self)
        throw Failure(words: "printed \"\(text.echoed(atMost: 60))\" beside its answer")
    }

    private func send(_ unsent: inout ArraySlice<UInt8>) throws {
        let count = unsent.withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
        if count > 0 {
            unsent = unsent.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            throw ended()
        }
    }

    /// Receives what the child has written. False at the end of its output.
    private func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = chunk.withUnsafeMutableBytes { read(child.output, $0.baseAddress, $0.count) }
        if count > 0 { received.append(contentsOf: chunk[..<count]) }
        if count > 0 { return received.count < Self.longestLine }
        return count < 0 && (errno == EAGAIN || errno == EINTR)
    }

    private func listenToComplaints() {
        var chunk = [UInt8](repeating: 0, count: Self.keptComplaints)
        let count = chunk.withUnsafeMutableBytes {
            read(child.complaints, $0.baseAddress, $0.count)
        }
        if count == 0 { complains = false }
        guard count > 0 else { return }
        lastWords.append(contentsOf: chunk[..<count])
        lastWords = Array(lastWords.suffix(Self.keptComplaints))
    }

    /// The failure of a child whose output has ended.
    private func ended() -> Failure {
        guard received.count < Self.longestLine else {
            return Failure(words: "printed \(Self.longestLine) bytes without a line break")
        }
        let deadline = ContinuousClock.now + ChildProcess.patience
        while !child.hasEnded, ContinuousClock.now < deadline {
            var wait = pollfd(
                fd: complains ? child.complaints : -1, events: Int16(POLLIN), revents: 0)
            _ = poll(&wait, 1, 5)
            if complains { listenToComplaints() }
        }
        if complains { listenToComplaints() }
        var words = "closed its output"
        if child.hasEnded {
            words =
                switch child.stop() {
                case .exited(let status): "exited with status \(status)"
                case .killed(let signal): "ended by signal \(signal)"
                }
        }
        let last = String(decoding: lastWords, as: UTF8.self)
            .split(whereSeparator: \.isNewline).last
        if let last { words += ", saying \"\(last.echoed())\"" }
        return Failure(words: words)
    }
}
