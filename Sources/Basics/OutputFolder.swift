import Foundation

/// A folder whose files appear together or not at all.
///
/// Files are written into a hidden folder inside the target and renamed into place by `commit()`.
/// A folder that was not committed takes everything back when it goes away, the folders it made
/// included; files that stood in the target before stay as they were until then.
///
///     let folder = try OutputFolder("results", replacing: ["summary.json", "steps.jsonl"])
///     try folder.file("summary.json").writeLine(text)
///     try folder.commit()
public final class OutputFolder {
    private let target: String
    private let staging: String
    /// The topmost folder that had to be made, removed again on failure.
    private let made: String?
    /// Names that belong to the same writer: those not written this time are removed at commit.
    private let owned: [String]
    private var files: [OutputFile] = []
    private var isCommitted = false

    /// Makes the folder, with those above it, and a hidden one inside. Throws `InputError` when
    /// that cannot be done.
    public init(_ path: String, replacing owned: [String]) throws {
        let manager = FileManager.default
        target = URL(fileURLWithPath: path).standardizedFileURL.path
        staging = target + "/.headway-partial-\(ProcessInfo.processInfo.processIdentifier)"
        self.owned = owned
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: target, isDirectory: &isFolder), !isFolder.boolValue {
            throw InputError(path, "is a file", expected: "a folder for the results")
        }
        var missing: String?
        var above = target
        while !manager.fileExists(atPath: above) {
            missing = above
            above = (above as NSString).deletingLastPathComponent
        }
        made = missing
        Unfinished.began(missing ?? staging)
        do {
            try manager.createDirectory(atPath: staging, withIntermediateDirectories: true)
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let detail = cause.map { String(cString: strerror(Int32($0.code))) }
            if let missing { try? manager.removeItem(atPath: missing) }
            Unfinished.ended(missing ?? staging)
            throw InputError(
                path, "cannot be written" + (detail.map { " (\($0))" } ?? ""),
                expected: "a folder that can be written")
        }
    }

    deinit { discard() }

    /// A new file of the folder.
    public func file(_ name: String) throws -> OutputFile {
        let file = try OutputFile(path: staging + "/" + name, name: target + "/" + name)
        files.append(file)
        return file
    }

    /// Closes every file and puts it in its place. After a failure nothing new is left; an earlier
    /// file that a new one had replaced by then is gone, too, so that no two runs are mixed.
    public func commit() throws {
        do {
            for file in files { try file.finish() }
            let written = files.map { ($0.name as NSString).lastPathComponent }
            for (index, name) in written.enumerated()
            where rename("\(staging)/\(name)", "\(target)/\(name)") != 0 {
                let failure = OutputFile.failure("\(target)/\(name)")
                for placed in written[..<index] { unlink("\(target)/\(placed)") }
                throw failure
            }
            for name in owned where !written.contains(name) { unlink("\(target)/\(name)") }
            rmdir(staging)
            isCommitted = true
            Unfinished.ended(made ?? staging)
        } catch {
            discard()
            throw error
        }
    }

    /// Takes back what was not committed.
    public func discard() {
        guard !isCommitted else { return }
        isCommitted = true
        try? FileManager.default.removeItem(atPath: made ?? staging)
        Unfinished.ended(made ?? staging)
    }
}
