import Foundation

/// The digests of a folder's files, kept in one of them: a JSON file whose key `files_xxh64` maps
/// each name to its digest. The JSON file's own digest seals it.
///
///     "files_xxh64" : {
///       "requests.csv" : "6c1e48ef5b4bbd4e",
///       "summary.json" : "ff0d1b9a6c7be2f1"
///     }
///
/// The JSON file's own digest is taken over its bytes with sixteen zeros in place of that digest.
package struct FolderManifest: Sendable, Equatable {
    /// The JSON key of the digests.
    package static let key = "files_xxh64"
    /// Placeholder for the file's own digest until it is sealed.
    package static let blank = String(repeating: "0", count: 16)

    /// The JSON file's name.
    package let name: String
    /// The digest of each file by name, including the JSON file's own.
    package let digests: [String: String]
    /// The JSON file's bytes, and its top-level values that are texts.
    package let bytes: [UInt8]
    package let texts: [String: String]

    /// Seals a JSON text whose digests hold `blank` for the file's own name.
    package static func sealed(_ text: String, name: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        guard let place = sealPlace(bytes, name: name) else {
            preconditionFailure("the text has no place for its seal")
        }
        bytes.replaceSubrange(place, with: Array(digest(bytes).utf8))
        return bytes
    }

    /// Reads the manifest of a folder. `isInput`: whether it counts as an input of the command
    /// (`FileLedger`).
    ///
    /// Throws `InputError` for a file that cannot be read, is not a manifest, or was changed after
    /// it was sealed.
    package init(folder: String, name: String, isInput: Bool = true) throws {
        let path = folder.appending(pathComponent: name)
        let expected = "a folder that headway run --out has written"
        guard FileSystem.exists(path) else {
            throw InputError(
                path, "cannot be read (\(String(cString: strerror(errno))))", expected: expected)
        }
        var bytes: [UInt8] = []
        try InputFile.eachPiece(path, isInput: isInput) { piece in
            bytes += piece
            guard bytes.count <= 1 << 30 else {
                throw InputError(path, "is larger than \(1 << 30) bytes", expected: expected)
            }
        }
        try self.init(bytes, name: name, path: path)
    }

    init(_ bytes: [UInt8], name: String, path: String) throws {
        self.name = name
        self.bytes = bytes
        let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        guard let object else {
            throw InputError(path, "is not the summary of a run", expected: "a JSON object")
        }
        guard let digests = object[Self.key] as? [String: String], let seal = digests[name],
            digests.keys.allSatisfy({ !$0.isEmpty && !$0.contains("/") && !$0.hasPrefix(".") })
        else {
            throw InputError(
                path, "holds no digests of its files (\(Self.key)), as in older versions",
                expected: "the run made again, into another folder")
        }
        self.digests = digests
        texts = object.compactMapValues { $0 as? String }
        var blanked = bytes
        guard let place = Self.sealPlace(bytes, name: name) else { throw Self.changed(path) }
        blanked.replaceSubrange(place, with: Array(Self.blank.utf8))
        guard Self.digest(blanked) == seal, bytes[place].elementsEqual(seal.utf8) else {
            throw Self.changed(path)
        }
    }

    /// Throws `InputError` unless every file that the manifest lists is there with its digest.
    /// O(bytes of the files).
    package func check(_ folder: String) throws {
        for name in digests.keys.sorted() where name != self.name {
            try check(name, in: folder)
        }
    }

    /// Throws `InputError` unless the file is there with the digest that the manifest lists.
    /// O(bytes of the file).
    package func check(_ name: String, in folder: String, isInput: Bool = true) throws {
        let path = folder.appending(pathComponent: name)
        guard FileSystem.exists(path) else {
            throw InputError(
                path, "is missing, and \(self.name) lists it", expected: Self.expected)
        }
        var digest = ContentDigest()
        try InputFile.eachPiece(path, isInput: isInput) { digest.add($0) }
        guard digest.hexadecimal == digests[name] else { throw Self.changed(path) }
    }

    private static let expected = "the files of one run as headway wrote them: make the run again"

    private static func changed(_ path: String) -> InputError {
        InputError(path, "is not as the run wrote it (its digest differs)", expected: expected)
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { ContentDigest.hexadecimal(of: $0) }
    }

    /// Position of the file's own digest: after the text's only `"name" : "`. Inside a JSON string
    /// the quotation marks would be escaped.
    private static func sealPlace(_ bytes: [UInt8], name: String) -> Range<Int>? {
        let mark = Array("\"\(name)\" : \"".utf8)
        guard bytes.count > mark.count else { return nil }
        var places: [Int] = []
        for start in 0...(bytes.count - mark.count) where bytes[start] == mark[0] {
            if bytes[start..<(start + mark.count)].elementsEqual(mark) { places.append(start) }
        }
        guard places.count == 1, let start = places.first.map({ $0 + mark.count }),
            start + blank.utf8.count < bytes.count
        else { return nil }
        return start..<(start + blank.utf8.count)
    }
}
