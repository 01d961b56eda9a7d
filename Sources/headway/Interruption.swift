import Basics
import Dispatch
import Foundation

/// Leaves the program when the user asks it to stop, whatever it is doing, and nothing half-written
/// behind.
enum Interruption {
    private static let queue = DispatchQueue(label: "interruption")
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

    /// Makes SIGINT, SIGTERM and SIGHUP remove what is being written, say so in one line and end
    /// the program. Call it once, before anything else.
    static func watch() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            sigaddset(&signals, number)
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { leave() }
            source.resume()
            sources.append(source)
        }
        // A parent may have left them blocked, as thread pools do.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// The exit status: 128 and the number of SIGINT, as a shell reports a program that Ctrl-C has
    /// ended.
    private static let status: Int32 = 130

    private static func sentence(_ written: Unfinished.Written) -> String {
        let whole = written.whole.map { $0.echoed() }.joined(separator: ", ")
        let begun = written.begun.map { $0.echoed() }.joined(separator: ", ")
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
