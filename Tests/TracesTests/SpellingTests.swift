import Basics
import Testing
import Traces

/// Readers remember how the lines before were spelled; what they read must not depend on it.
@Suite struct Spelling {
    /// Lines of one format whose keys come in any order, with any spaces, some unknown.
    private struct Speller {
        var random: SeededRandom
        var line = 0

        mutating func value(_ choices: [String]) -> String { choices[random.below(choices.count)] }

        mutating func space() -> String { value(["", "", "", " ", " ", "  ", "\t"]) }

        mutating func spell(_ pairs: [(String, String)]) -> String {
            var pairs = pairs
            if random.below(3) == 0 {
                for index in pairs.indices.dropLast() {
                    pairs.swapAt(index, index + random.below(pairs.count - index))
                }
            }
            // One style a line: most lines of a file are spelled alike.
            let style = random.below(4)
            let cells = pairs.map { key, value in
                switch style {
                case 0: "\"\(key)\": \(value)"
                case 1: "\"\(key)\":\(value)"
                default: "\(space())\"\(key)\"\(space()):\(space())\(value)\(space())"
                }
            }
            return "{" + cells.joined(separator: style == 1 ? "," : ", ") + "}"
        }

        mutating func native() -> String {
            line += 1
            let length = 1 + random.below(100_000)
            var pairs = [
                ("id", "\(line)"), ("arrival_us", "\(line * 1_000)"),
                ("output_tokens", "\(1 + random.below(1_000))"),
            ]
            pairs.append(
                random.below(3) == 0
                    ? ("prompt_tokens", "\(length)")
                    : (
                        "segments",
                        value([
                            "[[4,\(length)],[41,51]]", "[[4, \(length)], [41, 7, 51]]",
                            "[[12345678901234567,\(length)]]", "[ [1,0,5],[1,5,\(length)] ]",
                        ])
                    ))
            if random.below(2) == 0 { pairs.append(("out_content", "\(random.below(1 << 50))")) }
            if random.below(4) == 0 { pairs.append(("priority", "\(random.below(9) - 4)")) }
            if random.below(4) == 0 { pairs.append(("after", "null")) }
            if random.below(4) == 0 { pairs.append(("note", "{\"a\":[1,\"}\\\"\"]}")) }
            if random.below(4) == 0 { pairs.append(("a_key_longer_than_is_remembered", "-1.5e3")) }
            return spell(pairs)
        }

        mutating func mooncake() -> String {
            line += 1
            let first = random.below(1_000)
            let count = 1 + random.below(20)
            let ids = (first..<(first + count)).map(String.init)
                .joined(separator: value([", ", ",", " , "]))
            return spell([
                ("timestamp", value(["\(line)", "\(line).25", "\(line)e0", "\(line)000e-3"])),
                (value(["input_length", "input_tokens"]), "\(512 * count - random.below(512))"),
                (value(["output_length", "output_tokens"]), "\(1 + random.below(500))"),
                ("hash_ids", "[\(ids)]"),
            ])
        }
    }

    /// What is read, or why nothing is, with the line it blames taken apart.
    private func read(_ text: String, _ format: TraceFormat) throws -> (Workload, String) {
        var options = TraceOptions()
        options.format = format
        // The first rows alone tell the unit and the block size where they are not given.
        if format == .mooncake { (options.timeUnit, options.blockTokens) = (.milliseconds, 512) }
        return try withFile(text) { path in
            do {
                return (try readAll(path, options).workload, "")
            } catch let error as InputError {
                return (Workload(), "\(error)".replacing(path, with: "FILE"))
            }
        }
    }

    /// All rows of a Mooncake trace but the first.
    private func withoutFirst(_ workload: Workload) -> Workload {
        var rest = Workload()
        rest.ids = Array(workload.ids.dropFirst())
        rest.arrivals = Array(workload.arrivals.dropFirst())
        rest.promptTokens = Array(workload.promptTokens.dropFirst())
        rest.outputTokens = Array(workload.outputTokens.dropFirst())
        guard let first = workload.segmentEnds.first else { return rest }
        rest.segmentEnds = workload.segmentEnds.dropFirst().map { $0 - first }
        rest.segments = Array(workload.segments.dropFirst(first))
        return rest
    }

    @Test(arguments: [TraceFormat.native, .mooncake])
    func doesNotDependOnTheLinesBefore(_ format: TraceFormat) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var speller = Speller(random: SeededRandom(seed: seed))
        for _ in 0..<200 {
            var lines = (0..<(2 + speller.random.below(5))).map { _ in
                format == .native ? speller.native() : speller.mooncake()
            }
            if speller.random.below(2) == 0 {
                var bytes = Array(lines.removeLast().utf8)
                let odd = Array("{}[]\",:0123456789-.eE tnul\\\t".utf8)
                bytes[speller.random.below(bytes.count)] = odd[speller.random.below(odd.count)]
                lines.append(String(decoding: bytes, as: UTF8.self))
            }
            let (whole, complaint) = try read(lines.joined(separator: "\n") + "\n", format)
            // What only a whole trace can have, and what only a line alone can.
            if complaint.contains("time goes back") || complaint.contains("the id ") { continue }
            var parts = Workload()
            for (index, line) in lines.enumerated() {
                // A file's first line says how many tokens an id stands for. An odd last line is
                // read behind it, so that it is taken for ids of as many.
                let isBehind = format == .mooncake && index > 0 && index == lines.count - 1
                let before = isBehind ? lines[0] + "\n" : ""
                var (part, alone) = try read(before + line + "\n", format)
                if alone.contains("can be replayed") || alone.contains("no request") { break }
                if !alone.isEmpty {
                    let place = "FILE:\(index + 1): "
                    let own = "FILE:\(isBehind ? 2 : 1): "
                    #expect(complaint == alone.replacing(own, with: place), "seed \(seed)")
                    break
                }
                if isBehind { part = withoutFirst(part) }
                parts.append(contentsOf: part)
                guard index == lines.count - 1 else { continue }
                // Without an id or content of its own, a line's content follows its place.
                let isAnonymous =
                    format == .native
                    ? part.ids == [0] : whole.segments.contains { $0.content >= 1 << 61 }
                if isAnonymous { continue }
                #expect(complaint == "", "seed \(seed)")
                if format == .mooncake { parts.ids = whole.ids }
                #expect(whole == parts, "seed \(seed)")
            }
        }
    }
}
