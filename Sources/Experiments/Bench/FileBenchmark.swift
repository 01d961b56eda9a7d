import Basics
import Foundation
import Simulator
import Traces

/// Cost of reading or writing one file: deterministic counts, and times that depend on the machine.
package struct FileBenchmarkResult: Sendable, Encodable {
    package var name: String
    /// Requests read or written.
    package var requests: Int
    /// Length of the file, bytes.
    package var bytes: Int
    /// Processor time of all threads, and elapsed time, seconds.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    /// 10⁶ bytes of the file per second of processor time.
    package var megabytesPerCpuSecond: Double
    package var nanosecondsPerRequest: Double
}

/// A benchmark of the files at either end of a run: reading traces, writing requests.csv.
package struct FileBenchmark: Sendable {
    package let name: String
    /// What it measures, in one line.
    package let meaning: String
    /// Prepares the work; not timed.
    let prepare: @Sendable (TemporaryFile) throws -> Void
    /// The work itself. Returns the number of requests that it handled.
    let work: @Sendable (TemporaryFile) throws -> Int

    /// Runs it `times` times on a temporary file of 30 to 220 MB, which is then removed. Preparing
    /// the file is not timed. Throws `InputError` if the file cannot be written.
    package func run(times: Int) throws -> [FileBenchmarkResult] {
        let file = TemporaryFile()
        defer { file.remove() }
        try prepare(file)
        // One unmeasured run first: it pays for the heap that the preparation left behind.
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
    /// All benchmarks of files.
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

    /// Reads a trace from a seeded recipe in one format, from a file written beforehand.
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

    /// Single requests with the lengths of the built-in chat.
    private static let chat: Recipe = {
        var recipe = Recipe.builtInChat
        recipe.classes.removeLast()
        return recipe
    }()

    /// Prompts with the lengths of the Mooncake conversation trace (median 6,909, 90th percentile
    /// 27,367 tokens), partly shared.
    private static let documents: Recipe = {
        var recipe = chat
        recipe.classes[0].prompt = .lognormal(median: 6_909, p90: 27_367, max: 120_000)
        recipe.maxContext = 131_072
        return recipe
    }()

    /// Writes rows as they would come from a run lasting a week.
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

/// An unused path in the temporary folder.
struct TemporaryFile {
    let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("headway-bench-\(UUID().uuidString)").path

    /// Length in bytes.
    var length: Int {
        get throws {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return (attributes[.size] as? NSNumber)?.intValue ?? 0
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
