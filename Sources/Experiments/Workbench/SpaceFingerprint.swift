import Basics
import Models
import Scenario

/// Identifies a space by all that determines its runs: configuration, axes, seeds, and the contents
/// of its files.
///
/// Files count by content, not by path, so that shards on several machines, or in several folders,
/// belong to one space.
enum SpaceFingerprint {
    /// Increased when the meaning of rows changes.
    private static let version = 1

    /// Keys that may name a file.
    private static let files: Set = [
        "trace.file", "step_time.file", "step_time.profile", "engine.host.profile", "model.name",
    ]

    /// Sixteen hexadecimal digits. O(bytes of the files).
    ///
    /// - Throws: `InputError` for a trace that cannot be read, or only once.
    static func of(_ space: ConfigurationSpace, header: String) throws -> String {
        var text = "headway sweep \(version)\n" + header
        if let file = space.base.trace.file, space.traces.contains(where: { $0.file == nil }) {
            _ = try trace(file)
        }
        for key in ConfigurationKey.all {
            text += try "\(key.path)=\(source(key.path, key.value(space.base)))\n"
        }
        for axis in space.axes {
            text += axis.keys.joined(separator: ",") + "\n"
            for values in axis.values {
                text +=
                    try zip(axis.keys, values).map { try source($0, space.resolved($0, $1)) }
                    .joined(separator: ",") + "\n"
            }
        }
        for entry in space.traces {
            text +=
                try "trace " + ConfigurationValue.text(entry.name).source + " "
                + (entry.file.map(trace) ?? "") + "\n"
        }
        text += "objective \(space.goal.rawValue)\n"
        text += "seeds \(space.namesSeeds) \(space.seeds)\n"
        return text.withContiguousBytes(ContentDigest.hexadecimal)
    }

    private static func source(_ key: String, _ value: ConfigurationValue) throws -> String {
        guard files.contains(key), case .text(let path) = value else { return value.source }
        if key == "trace.file", FileSystem.isFolder(path) { return try "content " + folder(path) }
        for file in [path, Snapshot.config(in: path) ?? path]
        where FileSystem.exists(file) && !FileSystem.isFolder(file) {
            return try "content " + (key == "trace.file" ? trace(file) : digest(file))
        }
        return value.source
    }

    private static func trace(_ file: String) throws -> String {
        guard !FileSystem.isFolder(file) else { return try folder(file) }
        guard !InputFile.isReadOnce(file) else {
            throw InputError(
                file, "is a pipe, and a sweep replays its traces many times", expected: "a file")
        }
        return try digest(file)
    }

    /// Digest of a folder's files and names: a folder of sessions is one trace.
    private static func folder(_ path: String) throws -> String {
        guard let names = FileSystem.names(in: path) else {
            throw InputError(path, "the folder cannot be read", expected: "a readable folder")
        }
        var text = ""
        for name in names where !FileSystem.isFolder(path.appending(pathComponent: name)) {
            text += try name + " " + trace(path.appending(pathComponent: name)) + "\n"
        }
        return text.withContiguousBytes(ContentDigest.hexadecimal)
    }

    private static func digest(_ file: String) throws -> String {
        var digest = ContentDigest()
        try InputFile.eachPiece(file) { digest.add($0) }
        return digest.hexadecimal
    }
}

extension String {
    fileprivate func withContiguousBytes<Result>(
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}
