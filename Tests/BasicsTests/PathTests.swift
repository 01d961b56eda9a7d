import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite("Paths")
struct PathTests {
    @Test("keep every byte, and no two share a text")
    func bytes() {
        let paths: [[UInt8]] = [
            Array("plain".utf8), Array("Grüße/🚀".utf8), [0x72, 0xE9], [0xE9], [0xFF, 0xFE, 0x2F],
            [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x9A], [0xED, 0xA0, 0x80],
            [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80],
            // Characters of the range that stands for bytes, and of its neighbours.
            Array("\u{10FEE9}".utf8), Array("\u{10FE80}\u{10FEFF}".utf8),
            Array("\u{10FE7F}\u{10FF00}".utf8),
        ]
        for path in paths { #expect(PathText.bytes(PathText.text(path)) == path) }
        #expect(Set(paths.map(PathText.text)).count == paths.count)
        // Seeded: any bytes come back.
        var random = SeededRandom(seed: 3)
        for _ in 0..<2_000 {
            let path = (0..<random.below(9)).map { _ in
                UInt8(random.below(4) == 0 ? random.below(128) : 128 + random.below(128))
            }
            #expect(PathText.bytes(PathText.text(path)) == path, "\(path)")
        }
    }

    @Test("are shown with their bytes escaped")
    func shown() {
        let path = PathText.text([0x72, 0xE9, 0x2F, 0xFF])
        #expect(PathText.shown(path) == #"r\xE9/\xFF"#)
        #expect(InputError(path, "is wrong").description == #"r\xE9/\xFF: is wrong"#)
        #expect(PathText.shown("Grüße 🚀") == "Grüße 🚀")
    }

    @Test("have folders, names and parts")
    func parts() {
        for (path, folder, name) in [
            ("a/b", "a", "b"), ("a", "", "a"), ("/a", "/", "a"), ("a/b/", "a", "b"),
            ("../a", "..", "a"), ("/", "/", "/"),
        ] {
            #expect(path.containingFolder == folder, "\(path)")
            #expect(path.lastPathName == name, "\(path)")
        }
        #expect("".appending(pathComponent: "a") == "a")
        #expect("a/".appending(pathComponent: "b") == "a/b")
    }

    @Test("lose no link when they are simplified")
    func simplified() throws {
        let scratch = try ScratchFolder()
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: scratch.path + "/real/deep", withIntermediateDirectories: true)
        try manager.createSymbolicLink(
            atPath: scratch.path + "/link", withDestinationPath: "real/deep")
        func simplified(_ path: String) -> String {
            FileSystem.simplified(scratch.path + "/" + path)
                .replacing(scratch.path + "/", with: "")
        }
        #expect(simplified("real/./deep/../x") == "real/x")
        #expect(simplified("link/../x") == "link/../x")
        #expect(simplified("none/../x") == "none/../x")
        #expect(FileSystem.simplified("../a") == "../a")
        #expect(FileSystem.simplified(".") == ".")
    }
}

@Suite("The ledger of a command's files")
struct FileLedgerTests {
    private func read(_ path: String, _ ledger: FileLedger) throws {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        try ledger.reads(descriptor, path)
    }

    @Test("refuses an output that is an input, by whatever path and in either order")
    func both() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write("file", Array("x".utf8))
        let other = try scratch.write("other", Array("x".utf8))
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: scratch.path + "/soft", withDestinationPath: "file")
        try manager.linkItem(atPath: file, toPath: scratch.path + "/hard")
        let paths = [
            file, scratch.path + "/soft", scratch.path + "/hard", scratch.path + "/./file",
        ]
        for output in paths {
            for input in paths {
                let readFirst = FileLedger()
                try read(input, readFirst)
                try readFirst.replaces(other)
                #expect(throws: InputError.self) { try readFirst.replaces(output) }
                let writtenFirst = FileLedger()
                try writtenFirst.replaces(output)
                try read(other, writtenFirst)
                #expect(throws: InputError.self) { try read(input, writtenFirst) }
            }
        }
        let idle = FileLedger(isWatching: false)
        try read(file, idle)
        try idle.replaces(file)
        let ledger = FileLedger()
        try read("/dev/null", ledger)
        try ledger.replaces("/dev/null")
        try ledger.replaces(scratch.path + "/absent")
    }
}
