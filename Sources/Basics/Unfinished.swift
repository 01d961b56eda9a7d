import Foundation
import Synchronization

/// What a program that is told to stop must not leave behind: files and folders under a name that
/// nobody asked for, and child processes.
public enum Unfinished {
    private struct Things {
        var paths: Set<String> = []
        var children: Set<Int32> = []
    }

    private static let things = Mutex(Things())

    static func began(_ path: String) { things.withLock { _ = $0.paths.insert(path) } }

    static func ended(_ path: String) { things.withLock { _ = $0.paths.remove(path) } }

    /// Notes a child process, the first of a group of its own, by its number.
    public static func began(child: Int32) {
        things.withLock { _ = $0.children.insert(child) }
    }

    /// Forgets a child that has ended.
    public static func ended(child: Int32) {
        things.withLock { _ = $0.children.remove(child) }
    }

    /// Removes the files, with what folders hold, and kills the children with
    /// their groups. What is begun meanwhile waits for ever: call it only to leave the program from `exit`.
    public static func removeAndExit(_ exit: () -> Never) -> Never {
        things.withLock { things in
            for path in things.paths { try? FileManager.default.removeItem(atPath: path) }
            ProcessGroups.stop(things.children)
            exit()
        }
    }
}
