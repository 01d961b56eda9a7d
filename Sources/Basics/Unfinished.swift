import Foundation
import Synchronization

/// What a program that is told to stop must not leave behind: files and folders under a name that
/// no user wants, and child processes.
package enum Unfinished {
    private struct Things {
        /// What is written, each with the folders that were made for it, the innermost first.
        var paths: [String: [String]] = [:]
        var children: Set<Int32> = []
        var written = Written()
    }

    /// What the program has written so far.
    package struct Written: Sendable {
        /// Outputs that are whole and in their places.
        package internal(set) var whole: [String] = []
        /// Pipes and devices, which take what is written as it comes.
        package internal(set) var begun: [String] = []
        /// A file that keeps what is done for the next call, which goes on from there.
        package internal(set) var kept: String?
    }

    private static let things = Mutex(Things())

    static func began(_ path: String, made folders: [String] = []) {
        things.withLock { $0.paths[path] = folders }
    }

    static func ended(_ path: String) { things.withLock { $0.paths[path] = nil } }

    /// Notes an output that takes what is written as it comes.
    static func began(stream name: String) {
        things.withLock { $0.written.begun.append(name) }
    }

    /// Notes that such an output has all it was to get.
    static func ended(stream name: String) {
        things.withLock { things in
            things.written.begun.removeAll { $0 == name }
            things.written.whole.append(name)
        }
    }

    /// Puts an output in its place. No interruption comes between: the program is left before
    /// `place` or after it. `place` must not use this type.
    package static func put(_ output: String, _ place: () throws -> Void) rethrows {
        try things.withLock { things in
            try place()
            things.written.whole.append(output)
        }
    }

    /// Notes a file that keeps what is done for the next call; nil: it is in its place.
    package static func keeps(_ name: String?) {
        things.withLock { $0.written.kept = name }
    }

    /// Notes a child process, the first of a group of its own, by its number.
    package static func began(child: Int32) {
        things.withLock { _ = $0.children.insert(child) }
    }

    /// Forgets a child that has ended.
    package static func ended(child: Int32) {
        things.withLock { _ = $0.children.remove(child) }
    }

    /// Removes the files, with what folders hold, and kills the children with their groups. What is
    /// begun meanwhile waits for ever: call it only to leave the program from `exit`, which gets
    /// what was written.
    package static func removeAndExit(_ exit: (Written) -> Never) -> Never {
        things.withLock { things in
            for (path, folders) in things.paths {
                FileSystem.remove(path)
                for folder in folders { FileSystem.removeEmptyFolder(folder) }
            }
            ProcessGroups.stop(things.children)
            exit(things.written)
        }
    }
}
