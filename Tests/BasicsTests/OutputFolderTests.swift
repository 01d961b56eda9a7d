import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite("An output folder", .serialized)
final class OutputFolderTests {
    private let scratch: ScratchFolder
    private let root: String
    private let manager = FileManager.default

    init() throws {
        scratch = try ScratchFolder()
        root = scratch.path + "/out"
    }

    private func names(_ path: String) -> [String] {
        ((try? manager.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: root + "/" + name, encoding: .utf8)
    }

    private func put(_ text: String, _ name: String) throws {
        try text.write(toFile: root + "/" + name, atomically: false, encoding: .utf8)
    }

    /// A manifest as an encoder would write it.
    private func json(_ digests: [String: String]) -> String {
        let rows = digests.sorted { $0.key < $1.key }.map { "\"\($0.key)\" : \"\($0.value)\"" }
        return "{ \"files_xxh64\" : { \(rows.joined(separator: ", ")) } }\n"
    }

    private func begin(_ names: [String], at path: String? = nil) throws -> OutputFolder {
        try OutputFolder(path ?? root, writing: names + ["m.json"], manifest: "m.json")
    }

    /// Writes files with one text and commits them.
    private func write(_ names: [String], _ text: String, at path: String? = nil) throws {
        let folder = try begin(names, at: path)
        for name in names { try folder.file(name).writeLine(text) }
        try folder.commit(json)
    }

    private func check() throws {
        try FolderManifest(folder: root, name: "m.json").check(root)
    }

    @Test("shows its files together, once they are committed")
    func commit() throws {
        let folder = try begin(["x", "y"], at: root + "/a/b")
        try folder.file("x").writeLine("one")
        try folder.file("y").write([0x32])
        #expect(names(root + "/a/b").filter { !$0.hasPrefix(".") }.isEmpty)
        try folder.commit(json)
        #expect(names(root + "/a/b") == ["m.json", "x", "y"])
        #expect(try text("a/b/x") == "one\n")
        let manifest = try FolderManifest(folder: root + "/a/b", name: "m.json")
        #expect(manifest.digests["y"] == digest("2") && manifest.digests.count == 3)
        try manifest.check(root + "/a/b")
    }

    @Test("leaves nothing behind when it is dropped, not even the folders it made")
    func discard() throws {
        do {
            let folder = try begin(["x"], at: root + "/a/b")
            try folder.file("x").writeLine("one")
        }
        #expect(names(scratch.path).isEmpty)
    }

    @Test("keeps earlier files until it is committed, then replaces or removes its own alone")
    func replace() throws {
        try write(["x", "steps"], "old")
        try put("mine", "note")
        do {
            let dropped = try begin(["x"])
            try dropped.file("x").writeLine("never")
        }
        #expect(try text("x") == "old\n" && text("steps") == "old\n")
        try write(["x"], "new")
        #expect(names(root) == ["m.json", "note", "x"])
        #expect(try text("x") == "new\n")
    }

    @Test("leaves what it did not write, and refuses to write over it")
    func foreign() throws {
        try write(["x", "steps"], "old")
        for name in ["x", "steps"] {
            try put("mine", name)
            let error = #expect(throws: InputError.self) { try begin([name]) }
            #expect(error?.place == root + "/" + name && names(root) == ["m.json", "steps", "x"])
        }
        // What was changed since is nobody's but the user's.
        try write(["y"], "new")
        #expect(names(root) == ["m.json", "steps", "x", "y"])
        #expect(try text("x") == "mine" && text("steps") == "mine")
        try manager.createDirectory(atPath: root + "/z", withIntermediateDirectories: false)
        #expect(throws: InputError.self) { try begin(["z"]) }
        try put("{}", "m.json")
        #expect(throws: InputError.self) { try begin(["y"]) }
        #expect(try text("m.json") == "{}" && text("y") == "new\n")
    }

    @Test("puts the earlier files back when one cannot be put in its place")
    func failedCommit() throws {
        try write(["x", "y"], "old")
        let folder = try begin(["x", "y"])
        try folder.file("x").writeLine("new")
        try folder.file("y").writeLine("new")
        let hidden = try #require(names(root).first { $0.hasPrefix(".headway-partial") })
        try manager.removeItem(atPath: root + "/" + hidden + "/y")
        let error = #expect(throws: InputError.self) { try folder.commit(json) }
        #expect(error?.place == root + "/y")
        #expect(names(root) == ["m.json", "x", "y"])
        #expect(try text("x") == "old\n")
        try check()
    }

    @Test("never mixes two that are written at once")
    func atOnce() throws {
        let (one, two) = (try begin(["x", "y"]), try begin(["x", "z"]))
        for (folder, names) in [(one, ["x", "y"]), (two, ["x", "z"])] {
            for name in names { try folder.file(name).writeLine(names[1]) }
        }
        try two.commit(json)
        try check()
        #expect(names(root).filter { !$0.hasPrefix(".") } == ["m.json", "x", "z"])
        try one.commit(json)
        try check()
        #expect(names(root) == ["m.json", "x", "y"])
        DispatchQueue.concurrentPerform(iterations: 12) { [root] number in
            let names = ["x", "file\(number)"]
            let folder = try? OutputFolder(root, writing: names + ["m.json"], manifest: "m.json")
            for name in names { try? folder?.file(name).writeLine("\(number)") }
            try? folder?.commit { digests in
                let rows = digests.map { "\"\($0.key)\" : \"\($0.value)\"" }
                return "{ \"files_xxh64\" : { \(rows.joined(separator: ", ")) } }"
            }
        }
        try check()
        #expect(names(root).count == 3, "\(names(root))")
    }

    /// Every state in which a commit can be killed, by how many of its renames are done.
    @Test("undoes what a killed process left, at whatever rename it was", arguments: 0...6)
    func killed(renames: Int) throws {
        try write(["x", "y"], "old")
        let old = try ["m.json", "x", "y"].map { try text($0) }
        try write(["x", "z"], "new", at: scratch.path + "/new")
        let staging = root + "/.headway-partial-999999999"
        try manager.copyItem(atPath: scratch.path + "/new", toPath: staging)
        try manager.createDirectory(
            atPath: staging + "/earlier", withIntermediateDirectories: false)
        let moves =
            ["m.json", "x", "y"].map { (root + "/" + $0, staging + "/earlier/" + $0) }
            + ["x", "z", "m.json"].map { (staging + "/" + $0, root + "/" + $0) }
        for (from, to) in moves[..<renames] { try manager.moveItem(atPath: from, toPath: to) }
        if (1..<6).contains(renames) {
            #expect(throws: InputError.self) {
                _ = try FolderManifest(folder: root, name: "m.json")
            }
        }
        do { _ = try begin(["x"]) }
        try check()
        if renames == 6 {
            #expect(names(root) == ["m.json", "x", "z"])
        } else {
            #expect(try ["m.json", "x", "y"].map { try text($0) } == old)
            #expect(names(root) == ["m.json", "x", "y"])
        }
    }

