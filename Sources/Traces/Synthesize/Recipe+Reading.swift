import Basics
import Foundation

extension Recipe {
    /// Largest recipe file that is read, in bytes: a trace given by mistake is refused at once.
    static let largestFile = 1 << 20

    /// Reads the recipe in a JSON5 file.
    ///
    /// Throws `InputError`, naming the file and the key, for anything invalid.
    package static func read(_ path: String) throws -> Recipe {
        let bytes = try InputFile.contents(
            path, atMost: largestFile, expected: "a recipe (JSON5)")
        return try parse(Data(bytes), place: path)
    }

    /// Whether a file is a recipe rather than a trace: JSON5 that decodes as a recipe, or an object
    /// in a file with a recipe's name that is no trace. The content takes precedence over the name.
    package static func isRecipe(_ path: String) -> Bool {
        guard !InputFile.isReadOnce(path),
            FileSystem.exists(path), !FileSystem.isFolder(path),
            let file = try? InputFile(path)
        else { return path.hasSuffix(".json5") }
        var head = [UInt8](repeating: 0, count: 1 << 12)
        let count = (try? head.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
        let blanks: [UInt8] = [32, 9, 10, 13, 0xEF, 0xBB, 0xBF]
        guard let first = head[..<count].first(where: { !blanks.contains($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "/")
        else { return false }
        if (try? read(path)) != nil { return true }
        return path.hasSuffix(".json5") && (try? openTrace(path)) == nil
    }

    /// The recipe in JSON5 text; `place` names where it came from.
    package static func parse(_ data: Data, place: String) throws -> Recipe {
        let recipe = try JSON5.decode(Recipe.self, from: data, place: place)
        try recipe.check(place)
        return recipe
    }

    private func check(_ place: String) throws {
        func need(_ isRight: Bool, _ key: String, _ problem: String, _ expected: String) throws {
            if !isRight { throw InputError("\(place): \(key)", problem, expected: expected) }
        }
        try need(
            requests != nil || durationS != nil, "requests", "the trace would have no end",
            "requests or duration_s")
        try need(requests ?? 1 > 0, "requests", "is not positive", "at least 1")
        try need(
            durationS.map { $0 > 0 && $0 <= 1e9 } ?? true, "duration_s", "is out of range",
            "up to 1e9 seconds")
        try need(seed <= Int.max, "seed", "is out of range", "0 to \(Int.max)")
        try need((0...1e7).contains(warmUpS), "warm_up_s", "is out of range", "0 to 1e7 seconds")
        try need(
            arrivals.process != .batch || warmUpS == 0, "warm_up_s", "does not apply to a batch",
            "0 where arrivals.process is batch")
        try need(
            (1...100_000_000).contains(maxContext), "max_context", "is out of range",
            "1 to 100000000 tokens")
        try need(
            arrivals.rate > 0 && arrivals.rate <= 1e9, "arrivals.rate", "is out of range",
            "requests per second above 0")
        try need((0.05...20).contains(arrivals.cv), "arrivals.cv", "is out of range", "0.05 to 20")
        try checkRhythm(arrivals.daily, 24, "\(place): arrivals.daily")
        try checkRhythm(arrivals.weekly, 7, "\(place): arrivals.weekly")
        try need(
            (0..<168).contains(arrivals.startHour), "arrivals.start_hour", "is out of range",
            "0 up to 168")
        for spike in arrivals.spikes {
            try need(
                spike.factor > 0 && spike.factor <= 1e6 && spike.durationS > 0,
                "arrivals.spikes", "a factor or duration is out of range", "numbers above 0")
        }
        try need(
            (1...64).contains(classes.count), "classes", "\(classes.count) classes",
            "1 to 64")
        for (index, entry) in classes.enumerated() {
            try entry.check("\(place): classes[\(index)]")
        }
    }

    private func checkRhythm(_ factors: [Double]?, _ count: Int, _ place: String) throws {
        guard let factors else { return }
        guard factors.count == count, factors.allSatisfy({ $0 > 0 && $0 <= 1e6 }) else {
            throw InputError(
                place, "\(factors.count) factors, or one out of range",
                expected: "\(count) numbers above 0")
        }
    }
}

extension RequestClass {
    fileprivate func check(_ place: String) throws {
        func need(_ isRight: Bool, _ key: String, _ expected: String) throws {
            if !isRight { throw InputError(place + "." + key, "out of range", expected: expected) }
        }
        try need(share > 0 && share <= 1e9, "share", "a number above 0")
        try need((-1...1).contains(correlation), "correlation", "-1 to 1")
        if let system {
            try need((1...1_000_000).contains(system.count), "system.count", "1 to 1000000")
            try need((0...10).contains(system.zipf), "system.zipf", "0 to 10")
        }
        if let passages {
            try need((1...10_000_000).contains(passages.corpus), "passages.corpus", "1 to 10^7")
            try need((0...10).contains(passages.zipf), "passages.zipf", "0 to 10")
        }
        if let aborts { try need((0...1).contains(aborts.share), "aborts.share", "0 to 1") }
    }
}

extension Decoder {
    /// The container of an object with known keys only. For an unknown key, throws and suggests the
    /// nearest one.
    func known<Key: CodingKey & CaseIterable>(
        _ type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let all = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).sorted()
        let names = Key.allCases.map(\.stringValue)
        if let odd = all.first(where: { !names.contains($0) }) {
            let near = Basics.nearest(to: odd, among: names).map { "did you mean \($0)?" }
            let all = "expected one of " + names.sorted().joined(separator: ", ")
            throw invalid("unknown key \(odd.echoed()); \(near ?? all)")
        }
        return try container(keyedBy: type)
    }

    /// The failure for an invalid value here.
    func invalid(_ problem: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: problem))
    }
}

/// Any key of an object.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
}
