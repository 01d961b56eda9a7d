import Foundation

/// The files in a folder that an earlier run wrote and nothing changed since, by its manifest. Only
/// these may be replaced or removed.
struct EarlierFiles {
    /// What must stay equal for a file to count as untouched.
    private struct Look: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            guard let status = FileSystem.linkStatus(path) else { return nil }
            inode = UInt64(truncatingIfNeeded: status.st_ino)
            size = Int64(status.st_size)
            #if os(Linux)
                let time = status.st_mtim
            #else
                let time = status.st_mtimespec
            #endif
            (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec)
        }
    }

    private(set) var names: [String] = []
    private var looks: [String: Look?] = [:]

    /// No files.
    init() {}

    /// Inspects a folder that is about to get the files `written`. Throws `InputError` if one of
    /// these names belongs to a file that no run wrote, or that was changed since.
    init(_ folder: String, manifest: String, writing written: [String]) throws {
        func path(_ name: String) -> String { folder.appending(pathComponent: name) }
        func refused(_ name: String, _ problem: String) -> InputError {
            InputError(
                path(name), problem, expected: "another folder, or that file moved away")
        }
        let there = FileSystem.linkStatus(path(manifest)) != nil
        let earlier =
            there ? try? FolderManifest(folder: folder, name: manifest, isInput: false) : nil
        if let earlier {
            for name in earlier.digests.keys.sorted() where FileSystem.exists(path(name)) {
                let isIntact =
                    name == manifest
                    || (try? earlier.check(name, in: folder, isInput: false)) != nil
                if isIntact { names.append(name) }
            }
        }
        for name in written where !names.contains(name) {
            guard FileSystem.linkStatus(path(name)) != nil else { continue }
            throw earlier?.digests[name] == nil
                ? refused(name, "is there, and no run of this version of headway wrote it")
                : refused(name, "was changed since headway wrote it")
        }
        for name in Set(names + written) { looks[path(name)] = .some(Look(path(name))) }
    }

    /// Whether the files still are as `init` found them.
    var areUnchanged: Bool { looks.allSatisfy { Look($0.key) == $0.value } }
}
