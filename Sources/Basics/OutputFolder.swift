import Foundation

/// A folder whose files appear together or not at all. One of them, the manifest, lists the digests
/// of all (`FolderManifest`), so that the folder knows its own files.
///
/// Files are first written into a hidden folder inside the target. `commit` moves them into place
/// under a lock, the manifest last. A folder without a manifest, or whose manifest disagrees, holds
/// no run, so two runs never mix. A failed commit restores the earlier files. The next run into the
/// folder undoes a commit that was killed. Only files that the earlier manifest lists and that are
/// unchanged are replaced or removed. If nothing was committed, `deinit` removes everything,
/// including the folders it created.
///
///     let folder = try OutputFolder(
///         "results", writing: ["summary.json", "rows.csv"], manifest: "summary.json")
///     try folder.file("rows.csv").writeLine(text)
///     try folder.commit { digests in json(digests) }
package final class OutputFolder {
    private let path: String
    private let staging: String
    /// Folders created for this one, innermost first; removed on failure.
    private let made: [String]
    private let names: [String]
    private let manifest: String
    /// Descriptor of the staging folder, locked while this process writes.
    private let sign: Int32
    private var earlier = EarlierFiles()
    private var files: [(name: String, file: OutputFile)] = []
    private var isOver = false

    /// Folder inside the staging folder that holds the earlier files during a commit.
    private static let backup = "earlier"

    /// Creates the folder, its missing parents, and a hidden one inside. `names` are the files to
    /// be written.
    ///
    /// Throws `InputError` if that fails, if a file that no run wrote has one of the names, or if a
    /// file to be replaced is an input of the command.
    package init(_ path: String, writing names: [String], manifest: String) throws {
        guard path != "-" else {
            throw InputError("--out", "- is no folder", expected: "a folder, or ./- for that name")
        }
        self.path = path
        self.names = names
        self.manifest = manifest
        let made = FileSystem.missingFolders(path)
        if made.isEmpty, FileSystem.exists(path), !FileSystem.isFolder(path) {
            throw InputError(path, "is a file", expected: "a folder for the results")
        }
        self.made = made
        do {
            try FileSystem.makeFolders(path)
            (staging, sign) = try Self.stage(path, made: made)
        } catch {
            for folder in made { FileSystem.removeEmptyFolder(folder) }
            throw error
        }
        do {
            let lock = try FolderLock(path)
            defer { withExtendedLifetime(lock) {} }
            for name in Staging.abandoned(in: path) {
                Self.undo(path.appending(pathComponent: name), in: path, manifest: manifest)
            }
            earlier = try EarlierFiles(path, manifest: manifest, writing: names)
            for name in Set(earlier.names + names) {
                try FileLedger.process.replaces(path.appending(pathComponent: name))
            }
        } catch {
            discard()
            throw error
        }
    }

    deinit { discard() }

    /// Creates the hidden folder, then opens and locks it.
    private static func stage(_ path: String, made: [String]) throws -> (String, Int32) {
        for attempt in 1...Staging.attempts {
            let staging = path.appending(pathComponent: Staging.name(attempt: attempt))
            if FileSystem.call(staging, { mkdir($0, 0o777) }) != 0 {
                guard errno == EEXIST else { break }
                continue
            }
            let sign = FileSystem.call(staging) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            guard sign >= 0 else {
                let failure = OutputFile.failure(path)
                FileSystem.removeEmptyFolder(staging)
                throw failure
            }
            Unfinished.began(staging, made: made)
            Staging.lock(sign)
            return (staging, sign)
        }
        throw OutputFile.failure(path)
    }

    /// Creates a file of the folder.
    package func file(_ name: String) throws -> OutputFile {
        precondition(names.contains(name) && name != manifest, "a file that was not announced")
        let file = try OutputFile(
            path: staging.appending(pathComponent: name),
            name: path.appending(pathComponent: name), digests: true)
        files.append((name, file))
        return file
    }

    /// Closes every file, writes the manifest and moves all files into place. `text` makes the
    /// manifest's text from the digests by name; its own entry is `FolderManifest.blank`.
    ///
    /// Throws `InputError` on failure; the folder is then as before.
    package func commit(_ text: (_ digests: [String: String]) throws -> String) throws {
        do {
            var digests = [manifest: FolderManifest.blank]
            for (name, file) in files {
                try file.finish()
                digests[name] = file.contentDigest
            }
            let last = try OutputFile(
                path: staging.appending(pathComponent: manifest),
                name: path.appending(pathComponent: manifest))
            try last.write(FolderManifest.sealed(text(digests), name: manifest))
            try last.finish()
            let lock = try FolderLock(path)
            defer { withExtendedLifetime(lock) {} }
            if !earlier.areUnchanged {
                earlier = try EarlierFiles(path, manifest: manifest, writing: names)
            }
            try Unfinished.put(path) { try replace() }
            end()
        } catch {
            discard()
            throw error
        }
    }

    /// Moves the earlier files away, the manifest first, then the new ones into place, the manifest
    /// last.
    private func replace() throws {
        let backup = staging.appending(pathComponent: Self.backup)
        guard FileSystem.call(backup, { mkdir($0, 0o777) }) == 0 else {
            throw OutputFile.failure(path)
        }
        let away =
            earlier.names.filter { $0 == manifest } + earlier.names.filter { $0 != manifest }
        let moves =
            away.map { ($0, path, backup) } + files.map { ($0.name, staging, path) }
            + [(manifest, staging, path)]
        var done: [(from: String, to: String)] = []
        for (name, from, to) in moves {
            let move = (
                from.appending(pathComponent: name), to.appending(pathComponent: name)
            )
            if FileSystem.move(move.0, to: move.1) {
                done.append(move)
                continue
            }
            let failure = OutputFile.failure(path.appending(pathComponent: name))
            for (from, to) in done.reversed() where !FileSystem.move(to, to: from) {
                // Keep the staging folder: it holds the only copy of the earlier files.
                isOver = true
                throw InputError(
                    path, "is in pieces: \(OutputFile.failure(from).problem)",
                    expected: "the earlier files, which are in \(backup)")
            }
            throw failure
        }
    }

    /// Removes everything that was not committed.
    package func discard() {
        guard !isOver else { return }
        end()
        for folder in made { FileSystem.removeEmptyFolder(folder) }
    }

    /// Removes the staging folder.
    private func end() {
        isOver = true
        FileSystem.remove(staging)
        close(sign)
        Unfinished.ended(staging)
    }

    /// Undoes the commit of a process that was killed midway, and removes its leftovers. The
    /// manifest is placed last; until then the earlier files count.
    private static func undo(_ staging: String, in path: String, manifest: String) {
        let backup = staging.appending(pathComponent: Self.backup)
        let own = staging.appending(pathComponent: manifest)
        if FileSystem.isFolder(backup), FileSystem.exists(own) {
            let placed = (try? FolderManifest(folder: staging, name: manifest, isInput: false))?
                .digests.keys
            for name in placed?.sorted() ?? [] {
                let source = staging.appending(pathComponent: name)
                guard !FileSystem.exists(source) else { continue }
                _ = FileSystem.move(path.appending(pathComponent: name), to: source)
            }
            let names = FileSystem.names(in: backup) ?? []
            for name in names.filter({ $0 != manifest }) + names.filter({ $0 == manifest }) {
                let target = path.appending(pathComponent: name)
                guard !FileSystem.exists(target) else { continue }
                _ = FileSystem.move(backup.appending(pathComponent: name), to: target)
            }
            // Keep whatever could not be put back.
            guard FileSystem.names(in: backup) == [] else { return }
        }
        FileSystem.remove(staging)
    }
}
