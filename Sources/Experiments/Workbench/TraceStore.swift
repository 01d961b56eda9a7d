import Basics
import Scenario
import Simulator
import Synchronization
import Traces

/// Traces read once for many runs.
///
/// Runs with equal trace section, seed and labels share the trace, so that every point of a study
/// replays the same requests (common random numbers) without parsing the file again. Traces beyond
/// the store's capacity are read anew for each run.
package final class TraceStore: Sendable {
    /// A trace with its requests in memory, or one still to be read.
    struct Loaded: Sendable {
        var name: String
        var batches: [Workload]
        var labels: RequestLabels?
        var remarks: [String]
        /// A real server's latencies in the trace.
        var measured: MeasuredLatencies?
        var digest: String

        var requests: Int { batches.reduce(0) { $0 + $1.count } }
        var source: Replayed { Replayed(batches: batches) }
    }

    /// Replays batches read before. O(1) per batch: columns are shared.
    struct Replayed: RequestSource {
        var batches: [Workload]
        private var position = 0

        init(batches: [Workload]) { self.batches = batches }

        mutating func next() -> Workload? {
            guard position < batches.count else { return nil }
            position += 1
            return batches[position - 1]
        }
    }

    private struct Key: Equatable {
        var trace: Configuration.TraceSection
        var seed: Int?
        var by: ClassDimension?
    }

    private struct Entry: Sendable {
        var key: Key
        var loaded: Loaded
    }

    /// Most requests kept: about 100 bytes each, plus their content.
    private static let most = 4_000_000

    private let entries = Mutex<[Entry]>([])

    /// An empty store.
    package init() {}

    /// The trace of a configuration. Read under the lock, so that it is read once.
    ///
    /// - Throws: `InputError` for a trace that cannot be read, including pipes: a study reads its
    ///   trace more than once.
    func trace(of configuration: Configuration) throws -> Loaded {
        let key = Key(
            trace: configuration.trace, seed: configuration.seed, by: configuration.output.by)
        return try entries.withLock { entries in
            if let entry = entries.first(where: { $0.key == key }) { return entry.loaded }
            let loaded = try Self.read(configuration)
            var kept = entries.reduce(loaded.requests) { $0 + $1.loaded.requests }
            while kept > Self.most, !entries.isEmpty {
                kept -= entries.removeFirst().loaded.requests
            }
            entries.append(Entry(key: key, loaded: loaded))
            return loaded
        }
    }

    private static func read(_ configuration: Configuration) throws -> Loaded {
        if let file = configuration.trace.file, InputFile.isReadOnce(file) {
            throw InputError(
                "trace.file", "is a pipe, and a study replays its trace many times",
                expected: "a file")
        }
        let trace = try configuration.openTrace()
        let digest = WorkloadDigest(trace.source)
        var batches: [Workload] = []
        while let batch = try digest.next() { batches.append(batch) }
        return Loaded(
            name: trace.name, batches: batches, labels: trace.labels, remarks: trace.remarks,
            measured: trace.notes?.measured, digest: digest.digest.hexadecimal)
    }
}
