import Foundation
import Testing

@testable import Traces

/// What the readers of each format take a field for: Dynamo 1.6.1 and AIPerf 0.13.0 for Mooncake's
/// rows, vLLM's benchmark for timed_trace, the published files for the others.
private enum FieldType {
    case integer, number, text, integers
    case matching(String)

    func holds(_ value: Any) -> Bool {
        switch self {
        case .integer: value is Int && !(value is String)
        case .number: value is Double || value is Int
        case .text: value is String
        case .integers: value is [Int]
        case .matching(let pattern):
            (value as? String)?.range(of: "^(\(pattern))$", options: .regularExpression) != nil
        }
    }
}

private let turns: Workload = {
    var entry = RequestClass(
        prompt: .lognormal(median: 80, p90: 700, max: 3_000), output: .fixed(40))
    entry.turns = .fixed(2)
    entry.thinkS = .exponential(mean: 5, min: 0.5, max: 60)
    var recipe = Recipe(arrivals: .init(rate: 5), classes: [entry])
    recipe.requests = 60
    var source = RecipeSource(recipe)
    return (try? source.next()) ?? Workload()
}()

private func written(_ format: TraceFormat) throws -> [Substring] {
    var writer = try TraceWriter(format)
    return String(decoding: try writer.write(turns), as: UTF8.self).split(separator: "\n")
}

@Suite struct ExportedTypes {
    private static let objects: [(TraceFormat, [String: FieldType], optional: Set<String>)] = [
        (
            .mooncake,
            [
                "timestamp": .integer, "input_length": .integer, "output_length": .integer,
                "hash_ids": .integers, "session_id": .text, "block_size": .integer,
                "delay": .number,
            ], ["delay"]
        ),
        (
            .timedTrace,
            [
                "timestamp": .number, "input_length": .integer, "output_length": .integer,
                "hash_ids": .integers,
            ], []
        ),
        (
            .bailian,
            [
                "chat_id": .integer, "parent_chat_id": .integer, "timestamp": .number,
                "input_length": .integer, "output_length": .integer, "type": .text,
                "turn": .integer, "hash_ids": .integers,
            ], []
        ),
        (
            .native,
            [
                "id": .integer, "arrival_us": .integer, "segments": .matching("never"),
                "output_tokens": .integer, "out_content": .integer, "after": .number,
                "think_us": .integer,
            ], ["after", "think_us", "segments"]
        ),
    ]

    @Test(arguments: [TraceFormat.mooncake, .timedTrace, .bailian, .native])
    func fieldsOfObjectsHaveTheTypesThatReadersWant(_ format: TraceFormat) throws {
        let (_, fields, optional) = Self.objects.first { $0.0 == format }!
        for line in try written(format) {
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            for (name, value) in object where name != "segments" && !(value is NSNull) {
                let type = try #require(fields[name], "\(name) of \(format)")
                #expect(type.holds(value), "\(name) of \(format): \(value)")
            }
            for name in fields.keys where !optional.contains(name) {
                #expect(object[name] != nil, "\(name) of \(format)")
            }
        }
    }

    private static let number = #"\d+(\.\d+)?"#
    private static let columns: [(TraceFormat, header: String, [String])] = [
        (
            .azure, "TIMESTAMP,ContextTokens,GeneratedTokens",
            [#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{7}"#, #"\d+"#, #"\d+"#]
        ),
        (
            .burstgpt, "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type",
            [number, "ChatGPT|GPT-4", #"\d+"#, #"\d+"#, #"\d+"#, "Conversation log|API log"]
        ),
        (.lengths, "arrived_at,num_prefill_tokens,num_decode_tokens", [number, #"\d+"#, #"\d+"#]),
    ]

    @Test(arguments: [TraceFormat.azure, .burstgpt, .lengths])
    func columnsHaveTheTypesThatReadersWant(_ format: TraceFormat) throws {
        let (_, header, patterns) = Self.columns.first { $0.0 == format }!
        let lines = try written(format)
        #expect(lines[0] == header)
        for line in lines.dropFirst() {
            let values = line.split(separator: ",", omittingEmptySubsequences: false)
            #expect(values.count == patterns.count)
            for (value, pattern) in zip(values, patterns) {
                #expect(FieldType.matching(pattern).holds(String(value)), "\(format): \(value)")
            }
        }
    }
}
