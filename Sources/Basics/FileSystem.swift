import Foundation

/// What the program asks of the file system, by paths as `PathText` spells them, so that a path
/// that is no UTF-8 names the file that its bytes name.
package enum FileSystem {
    /// What a path leads to, links followed; nil where that cannot be told.
    package static func status(_ path: String) -> stat? {
        var status = stat()
        return call(path) { stat($0, &status) } == 0 ? status : nil
    }

    /// What stands at a path itself, be it a link; nil where nothing does.
    static func linkStatus(_ path: String) -> stat? {
        var status = stat()
        return call(path) { lstat($0, &status) } == 0 ? status : nil
    }

    /// Whether a path leads to something.
    package static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether a path leads to a folder.
    package static func isFolder(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// The names in a folder, sorted by their bytes; nil where it cannot be read.
    package static func names(in folder: String) -> [String]? {
        var names: [String] = []
        var bytes = PathText.bytes(folder.isEmpty ? "." : folder)
        guard !bytes.contains(0) else { return nil }
        bytes.append(0)
        guard let stream = opendir(bytes.map { CChar(bitPattern: $0) }) else { return nil }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let count = strlen(start.assumingMemoryBound(to: CChar.self))
            let name = Array(UnsafeRawBufferPointer(start: start, count: count))
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(PathText.text(name)) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The folders inside a folder, however deep, each as a path that begins with it; links are
    /// not followed.
    package static func folders(under folder: String) -> [String] {
        (names(in: folder) ?? []).flatMap { name -> [String] in
            let path = folder.appending(pathComponent: name)
            let isFolder = linkStatus(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
            return isFolder ? [path] + folders(under: path) : []
        }
    }

    /// Where a link leads, if it leads to something; else the path itself.
    package static func resolved(_ path: String) -> String {
        guard linkStatus(path).map({ $0.st_mode & S_IFMT == S_IFLNK }) == true else { return path }
        var real: String?
        _ = call(path) { path in
            guard let found = realpath(path, nil) else { return -1 }
            defer { free(found) }
            real = PathText.text(Array(UnsafeRawBufferPointer(start: found, count: strlen(found))))
            return 0
        }
        return real ?? path
    }

    /// The path from the root, where the working folder still has one.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        let bytes = UnsafeRawBufferPointer(start: here, count: strlen(here))
        return simplified(PathText.text(Array(bytes)).appending(pathComponent: path))
    }

    /// The path without "." and without each ".." that follows a folder which is no link.
    package static func simplified(_ path: String) -> String {
        var kept: [Substring] = []
        func joined() -> String { (path.hasPrefix("/") ? "/" : "") + kept.joined(separator: "/") }
        for part in path.split(separator: "/") where part != "." {
            let isFolder = linkStatus(joined()).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
            if part == "..", let last = kept.last, last != "..", isFolder {
                kept.removeLast()
            } else {
                kept.append(part)
            }
        }
        let short = joined()
        return short.isEmpty ? "." : short
    }

    /// Those of a folder and the folders above it that do not exist, the innermost first.
    static func missingFolders(_ path: String) -> [String] {
        var missing: [String] = []
        var path = path
        while !path.isEmpty, path != "/", !exists(path) {
            missing.append(path)
            path = path.containingFolder
        }
        return missing
    }

    /// Makes a folder and those above it that are missing. Throws `InputError`.
    package static func makeFolders(_ path: String) throws {
        for folder in missingFolders(path).reversed() {
            // Another process may make it at the same time.
            guard call(folder, { mkdir($0, 0o777) }) != 0, errno != EEXIST else { continue }
            throw InputError(
                path, "cannot be written (\(lastProblem))", expected: "a folder that can be written"
            )
        }
    }

    /// Renames a file. False, with `errno`, where that fails.
    package static func move(_ path: String, to place: String) -> Bool {
        call(path) { from in call(place) { rename(from, $0) } } == 0
    }

    /// Removes a file or a folder with what it holds, as far as that can be done.
    static func remove(_ path: String) {
        guard call(path, { unlink($0) }) != 0, let status = linkStatus(path),
            status.st_mode & S_IFMT == S_IFDIR
        else { return }
        for name in names(in: path) ?? [] { remove(path.appending(pathComponent: name)) }
        _ = call(path) { rmdir($0) }
    }

    /// Removes a folder that holds nothing.
    static func removeEmptyFolder(_ path: String) { _ = call(path) { rmdir($0) } }

    /// Calls a function of the system with a path's bytes; -1 and EINVAL for a path that holds the
    /// byte 0, which would end it there.
    package static func call(_ path: String, _ function: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        var bytes = PathText.bytes(path)
        guard !bytes.contains(0) else {
            errno = EINVAL
            return -1
        }
        bytes.append(0)
        return bytes.withUnsafeBytes {
            function($0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
    }

    /// The system's last complaint in words; of a limit on descriptors it says that it is one.
    package static var lastProblem: String {
        let words = String(cString: strerror(errno))
        return errno == EMFILE ? words + ": the limit of ulimit -n" : words
    }
}
