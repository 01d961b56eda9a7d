import Foundation
import Testing

@testable import Basics

@Suite("Child processes", .serialized)
struct ChildProcessTests {
    /// What a file holds, once it is there.
    private func number(in path: String) throws -> Int32 {
        for _ in 0..<200 {
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            if text.hasSuffix("\n"), let number = Int32(text.dropLast()) { return number }
            usleep(10_000)
        }
        return try #require(nil, "\(path) was not written")
    }

    private func scratch() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-" + UUID().uuidString).path
    }

    @Test("a child sees the end of its input while others are open")
    func ownPipes() throws {
        let children = try (0..<8).map { _ in try ChildProcess("cat") }
        for child in children {
            child.closeInput()
            let began = ContinuousClock.now
            while !child.hasEnded, ContinuousClock.now - began < .seconds(20) { usleep(1000) }
            guard case .exited(status: 0) = child.stop() else {
                Issue.record("it did not end by itself")
                return
            }
        }
    }

    @Test("a line that nothing asked for is no answer")
    func unasked() throws {
        let twice = try ExternalProcess("while read line; do printf 'a\\nb\\n'; done")
        let error = #expect(throws: ExternalProcess.Failure.self) {
            // The second line may come after the first was read, and is seen with the next.
            for _ in 0..<3 { _ = try twice.exchange("x", limit: .seconds(20)) }
        }
        #expect(error?.words == "printed \"b\" beside its answer")
        let early = try ExternalProcess("echo ready; while read line; do echo a; done")
        #expect(throws: ExternalProcess.Failure.self) {
            // Its answer comes after the greeting was taken for one.
            for _ in 0..<20 {
                _ = try early.exchange("x", limit: .seconds(20))
                usleep(100_000)
            }
        }
        let right = try ExternalProcess("while read line; do echo $line; done")
        for number in 0..<100 {
            let answer = try right.exchange("\(number)", limit: .seconds(20))
            #expect(String(decoding: answer, as: UTF8.self) == "\(number)")
        }
    }

    @Test("many that do not want to end are ended together")
    func together() throws {
        let children = try (0..<20).map { _ in try ExternalProcess("sleep 600") }
        let began = ContinuousClock.now
        ExternalProcess.end(children)
        // One after the other they would take ten seconds.
        #expect(ContinuousClock.now - began < .seconds(8))
    }

    @Test(
        "a child's own children are gone with it",
        arguments: ["sleep 600 & echo $! >PIDS; cat", "sleep 600 & echo $! >PIDS; sleep 600"])
    func group(command: String) throws {
        let path = scratch()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let grandchild: Int32
        do {
            let child = try ChildProcess(command.replacing("PIDS", with: path))
            grandchild = try number(in: path)
            #expect(kill(grandchild, 0) == 0)
            withExtendedLifetime(child) {}
        }
        #expect(kill(grandchild, 0) == -1)
    }

    @Test("a child begins without the signals that this program ignores")
    func signals() throws {
        signal(SIGHUP, SIG_IGN)
        defer { signal(SIGHUP, SIG_DFL) }
        let child = try ChildProcess("kill -HUP $$; sleep 600")
        let began = ContinuousClock.now
        while !child.hasEnded, ContinuousClock.now - began < .seconds(20) { usleep(1000) }
        guard case .killed(signal: SIGHUP) = child.stop() else {
            Issue.record("the signal did not end it")
            return
        }
    }

    @Test("more children than there may be open files are refused before the first is started")
    func limit() throws {
        let error = #expect(throws: ExternalProcess.Failure.self) {
            try ChildProcess.prepare(for: 1 << 40)
        }
        #expect(error?.words.contains("too many open files") == true)
        try ChildProcess.prepare(for: 4)
    }
}
