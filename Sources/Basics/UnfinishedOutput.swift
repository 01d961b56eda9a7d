import Foundation
import Synchronization

/// Files and folders that are being written under a name that nobody asked for, so that a program
/// which is told to stop can take them away first.
public enum UnfinishedOutput {
    private static let paths = Mutex<Set<String>>([])

    static func began(_ path: String) { paths.withLock { _ = $0.insert(path) } }

    static func ended(_ path: String) { paths.withLock { _ = $0.remove(path) } }

    /// Removes them all, with what folders hold. What is begun meanwhile waits for ever: call it
    /// only to leave the program from `exit`.
    public static func removeAndExit(_ exit: () -> Never) -> Never {
        paths.withLock { paths in
            for path in paths { try? FileManager.default.removeItem(atPath: path) }
            exit()
        }
    }
}
