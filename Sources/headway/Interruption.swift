import Basics
import Dispatch
import Foundation

/// Stops the program when the user interrupts it, at any point, without leaving half-written files.
enum Interruption {
    private static let asked = DispatchSemaphore(value: 0)

    /// Makes SIGINT, SIGTERM and SIGHUP remove the files being written, print one line and end the
    /// program. A hangup that `nohup` has ignored stays ignored. Call once, before anything else.
    ///
    /// A separate thread does this: a signal handler may do very little, and signal sources need
    /// descriptors, which may be scarce.
    static func watch() {
        guard startThread() else { return }
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let before = signal(number, SIG_IGN)
            let wasIgnored =
                unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
            if number == SIGHUP, wasIgnored { continue }
            sigaddset(&signals, number)
            signal(number) { _ in Interruption.asked.signal() }
        }
        // A parent may have left them blocked, as thread pools do.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// False if the system has no thread left; signals then end the program at once.
    private static func startThread() -> Bool {
        #if os(Linux)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        return pthread_create(
            &thread, nil,
            { _ in
                Interruption.asked.wait()
                Interruption.leave()
            }, nil) == 0
    }

    /// The exit status: 128 plus the number of SIGINT, as a shell reports a program ended by
    /// Ctrl-C.
    private static let status: Int32 = 130

    private static func sentence(_ written: Unfinished.Written) -> String {
        let whole = written.whole.map { $0.echoed() }.joined(separator: ", ")
        let begun = written.begun.map { $0.echoed() }.joined(separator: ", ")
        if let kept = written.kept {
            return "interrupted, \(kept.echoed()) keeps what is done: the same command goes on"
                + " from it"
        }
        if !begun.isEmpty { return "interrupted, \(begun) got a part only" }
        return whole.isEmpty
            ? "interrupted, nothing was written" : "interrupted after \(whole) was written whole"
    }

    private static func leave() -> Never {
        Unfinished.removeAndExit { written in
            Console.complain(sentence(written))
            _exit(status)
        }
    }
}
