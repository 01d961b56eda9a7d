import Foundation

/// The built `headway`, run as a user runs it.
public enum Executable {
    /// The results of a call.
    public struct Outcome: Sendable {
        /// The exit status; -1 for a call that had to be killed.
        public var status: Int32
        public var output: String
        public var errors: String
    }

    /// Its path: beside the test bundle.
    public static let path: String = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL
        var folder = bundle.deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("headway").path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder),
                !isFolder.boolValue
            {
                return candidate
            }
            folder = folder.deletingLastPathComponent()
        }
        return packageRoot.appendingPathComponent(".build/debug/headway").path
    }()

    /// Runs it with arguments, to the end or for at most `seconds`.
    public static func run(
        _ arguments: [String], in folder: String? = nil, seconds: Double = 300
    ) throws -> Outcome {
        try launch(path, arguments, in: folder, seconds: seconds)
    }

    /// Runs a shell command in which `$HEADWAY` is the executable.
    public static func shell(
        _ line: String, in folder: String? = nil, seconds: Double = 300
    ) throws -> Outcome {
        try launch("/bin/sh", ["-c", line], in: folder, seconds: seconds)
    }

    private static func launch(
        _ program: String, _ arguments: [String], in folder: String?, seconds: Double
    ) throws -> Outcome {
        let base = NSTemporaryDirectory() + "headway-call-\(UUID().uuidString)"
        let manager = FileManager.default
        try manager.createDirectory(atPath: base, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: base) }
        // Files instead of pipes: nothing to drain, however much is written.
        for name in ["/out", "/err"] { try Data().write(to: URL(fileURLWithPath: base + name)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["HEADWAY": path]) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: base + "/out")
        process.standardError = FileHandle(forWritingAtPath: base + "/err")
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        try process.run()
        let deadline = Date(timeIntervalSinceNow: seconds)
        while process.isRunning, Date() < deadline { usleep(5_000) }
        let wasKilled = process.isRunning
        if wasKilled { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return Outcome(
            status: wasKilled ? -1 : process.terminationStatus,
            output: try String(contentsOfFile: base + "/out", encoding: .utf8),
            errors: try String(contentsOfFile: base + "/err", encoding: .utf8))
    }
}

/// A temporary folder for a test, removed with the object.
public final class ScratchFolder {
    public let path: String

    public init() throws {
        path = NSTemporaryDirectory() + "headway-scratch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders in its name, and returns its path.
    @discardableResult
    public func write(_ name: String, _ data: some DataProtocol) throws -> String {
        let file = path + "/" + name
        if name.contains("/") {
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
        }
        try Data(data).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Names of the folder's contents, including hidden files.
    public var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// The text of a file in the folder.
    public func text(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }
}
