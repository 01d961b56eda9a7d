import Basics

/// Writes requests in one of the writable formats, a batch at a time.
///
///     var writer = try TraceWriter(.mooncake)
///     let bytes = try writer.write(batch)
///     print(writer.losses)
///
/// What the format cannot express is left out and described in `losses`.
package struct TraceWriter {
    /// What the format could not hold of the batches written so far, in plain words, sorted.
    package var losses: [String] {
        var lost = lost
        if format != .native {
            for labels in labels where labels.hasNames { lost.insert(labels.label.plural) }
        }
        if let untold { lost.insert(untold) }
        guard blocks.lostTokens > 0 else { return lost.sorted() }
        let sharing =
            "sharing of less than a block of \(blocks.blockTokens) tokens"
            + " (\(blocks.lostTokens) of \(blocks.sharedTokens) shared prompt tokens)"
        return (lost + [sharing]).sorted()
    }

    /// Names of requests, which the native format keeps.
    package var labels: [RequestLabels] = []

    private let format: TraceFormat
    private var lost: Set<String> = []
    private var hasHeader = false
    private var written: Int64 = 0
    private var blocks = BlockNumbers(blockTokens: 512)
    /// The first rows written, if a reader infers units from them.
    private var firstRows = FirstRows()
    /// The first turn of a turn's session, and that session's last turn so far.
    private var roots: [Int64: Int64] = [:]
    private var lastTurns: [Int64: Int64] = [:]
    /// A turn's number in its session, from 1.
    private var turns: [Int64: Int64] = [:]

    /// The formats that can be written.
    package static let formats: [TraceFormat] = [
        .native, .azure, .mooncake, .timedTrace, .bailian, .burstgpt, .lengths,
    ]

    /// Creates a writer. Throws `InputError` for a format that needs information no workload has.
    package init(_ format: TraceFormat) throws {
        guard Self.formats.contains(format) else {
            throw InputError(
                format.rawValue,
                "cannot be written: it holds text, spans or tables that a replay does not need",
                expected: Self.formats.map(\.rawValue).joined(separator: ", "))
        }
        self.format = format
        if format == .timedTrace || format == .bailian { blocks = BlockNumbers(blockTokens: 16) }
    }

    /// The bytes of a batch, with the header before the first. O(tokens / block) for formats with
    /// blocks, else O(segments).
    ///
    /// Throws `InputError` for an arrival or a prompt that the format cannot hold.
    package mutating func write(_ batch: Workload) throws -> [UInt8] {
        var out = ByteWriter()
        out.bytes.reserveCapacity(160 * batch.count)
        if !hasHeader { writeHeader(&out) }
        hasHeader = true
        try checkBlocks(batch)
        noteLosses(batch)
        noteFirstRows(batch)
        for row in 0..<batch.count {
            switch format {
            case .native: writeNative(batch, row, &out)
            case .azure: writeAzure(batch, row, &out)
            case .mooncake: writeMooncake(batch, row, perSecond: 1_000, &out)
            case .timedTrace: writeMooncake(batch, row, perSecond: 1, &out)
            case .bailian: writeBailian(batch, row, &out)
            case .burstgpt: writeBurstGPT(batch, row, &out)
            default: writeLengths(batch, row, &out)
            }
            out.put("\n")
        }
        return out.bytes
    }

    private func writeHeader(_ out: inout ByteWriter) {
        switch format {
        case .azure: out.put("TIMESTAMP,ContextTokens,GeneratedTokens\n")
        case .burstgpt:
            out.put("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n")
        case .lengths: out.put("arrived_at,num_prefill_tokens,num_decode_tokens\n")
        default: break
        }
    }

    /// Most ids in one row.
    private static let mostBlocks = 1 << 20

    private var hasBlocks: Bool {
        format == .mooncake || format == .timedTrace || format == .bailian
    }

    private func checkBlocks(_ batch: Workload) throws {
        guard hasBlocks else { return }
        let most = Int(blocks.blockTokens) * Self.mostBlocks
        guard let row = batch.promptTokens.firstIndex(where: { Int($0) > most }) else { return }
        throw InputError(
            "request \(batch.ids[row])",
            "has \(batch.promptTokens[row]) prompt tokens, too many blocks of"
                + " \(blocks.blockTokens) for a row of \(format.rawValue)",
            expected: "at most \(most), or --to native")
    }

    private mutating func noteLosses(_ batch: Workload) {
        guard format != .native else {
            if hasTimesBelowMicroseconds(batch) { lost.insert("time below 1 µs") }
            return
        }
        if !batch.priorities.isEmpty, !hasBlocks { lost.insert("priorities") }
        if !batch.aborts.isEmpty { lost.insert("aborts") }
        if !batch.maxTokens.isEmpty { lost.insert("max_tokens") }
        if !batch.outputContents.isEmpty {
            lost.insert("identity of answers (a prompt that quotes one does not hit it)")
        }
        if !batch.segmentEnds.isEmpty, !hasBlocks { lost.insert("content identity") }
        if !batch.waits.isEmpty { lost.insert("waits for more than one request") }
        if !batch.toolTimes.isEmpty { lost.insert("what of pauses tools took") }
        if batch.predecessors.contains(where: { $0 >= 0 }) {
            switch format {
            case .mooncake: break
            case .bailian: lost.insert("pauses in sessions, but for the timestamps")
            default: lost.insert("sessions")
            }
        }
        if format != .bailian {
            let first = written
            if batch.ids.indices.contains(where: { batch.ids[$0] != first + Int64($0) }) {
                lost.insert("ids")
            }
        }
        if !hasBlocks, written == 0, let first = batch.arrivals.first, first > 0 {
            lost.insert(Self.lostOrigin(first))
        }
        written += Int64(batch.count)
        let grain: Int64 = format == .azure ? 100 : format == .mooncake ? 1_000_000 : 1
        if batch.arrivals.contains(where: { $0 % grain != 0 }) {
            lost.insert("time below \(grain == 100 ? "100 ns" : "1 ms")")
        }
    }

    private mutating func noteFirstRows(_ batch: Workload) {
        guard hasBlocks else { return }
        let room = FirstRows.most - firstRows.times.count
        for row in 0..<min(room, batch.count) {
            let time =
                format == .mooncake
                ? Double(batch.arrivals[row] / 1_000_000) : Double(batch.arrivals[row]) / 1e9
            let prompt = Int(batch.promptTokens[row])
            let ids = (prompt - 1) / Int(blocks.blockTokens) + 1
            firstRows.add(time: time, prompt: prompt, ids: ids)
        }
    }

    /// The flags without which a reader would misread the rows: if all prompts fit one block, or if
    /// times look like those of another unit. Nil if the rows suffice.
    private var untold: String? {
        guard hasBlocks else { return nil }
        var flags: [String] = []
        if format == .timedTrace, let told = firstRows.blockTokens, told != 16 {
            flags.append("--block-size 16")
        }
        let unit = format == .mooncake ? TimeUnit.milliseconds : .seconds
        if TimeUnit(ofTimes: firstRows.times, usual: unit) != unit {
            flags.append("--time-unit \(unit.rawValue)")
        }
        guard !flags.isEmpty else { return nil }
        return "units, which the first rows do not tell (read it with "
            + flags.joined(separator: " ") + ")"
    }

    /// The loss of the first request's time, in words.
    static func lostOrigin(_ nanoseconds: Int64) -> String {
        var seconds = ByteWriter()
        seconds.put(nanoseconds, decimals: 9)
        return "origin of time (the first request, at "
            + String(decoding: seconds.bytes, as: UTF8.self) + " s, becomes 0 s)"
    }

    /// Whether arrivals, or the pauses and aborts that are written, are not whole microseconds.
    private func hasTimesBelowMicroseconds(_ batch: Workload) -> Bool {
        batch.arrivals.contains { $0 % 1_000 != 0 }
            || batch.aborts.contains { $0 >= 0 && $0 % 1_000 != 0 }
            || zip(batch.predecessors, batch.thinkTimes).contains { $0 >= 0 && $1 % 1_000 != 0 }
            || batch.waits.contains { $0.delay % 1_000 != 0 }
    }

    private func writeNative(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        out.put("{\"id\":")
        out.put(batch.ids[row])
        out.put(",\"arrival_us\":")
        out.put(batch.arrivals[row] / 1_000)
        if !batch.priorities.isEmpty {
            out.put(",\"priority\":")
            out.put(Int64(batch.priorities[row]))
        }
        let segments = batch.segments(of: row)
        if segments.isEmpty {
            out.put(",\"prompt_tokens\":")
            out.put(Int64(batch.promptTokens[row]))
        } else {
            out.put(",\"segments\":")
            var separator = UInt8(ascii: "[")
            for segment in segments {
                out.put(byte: separator)
                separator = UInt8(ascii: ",")
                out.put("[")
                out.put(segment.content)
                if segment.offset != 0 {
                    out.put(",")
                    out.put(Int64(segment.offset))
                }
                out.put(",")
                out.put(Int64(segment.length))
                out.put("]")
            }
            out.put("]")
        }
        out.put(",\"output_tokens\":")
        out.put(Int64(batch.outputTokens[row]))
        writeNativeOptions(batch, row, &out)
        out.put("}")
    }

    private func writeNativeOptions(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        if !batch.outputContents.isEmpty {
            out.put(",\"out_content\":")
            out.put(batch.outputContents[row])
        }
        if !batch.maxTokens.isEmpty {
            out.put(",\"max_tokens\":")
            out.put(batch.maxTokens[row])
        }
        if !batch.aborts.isEmpty, batch.aborts[row] >= 0 {
            out.put(",\"abort_us\":")
            out.put(batch.aborts[row] / 1_000)
        }
        for labels in labels {
            guard let name = labels.wholeName(of: batch.ids[row]) else { continue }
            out.put(",\"")
            out.bytes += Array(labels.label.key.utf8)
            out.put("\":")
            out.put(json: name)
        }
        guard !batch.predecessors.isEmpty else { return }
        out.put(",\"after\":")
        if batch.predecessors[row] < 0 {
            out.put("null")
        } else {
            out.put(batch.predecessors[row])
            out.put(",\"think_us\":")
            out.put(batch.thinkTimes[row] / 1_000)
        }
        if !batch.toolTimes.isEmpty, batch.toolTimes[row] > 0 {
            out.put(",\"tool_us\":")
            out.put(batch.toolTimes[row] / 1_000)
        }
        writeWaits(batch.waits(of: row), &out)
    }

    private func writeWaits(_ waits: ArraySlice<Wait>, _ out: inout ByteWriter) {
        guard !waits.isEmpty else { return }
        out.put(",\"waits\":")
        var separator = UInt8(ascii: "[")
        for wait in waits {
            out.put(byte: separator)
            separator = UInt8(ascii: ",")
            out.put("[")
            if wait.event == .origin { out.put("null") } else { out.put(wait.request) }
            out.put(",")
            out.put(wait.delay / 1_000)
            if wait.event == .arrival { out.put(",\"arrival\"") }
            out.put("]")
        }
        out.put("]")
    }

    /// Days from 1970-01-01 to 2024-01-01, where a trace without a date begins.
    private static let firstDay: Int64 = 19_723

    private func writeAzure(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        let time = batch.arrivals[row]
        let second = time / 1_000_000_000
        let date = CivilDate(daysSince1970: Self.firstDay + second / 86_400)
        out.put(date.year, digits: 4)
        out.put("-")
        out.put(date.month, digits: 2)
        out.put("-")
        out.put(date.day, digits: 2)
        out.put(" ")
        out.put(second / 3_600 % 24, digits: 2)
        out.put(":")
        out.put(second / 60 % 60, digits: 2)
        out.put(":")
        out.put(second % 60, digits: 2)
        out.put(".")
        out.put(time % 1_000_000_000 / 100, digits: 7)
        out.put(",")
        writeTokens(batch, row, &out)
    }

    private func writeTokens(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        out.put(Int64(batch.promptTokens[row]))
        out.put(",")
        out.put(Int64(batch.outputTokens[row]))
    }

    private mutating func writeMooncake(
        _ batch: Workload, _ row: Int, perSecond: Int64, _ out: inout ByteWriter
    ) {
        out.put("{\"timestamp\": ")
        if perSecond == 1_000 {
            out.put(batch.arrivals[row] / 1_000_000)
        } else {
            out.put(batch.arrivals[row], decimals: 9)
        }
        writeLengthKeys(batch, row, &out)
        if format == .mooncake, !batch.predecessors.isEmpty {
            let id = batch.ids[row]
            let before = batch.predecessors[row]
            let root = before >= 0 ? roots[before] ?? before : id
            roots[id] = root
            if before >= 0, lastTurns[root] ?? before != before {
                lost.insert("branches of sessions")
            }
            lastTurns[root] = id
            // Dynamo 1.6.1 and AIPerf 0.13.0 require a text.
            out.put(", \"session_id\": \"")
            out.put(root)
            out.put("\", \"block_size\": 512")
            if before >= 0 {
                out.put(", \"delay\": ")
                out.put(batch.thinkTimes[row], decimals: 6)
            }
        }
        out.put("}")
    }

    private mutating func writeLengthKeys(
        _ batch: Workload, _ row: Int, _ out: inout ByteWriter
    ) {
        out.put(", \"input_length\": ")
        out.put(Int64(batch.promptTokens[row]))
        out.put(", \"output_length\": ")
        out.put(Int64(batch.outputTokens[row]))
        if !batch.priorities.isEmpty {
            out.put(", \"priority\": ")
            out.put(Int64(batch.priorities[row]))
        }
        out.put(", \"hash_ids\": [")
        var isFirst = true
        blocks.forEachBlock(of: batch, row) { number in
            if !isFirst { out.put(", ") }
            isFirst = false
            out.put(number)
        }
        out.put("]")
    }

    private mutating func writeBailian(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        out.put("{\"chat_id\": ")
        out.put(batch.ids[row])
        out.put(", \"parent_chat_id\": ")
        out.put(batch.predecessors.isEmpty ? -1 : batch.predecessors[row])
        out.put(", \"timestamp\": ")
        out.put(batch.arrivals[row], decimals: 9)
        writeLengthKeys(batch, row, &out)
        let before = batch.predecessors.isEmpty ? -1 : batch.predecessors[row]
        let turn = 1 + (before >= 0 ? turns[before] ?? 1 : 0)
        if !batch.predecessors.isEmpty { turns[batch.ids[row]] = turn }
        out.put(", \"type\": \"text\", \"turn\": ")
        out.put(turn)
        out.put("}")
    }

    private func writeBurstGPT(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        out.put(batch.arrivals[row], decimals: 9)
        out.put(",ChatGPT,")
        writeTokens(batch, row, &out)
        out.put(",")
        out.put(Int64(batch.promptTokens[row]) + Int64(batch.outputTokens[row]))
        out.put(",API log")
    }

    private func writeLengths(_ batch: Workload, _ row: Int, _ out: inout ByteWriter) {
        out.put(batch.arrivals[row], decimals: 9)
        out.put(",")
        writeTokens(batch, row, &out)
    }
}
