import Basics
import Results
import Scenario
import Simulator

/// The run to explain: a folder that `headway run --out` wrote, or a configuration.
struct WhyRun {
    let configuration: Configuration
    /// The folder and its run's digest.
    private let folder: (path: String, digest: String)?

    /// Opens a run; nil: the built-in default. Throws `InputError` for a path that is neither, for
    /// a folder that changed since its run, and for changes to a folder.
    init(_ path: String?, changes: [String]) throws {
        guard let path, FileSystem.isFolder(path) else {
            if let path { try Self.refuseFile(path) }
            configuration = try Configuration.read(file: path, changes: changes)
            folder = nil
            return
        }
        guard changes.isEmpty else {
            throw InputError(
                "--set", "cannot change \(path), a run that is already made",
                expected: "a configuration file instead of a run folder")
        }
        guard let digest = try RunFolder.manifest(path).texts["digest"] else {
            throw InputError(
                path.appending(pathComponent: RunFiles.summary), "is not the summary of a run",
                expected: "JSON with a digest")
        }
        configuration = try Configuration.read(
            file: path.appending(pathComponent: RunFiles.configuration))
        folder = (path, digest)
    }

    /// Throws `InputError` for a run's file given instead of its folder.
    private static func refuseFile(_ path: String) throws {
        let parts = path.split(separator: "/")
        guard [RunFiles.summary, RunFiles.requests].contains(parts.last.map(String.init)) else {
            return
        }
        throw InputError(
            path, "is a file of a run", expected: "the run's folder, or a configuration")
    }

    /// The requests of a question: from a folder's rows, to the microsecond, else from an
    /// unobserved run.
    func choose(
        _ question: WhyQuestion, _ progress: @escaping (Int) -> Void
    ) throws -> [WhyChoice.Chosen] {
        var choice = WhyChoice(question)
        guard let folder else {
            let resolved = try configuration.resolved()
            let trace = try Self.open(resolved)
            var plan = resolved.plan
            plan.keepsRecords = false
            let chooser = Chooser(choice, progress)
            _ = try simulate(plan, source: trace.source, observer: chooser)
            return try chooser.choice.finish()
        }
        let path = folder.path.appending(pathComponent: RunFiles.requests)
        try InputFile.eachLine(path) { row, line in
            guard line > 1 else { return }
            guard let row = Self.row(row) else {
                throw InputError(
                    "\(path):\(line)", "is not a row of requests.csv",
                    expected: "a file that headway wrote")
            }
            choice.add(row)
        }
        return try choice.finish()
    }

    /// The trace of a run. Throws `InputError` if it cannot be read twice.
    static func open(_ resolved: ResolvedConfiguration) throws -> OpenedTrace {
        // Checked before opening, which would wait for a pipe's data.
        if let file = resolved.configuration.trace.file, InputFile.isReadOnce(file) {
            throw InputError(
                "trace.file", "comes through a pipe, and is to be read again",
                expected: "a trace in a file")
        }
        return try resolved.configuration.openTrace()
    }

    /// Throws `InputError` unless the run's digest is the folder's.
    func check(_ digest: String) throws {
        guard let folder, folder.digest != digest else { return }
        throw InputError(
            folder.path,
            "cannot be explained: its configuration now gives the digest \(digest), not "
                + "\(folder.digest), so another version made it, or its trace has changed",
            expected: "the run made again with headway run --out")
    }

    /// Id, arrival, finish and replica of a row: fields 0, 1, 4 and 9.
    private static func row(_ bytes: UnsafeRawBufferPointer) -> WhyChoice.Row? {
        var row = WhyChoice.Row(id: 0, arrival: -1, finish: -1, replica: -1)
        var (field, start) = (0, 0)
        for place in 0..<bytes.count where bytes[place] == 0x2C {
            let isEmpty = start == place
            switch field {
            case 0:
                guard let id = integer(bytes, start, place) else { return nil }
                row.id = id
            case 1, 4:
                let time = isEmpty ? -1 : microseconds(bytes, start, place)
                guard let time else { return nil }
                if field == 1 { row.arrival = time } else { row.finish = time }
            case 9:
                let replica = isEmpty ? -1 : integer(bytes, start, place)
                guard let replica else { return nil }
                row.replica = Int(replica)
                return row.arrival < 0 ? nil : row
            default: break
            }
            (field, start) = (field + 1, place + 1)
        }
        return nil
    }

    private static func integer(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) -> Int64? {
        let isNegative = start < end && bytes[start] == 0x2D
        let first = isNegative ? start + 1 : start
        guard first < end else { return nil }
        var value: Int64 = 0
        for place in first..<end {
            let digit = Int64(bytes[place]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            let (tens, tooMany) = value.multipliedReportingOverflow(by: 10)
            let (next, overflows) = tens.addingReportingOverflow(isNegative ? -digit : digit)
            guard !tooMany, !overflows else { return nil }
            value = next
        }
        return value
    }

    /// Seconds with six decimals as picoseconds.
    private static func microseconds(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) -> Int64? {
        guard end - start < 20 else { return nil }
        var value: Int64 = 0
        for place in start..<end where bytes[place] != 0x2E {
            let digit = Int64(bytes[place]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            value = value * 10 + digit
        }
        let (time, overflows) = value.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? nil : time
    }
}

/// Chooses requests during a run.
private final class Chooser: RunObserver {
    var choice: WhyChoice
    private let progress: (Int) -> Void

    init(_ choice: WhyChoice, _ progress: @escaping (Int) -> Void) {
        (self.choice, self.progress) = (choice, progress)
    }

    func progress(ended: Int, time: Int64) { progress(ended) }

    func record(_ record: RequestRecord) {
        choice.add(
            .init(
                id: record.id, arrival: record.arrival, finish: record.finish,
                replica: Int(record.replica)))
    }
}
