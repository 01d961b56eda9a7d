import Foundation
import Synchronization

/// What an interrupted program must not leave behind: half-written files and folders under hidden
/// names, and child processes.
package enum Unfinished {
    private struct Things {
        /// Paths being written, each with the folders created for it, innermost first.
        var paths: [String: [String]] = [:]
        var children: Set<Int32> = []
        var written = Written()
    }

    /// The outputs so far.
    package struct Written: Sendable {
        /// Outputs that are whole and in place.
        package internal(set) var whole: [String] = []
        /// Pipes and devices, which get their bytes as they are written.
        package internal(set) var begun: [String] = []
        /// A file that keeps finished work, from which the next call resumes.
        package internal(set) var kept: String?
    }

    private static let things = Mutex(Things())

    static func began(_ path: String, made folders: [String] = []) {
        things.withLock { $0.paths[path] = folders }
    }

    static func ended(_ path: String) { things.withLock { $0.paths[path] = nil } }

    /// Records an output that gets its bytes as they are written.
    static func began(stream name: String) {
        things.withLock { $0.written.begun.append(name) }
    }

    /// Records that such an output is complete.
    static func ended(stream name: String) {
        things.withLock { things in
            things.written.begun.removeAll { $0 == name }
            things.written.whole.append(name)
        }
    }

    /// Moves an output into place. An interruption ends the program before `place` or after it,
    /// never in between. `place` must not use this type.
    package static func put(_ output: String, _ place: () throws -> Void) rethrows {
        try things.withLock { things in
            try place()
            things.written.whole.append(output)
        }
    }

    /// Records a file that keeps finished work for the next call; nil once it is in place.
    package static func keeps(_ name: String?) {
        things.withLock { $0.written.kept = name }
    }

    /// Records a child process by its number. It is the first of its own group.
    package static func began(child: Int32) {
        things.withLock { _ = $0.children.insert(child) }
    }

    /// Forgets a child that has exited.
    package static func ended(child: Int32) {
        things.withLock { _ = $0.children.remove(child) }
    }

    /// Removes the files and folders and kills the children with their groups, then calls `exit`
    /// with what was written. Work begun meanwhile waits for ever, so call it only to leave the
    /// program from `exit`.
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