    @Test("removes what dead processes left, and leaves alone what the living write")
    func leftOvers() throws {
        try write(["x"], "old")
        let living = root + "/.headway-partial-\(getppid())"
        let number = getpid() + 1_000_000_000
        for path in [living, root + "/.headway-partial-\(number)"] {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        // Two of one number, as in two containers: the second takes another name.
        let first = try begin(["x"])
        let second = try begin(["x"])
        #expect(names(root).count == 5, "\(names(root))")
        try first.file("x").writeLine("first")
        try second.file("x").writeLine("second")
        try second.commit(json)
        try first.commit(json)
        #expect(try text("x") == "first\n")
        #expect(names(root) == [".headway-partial-\(getppid())", "m.json", "x"])
        let file = scratch.path + "/t.jsonl"
        try "x".write(
            toFile: file + ".headway-partial-\(number)", atomically: false, encoding: .utf8)
        try WholeFile(file).commit()
        #expect(names(scratch.path) == ["out", "t.jsonl"])
    }

    @Test("refuses a file, a folder that cannot be made, and a full disk")
    func failures() throws {
        _ = try scratch.write("file", Data())
        for path in [scratch.path + "/file", scratch.path + "/file/in", "/proc/none"] {
            #expect(throws: InputError.self) { try begin(["x"], at: path) }
        }
        #expect(names(scratch.path) == ["file"])
        #if os(Linux)
            let full = try OutputFile(path: "/dev/full", name: "full")
            let error = #expect(throws: InputError.self) {
                try full.write(Array(repeating: 0, count: 1_000_000))
            }
            #expect(error?.problem == "cannot be written (No space left on device)")
        #endif
    }
}

private func digest(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { ContentDigest.hexadecimal(of: $0) }
}

@Suite("A folder's manifest")
struct FolderManifestTests {
    @Test("refuses every change of a byte, and what holds no digests")
    func everyByte() throws {
        let text = """
            { "digest" : "abc", "files_xxh64" : { "a" : "0123456789abcdef",
            "m" : "0000000000000000" }, "mean" : 1.2345678901234567 }
            """
        let sealed = FolderManifest.sealed(text, name: "m")
        #expect(try FolderManifest(sealed, name: "m", path: "m").digests.count == 2)
        for index in sealed.indices {
            for byte in [sealed[index] ^ 1, 0x30, 0x39, 0x20, 0x0A] where byte != sealed[index] {
                var changed = sealed
                changed[index] = byte
                #expect(throws: InputError.self, "byte \(index)") {
                    try FolderManifest(changed, name: "m", path: "m")
                }
            }
            let pieces: [[UInt8]] = [
                Array(sealed[..<index]), Array(sealed[...index]) + Array(sealed[index...]),
            ]
            for changed in pieces {
                #expect(throws: InputError.self, "cut or doubled at \(index)") {
                    try FolderManifest(changed, name: "m", path: "m")
                }
            }
        }
        let outside = FolderManifest.sealed(
            "{\"files_xxh64\" : {\"../a\" : \"0\", \"m\" : \"0000000000000000\"}}", name: "m")
        for other in [outside, Array("{}".utf8), Array("{\"digest\": \"abc\"}".utf8), []] {
            #expect(throws: InputError.self) {
                try FolderManifest(other, name: "m", path: "m")
            }
        }
    }

    /// The test vectors of the xxHash specification and of its reference program.
    @Test("has XXH64 for a digest, however the bytes are cut")
    func vectors() {
        #expect(digest("") == "ef46db3751d8e999")
        #expect(digest("a") == "d24ec4f1a98c6e5b")
        #expect(digest("abc") == "44bc2cf5ad770999")
        #expect(digest("The quick brown fox jumps over the lazy dog") == "0b242d361fda71bc")
        let bytes = (0..<200).map { UInt8(($0 * 37 + 11) % 251) }
        for length in [0, 1, 7, 8, 31, 32, 33, 63, 64, 65, 100, 200] {
            let whole = bytes[..<length].withUnsafeBytes { ContentDigest.hexadecimal(of: $0) }
            for piece in [1, 3, 8, 31, 32, 33, 90] {
                var digest = ContentDigest()
                for start in stride(from: 0, to: length, by: piece) {
                    bytes[start..<min(length, start + piece)].withUnsafeBytes { digest.add($0) }
                }
                #expect(digest.hexadecimal == whole, "\(length) bytes in pieces of \(piece)")
            }
        }
    }
}
