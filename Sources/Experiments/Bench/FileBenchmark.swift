import Basics
import Foundation
import Simulator
import Traces

/// What reading or writing one file cost: deterministic counts, and times that belong to this
/// machine.
package struct FileBenchmarkResult: Sendable, Encodable {
    package var name: String
    /// Requests read or written.
    package var requests: Int
    /// Length of the file.
    package var bytes: Int
    /// Processor time of all threads, and time on the wall, seconds.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    /// 10⁶ bytes of the file per second of processor time.
    package var megabytesPerCpuSecond: Double
    package var nanosecondsPerRequest: Double
}

/// Benchmarks of the files at either end of a run: traces read, requests.csv written.
package struct FileBenchmark: Sendable {
    package let name: String
    /// What it stands for, one line.
    package let meaning: String
    /// Makes what the work needs, untimed.
    let prepare: @Sendable (TemporaryFile) throws -> Void
    /// The work itself; returns how many requests it handled.
    let work: @Sendable (TemporaryFile) throws -> Int

    /// Runs it so many times on one temporary file of 30 to 220 MB, which is removed again.
    /// Making what is read is not timed. Throws `InputError` where the file cannot be written.
    package func run(times: Int) throws -> [FileBenchmarkResult] {
        let file = TemporaryFile()
        defer { file.remove() }
        try prepare(file)
        // Once unmeasured: the first time pays for the heap that the preparation has left behind.
        _ = try work(file)
        return try (0..<times).map { _ in
            let cpu = ProcessUsage.now.processorSeconds
            let wall = ContinuousClock.now
            let requests = try work(file)
            let spent = ProcessUsage.now.processorSeconds - cpu
            let passed = (ContinuousClock.now - wall) / .seconds(1)
            let bytes = try file.length
            return FileBenchmarkResult(
                name: name, requests: requests, bytes: bytes, cpuSeconds: spent,
                wallSeconds: passed, megabytesPerCpuSecond: Double(bytes) / 1e6 / spent,
                nanosecondsPerRequest: spent * 1e9 / Double(max(1, requests)))
        }
    }
}

extension FileBenchmark {
    /// Every benchmark of files.
    package static let all: [FileBenchmark] = [
        reading(.azure, requests: 4_000_000, "an Azure trace read, batch by batch") {
            requests(of: chat, $0)
        },
        reading(.mooncake, requests: 100_000, "a Mooncake trace read") {
            requests(of: documents, $0)
        },
        reading(.native, requests: 1_000_000, "a native trace with sessions read") {
            requests(of: .builtInChat, $0)
        },
        FileBenchmark(
            name: "write-rows", meaning: "rows of requests.csv formatted and written",
            prepare: { _ in }, work: { try writeRows(2_000_000, to: $0) }),
    ]

    /// Reads a trace of a seeded recipe in one format from a file written beforehand.
    private static func reading(
        _ format: TraceFormat, requests: Int, _ meaning: String,
        from source: @escaping @Sendable (Int) -> RecipeSource
    ) -> FileBenchmark {
        FileBenchmark(
            name: "read-" + format.rawValue, meaning: meaning,
            prepare: { file in
                var requestSource = source(requests)
                var writer = try TraceWriter(format)
                let output = try OutputFile(path: file.path, name: file.path)
                while let batch = try requestSource.next() {
                    try output.write(writer.write(batch))
                }
                try output.finish()
            },
            work: { file in
                var (trace, notes) = try openTrace(file.path)
                while let batch = try trace.next() { precondition(batch.count > 0) }
                return notes.rows
            })
    }

    private static func requests(of recipe: Recipe, _ count: Int) -> RecipeSource {
        var recipe = recipe
        recipe.requests = count
        return RecipeSource(recipe)
    }

    /// Single requests as long as the built-in chat's.
    private static let chat: Recipe = {
        var recipe = Recipe.builtInChat
        recipe.classes.removeLast()
        return recipe
    }()

    /// Prompts as long as the Mooncake conversation trace's (median 6,909, 90th percentile 27,367
    /// tokens), a part of each shared.
    private static let documents: Recipe = {
        var recipe = chat
        recipe.classes[0].prompt = .lognormal(median: 6_909, p90: 27_367, max: 120_000)
        recipe.maxContext = 131_072
        return recipe
    }()

    /// Writes rows as they come out of a run that is under way for a week.
    private static func writeRows(_ count: Int, to file: TemporaryFile) throws -> Int {
        var random = SeededRandom(seed: 5)
        let records = (0..<4096).map { row in
            var record = RequestRecord(
                id: Int64(random.below(50_000_000)),
                arrival: Int64(random.below(604_800)) * 1_000_000_000_000 + Int64(row),
                promptTokens: Int32(1 + random.below(14_000)))
            record.admitted = record.arrival + Int64(random.below(1 << 40))
            record.firstToken = record.admitted + Int64(random.below(1 << 38))
            record.finish = record.firstToken + Int64(random.below(1 << 45))
            record.hitTokens = Int32(random.below(Int(record.promptTokens)))
            record.outputTokens = Int32(1 + random.below(1_000))
            record.replica = Int32(random.below(64))
            record.outcome = .finished
            return record
        }
        let rows = try RowWriter(file)
        for row in 0..<count { try rows.record(records[row & 4095]) }
        try rows.close()
        return count
    }
}

/// An unused path in the folder for temporary files.
struct TemporaryFile {
    let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("headway-bench-\(UUID().uuidString)").path

    /// Bytes.
    var length: Int {
        get throws {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return (attributes[.size] as? NSNumber)?.intValue ?? 0
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
