import Foundation

/// Groups of child processes that are to be gone for certain, each named by its first process.
package enum ProcessGroups {
    /// How long the system may take to clear a killed process away. An orphan goes to the first
    /// process of the system, or of the container, which may look for such only now and then.
    private static let patience = Duration.seconds(2)

    /// Kills the groups, whose first processes must be children of this one that no thread waited
    /// for, and waits until nothing is left of them, two seconds at most.
    static func stop(_ leaders: some Collection<Int32>) {
        for leader in leaders { kill(-leader, SIGKILL) }
        for leader in leaders {
            while waitpid(leader, nil, 0) < 0, errno == EINTR {}
        }
        awaitEnd(leaders)
    }

    /// Waits until nothing is left of groups that were killed, two seconds at most.
    package static func awaitEnd(_ leaders: some Collection<Int32>) {
        let deadline = ContinuousClock.now + patience
        for leader in leaders {
            while kill(-leader, 0) == 0, ContinuousClock.now < deadline {
                var wait = pollfd(fd: -1, events: 0, revents: 0)
                _ = poll(&wait, 1, 5)
            }
        }
    }
}
