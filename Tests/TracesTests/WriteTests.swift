import Basics
import Foundation
import TestSupport
import Testing

@testable import Traces

/// A small trace with everything that a workload can have.
private let rich: Workload = {
    var entry = RequestClass(
        prompt: .lognormal(median: 80, p90: 700, max: 3_000),
        output: .lognormal(median: 40, p90: 200, max: 500))
    entry.system = .init(count: 5, tokens: .lognormal(median: 300, p90: 900, max: 2_000))
    entry.turns = .exponential(mean: 3, min: 1, max: 8)
    entry.thinkS = .exponential(mean: 5, min: 0.5, max: 60)
    entry.priority = 2
    var recipe = Recipe(arrivals: .init(rate: 5), classes: [entry])
    recipe.requests = 300
    var source = RecipeSource(recipe)
    var all = Workload()
    while let batch = try? source.next() { all.append(contentsOf: batch) }
    return all
}()

private func collect(_ source: any RequestSource) throws -> Workload {
    var source = source
    var all = Workload()
    while let batch = try source.next() { all.append(contentsOf: batch) }
    return all
}

private func reread(
    _ workload: Workload, _ format: TraceFormat
) throws -> (workload: Workload, losses: [String]) {
    var writer = try TraceWriter(format)
    let bytes = try writer.write(workload)
    return (try withFile(Data(bytes)) { try readAll($0).workload }, writer.losses)
}

@Suite struct Writing {
    @Test func nativeLosesNothing() throws {
        let (again, losses) = try reread(rich, .native)
        #expect(again == rich)
        #expect(losses.isEmpty)
    }

    @Test func nativeSaysThatTimesBelowMicrosecondsAreLost() throws {
        let turn = rich.predecessors.firstIndex { $0 >= 0 }!
        var (late, paused, impatient) = (rich, rich, rich)
        late.arrivals[late.count - 1] += 100
        paused.thinkTimes[turn] += 100
        impatient.aborts = rich.arrivals.map { $0 + 100 }
        for workload in [late, paused, impatient] {
            #expect(try reread(workload, .native).losses == ["time below 1 µs"])
        }
        impatient.aborts = rich.arrivals.map { _ in -1 }
        #expect(try reread(impatient, .native).losses.isEmpty)
    }

    @Test(arguments: [TraceFormat.azure, .burstgpt, .lengths])
    func lengthFormatsKeepTimesAndLengthsAndSayWhatIsLost(_ format: TraceFormat) throws {
        let (again, losses) = try reread(rich, format)
        let origin =
            format == .lengths || format == .burstgpt || format == .azure
            ? rich.arrivals[0] : 0
        #expect(again.arrivals == rich.arrivals.map { $0 - origin })
        #expect(again.promptTokens == rich.promptTokens)
        #expect(again.outputTokens == rich.outputTokens)
        #expect(losses.contains("content identity"))
        #expect(losses.contains("sessions"))
        #expect(losses.contains("priorities"))
    }

    @Test func bailianKeepsSharingInBlocksOf16() throws {
        let (again, losses) = try reread(rich, .bailian)
        #expect(again.predecessors == rich.predecessors)
        #expect(again.arrivals == rich.arrivals)
        #expect(again.priorities == rich.priorities && !rich.priorities.isEmpty)
        #expect(losses.contains("pauses in sessions, but for the timestamps"))
        func hits(_ workload: Workload) throws -> Int {
            let log = try ReuseLog(InMemorySource(workload), includesAnswers: false)
            return PageCurve(log, pageTokens: 16).hitTokens(pages: .max)
        }
        #expect(try hits(again) == hits(rich))
    }

    @Test func mooncakeKeepsSessionsWithTheirPauses() throws {
        let (again, losses) = try reread(rich, .mooncake)
        #expect(again.predecessors == rich.predecessors)
        #expect(again.thinkTimes == rich.thinkTimes)
        #expect(again.priorities == rich.priorities)
        #expect(losses.contains("time below 1 ms") && !losses.contains("priorities"))
    }

