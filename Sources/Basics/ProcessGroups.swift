import Foundation

/// Stops groups of child processes for certain. Each is named by its first process.
package enum ProcessGroups {
    /// How long to wait for the system to remove a killed process. An orphan goes to the first
    /// process of the system or container, which may reap only now and then.
    private static let patience = Duration.seconds(2)

    /// Kills the groups and waits until nothing is left of them, at most two seconds. Their first
    /// processes must be children of this process that no thread has waited for.
    static func stop(_ leaders: some Collection<Int32>) {
        for leader in leaders { kill(-leader, SIGKILL) }
        for leader in leaders {
            while waitpid(leader, nil, 0) < 0, errno == EINTR {}
        }
        awaitEnd(leaders)
    }

    /// Waits until nothing is left of killed groups, at most two seconds.
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
