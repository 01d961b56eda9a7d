import Foundation

/// File system calls that take paths as `PathText` writes them, so that a path that is not UTF-8
/// still names its file.
package enum FileSystem {
    /// Status of what a path leads to, following links; nil if it cannot be read.
    package static func status(_ path: String) -> stat? {
        var status = stat()
        return call(path) { stat($0, &status) } == 0 ? status : nil
    }

    /// Status of a path itself, without following a link; nil if nothing is there.
    static func linkStatus(_ path: String) -> stat? {
        var status = stat()
        return call(path) { lstat($0, &status) } == 0 ? status : nil
    }

    /// Whether a path leads to anything.
    package static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether a path leads to a folder.
    package static func isFolder(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// The names in a folder, sorted by their bytes; nil if it cannot be read.
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

    /// The folders inside a folder at any depth, each as a path that begins with `folder`. Does not
    /// follow links.
    package static func folders(under folder: String) -> [String] {
        (names(in: folder) ?? []).flatMap { name -> [String] in
            let path = folder.appending(pathComponent: name)
            let isFolder = linkStatus(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
            return isFolder ? [path] + folders(under: path) : []
        }
    }

    /// The target of a link, if it exists; else the path itself.
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

    /// The absolute path, if the working folder still has one.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        let bytes = UnsafeRawBufferPointer(start: here, count: strlen(here))
        return simplified(PathText.text(Array(bytes)).appending(pathComponent: path))
    }

    /// The path without "." and without each ".." that follows a folder which is not a link.
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

    /// A folder and its parents, as far as they do not exist, innermost first.
    static func missingFolders(_ path: String) -> [String] {
        var missing: [String] = []
        var path = path
        while !path.isEmpty, path != "/", !exists(path) {
            missing.append(path)
            path = path.containingFolder
        }
        return missing
    }

    /// Creates a folder and its missing parents. Throws `InputError`.
    package static func makeFolders(_ path: String) throws {
        for folder in missingFolders(path).reversed() {
            // Another process may create it at the same time.
            guard call(folder, { mkdir($0, 0o777) }) != 0, errno != EEXIST else { continue }
            throw InputError(
                path, "cannot be written (\(lastProblem))", expected: "a folder that can be written"
            )
        }
    }

    /// Renames a file. Returns false and sets `errno` on failure.
    package static func move(_ path: String, to place: String) -> Bool {
        call(path) { from in call(place) { rename(from, $0) } } == 0
    }

    /// Removes a file, or a folder with its contents, as far as possible.
    static func remove(_ path: String) {
        guard call(path, { unlink($0) }) != 0, let status = linkStatus(path),
            status.st_mode & S_IFMT == S_IFDIR
        else { return }
        for name in names(in: path) ?? [] { remove(path.appending(pathComponent: name)) }
        _ = call(path) { rmdir($0) }
    }

    /// Removes an empty folder.
    static func removeEmptyFolder(_ path: String) { _ = call(path) { rmdir($0) } }

    /// Calls a system function with a path's bytes. Returns -1 with EINVAL for a path that holds a
    /// zero byte, which would cut it short.
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

    /// The text of the last `errno`. For too many open files it names the limit (ulimit -n).
    package static var lastProblem: String {
        let words = String(cString: strerror(errno))
        return errno == EMFILE ? words + ": the limit of ulimit -n" : words
    }
}