    @Test(.enabled(if: evidence != nil)) func mooncakeIsWrittenByteForByte() throws {
        let path = shared("traces/mooncake_fast25/conversation_trace.jsonl")
        var writer = try TraceWriter(.mooncake)
        var options = TraceOptions()
        options.limit = 1_500
        var (source, _) = try openTrace(path, options: options)
        var bytes: [UInt8] = []
        while let batch = try source.next() { bytes += try writer.write(batch) }
        let original = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(bytes.count)
        #expect(Data(bytes) == original)
        #expect(writer.losses.isEmpty)
    }

    @Test func formatsOfTextAndTablesAreNotWritten() {
        for format in [TraceFormat.sharegpt, .otel, .ragpulse, .weka] {
            #expect(throws: InputError.self) { try TraceWriter(format) }
        }
    }

    @Test func compressedFilesReadBack() throws {
        try withFile("x") { path in
            let target = path + ".jsonl.gz"
            var writer = try TraceWriter(.native)
            let file = try WholeFile(target)
            try file.write(writer.write(rich))
            #expect(!FileManager.default.fileExists(atPath: target))
            try file.commit()
            #expect(try readAll(target).workload == rich)
        }
    }
}

@Suite struct Transforming {
    @Test func samplingKeepsSessionsWhole() throws {
        let part = try collect(
            SampledSource(InMemorySource(rich), share: 0.4, unit: .session, seed: 3))
        #expect(part.count > 0 && part.count < rich.count)
        let kept = Set(part.ids)
        for row in 0..<rich.count where rich.predecessors[row] >= 0 {
            #expect(kept.contains(rich.ids[row]) == kept.contains(rich.predecessors[row]))
        }
        let larger = try collect(
            SampledSource(InMemorySource(rich), share: 0.7, unit: .session, seed: 3))
        #expect(kept.isSubset(of: Set(larger.ids)))
    }

    @Test func samplingKeepsWhatWaitsForOneAnotherTogether() throws {
        let (tree, _) = try withFile(AgentSamples.tree) { try readAll($0) }
        // Root, a, b with what they spawn; the coordinator's two rounds, whose first requests
        // begin by themselves.
        var sizes: Set<Int> = []
        for seed in UInt64(0)..<30 {
            let sample = try SampledSource(
                InMemorySource(tree), share: 0.5, unit: .session, seed: seed)
            let part = try collect(sample)
            #expect(sample.cuts.remarks.isEmpty)
            #expect(part.waits.count <= tree.waits.count)
            sizes.insert(part.count)
        }
        #expect(sizes == [0, 6, 10, 16])
        var (waits, turns, remarks) = (0, 0, 0)
        for seed in UInt64(0)..<30 {
            let windows = try SampledSource(
                InMemorySource(tree), share: 0.5, unit: .window(1_000_000_000), seed: seed)
            #expect(try collect(windows).count < tree.count)
            waits += windows.cuts.waits
            turns += windows.cuts.turns
            remarks = max(remarks, windows.cuts.remarks.count)
        }
        #expect(waits > 0 && turns > 0 && remarks == 2)
    }

