import Basics
import Foundation
import Synchronization

/// Whether the user asked the program to stop, so that it can leave nothing half-written.
enum Interruption {
    private static let requested = Atomic<Bool>(false)

    /// Makes the first SIGINT or SIGTERM a request; a second one ends the program at once.
    static func watch() {
        // The first access initialises the flag here and not inside the handler.
        requested.store(false, ordering: .relaxed)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { number in
                Interruption.requested.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
        // A parent may have left them blocked, as thread pools do.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Throws once the user has asked to stop.
    static func check() throws {
        if requested.load(ordering: .relaxed) {
            throw InputError("headway", "interrupted, nothing was written")
        }
    }
}