    @Test func samplingWindowsKeepsTheRate() throws {
        let part = try collect(
            SampledSource(
                InMemorySource(rich), share: 0.5, unit: .window(4_000_000_000), seed: 1))
        let rate = Double(part.count) / Double(part.arrivals.last! - part.arrivals[0])
        let whole = Double(rich.count) / Double(rich.arrivals.last! - rich.arrivals[0])
        #expect(abs(rate / whole - 1) < 0.35)
        #expect(zip(part.arrivals, part.arrivals.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func samplingWindowsKeepsTheNearestNumberOfThem() throws {
        // 19 windows of a minute, the first with 60 requests and each later one with three.
        var trace = Workload()
        trace.arrivals = (0..<60).map { $0 * 1_000_000_000 }
        for minute in Int64(1)..<19 {
            trace.arrivals += [5, 25, 45].map { (60 * minute + $0) * 1_000_000_000 }
        }
        trace.ids = Array(0..<Int64(trace.count))
        trace.promptTokens = .init(repeating: 1, count: trace.count)
        trace.outputTokens = trace.promptTokens
        for seed in UInt64(0)..<20 {
            var smaller: Set<Int64> = []
            for (share, windows) in [(0.01, 1), (0.1, 2), (0.25, 5), (0.5, 10), (0.99, 19)] {
                let sample = try SampledSource(
                    InMemorySource(trace), share: share, unit: .window(60_000_000_000), seed: seed)
                let part = try collect(sample)
                let kept = Set(part.ids)
                #expect(Set(kept.map { $0 < 60 ? 0 : ($0 - 57) / 3 }).count == windows)
                #expect(smaller.isSubset(of: kept), "seed \(seed), share \(share)")
                #expect(part.arrivals.last! / 60_000_000_000 == Int64(windows) - 1)
                let requests = "kept \(part.count) of 114 requests, "
                #expect(sample.cuts.share.hasPrefix(requests))
                #expect(sample.cuts.share.hasSuffix("in \(windows) of 19 windows with requests"))
                smaller = kept
            }
        }
    }

    @Test func samplingShortWindowsPassesLongPausesAtOnce() throws {
        let day: Int64 = 86_400_000_000_000
        var trace = Workload()
        trace.ids = Array(0..<40)
        trace.arrivals = trace.ids.map { $0 * day }
        trace.promptTokens = Array(repeating: 1, count: 40)
        trace.outputTokens = trace.promptTokens
        let part = try collect(
            SampledSource(InMemorySource(trace), share: 0.25, unit: .window(1_000), seed: 1))
        #expect(part.count == 10)
        for row in 0..<part.count {
            // Whole windows of a microsecond, a quarter of those before.
            #expect(abs(part.arrivals[row] - part.ids[row] * day / 4) <= 40_000)
        }
        let whole = try collect(
            SampledSource(InMemorySource(trace), share: 1, unit: .window(1_000), seed: 1))
        #expect(whole == trace)
    }

    @Test func mergingKeepsOrderAndContentsApart() throws {
        let merged = try collect(
            MergedSource([InMemorySource(rich), InMemorySource(rich)], offsets: [0, 1_000]))
        #expect(merged.count == 2 * rich.count)
        #expect(zip(merged.arrivals, merged.arrivals.dropFirst()).allSatisfy { $0 <= $1 })
        func hits(_ workload: Workload) throws -> Int {
            PageCurve(try ReuseLog(InMemorySource(workload)), pageTokens: 16)
                .hitTokens(pages: .max)
        }
        #expect(try hits(merged) == 2 * hits(rich))
        let shared = try collect(
            MergedSource(
                [InMemorySource(rich), InMemorySource(rich)], offsets: [0, 1_000],
                sharesContent: true))
        #expect(try hits(shared) > hits(merged))
    }

    @Test(arguments: [0.5, 1.5, 3.0])
    func scalingChangesTheRateByItsFactor(_ factor: Double) throws {
        let way = RateScaling.usual(for: factor)
        let source = try way.apply(factor: factor, seed: 2) { scale in
            var scaled = rich
            scaled.arrivals = rich.arrivals.map { scale.apply($0)! }
            return InMemorySource(scaled)
        }
        let trace = try collect(source)
        let rate = Double(trace.count) / Double(trace.arrivals.last! - trace.arrivals[0])
        let whole = Double(rich.count) / Double(rich.arrivals.last! - rich.arrivals[0])
        #expect(abs(rate / whole / factor - 1) < 0.25)
        #expect(zip(trace.arrivals, trace.arrivals.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func thinningCannotRaiseTheRate() {
        #expect(throws: InputError.self) {
            try RateScaling.thin.apply(factor: 2, seed: 0) { _ in InMemorySource(rich) }
        }
    }
}
