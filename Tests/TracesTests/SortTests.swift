import Basics
import Foundation
import Testing

@testable import Traces

private var sorting: TraceOptions {
    var options = TraceOptions()
    options.sortsRows = true
    return options
}

@Suite struct Sorting {
    @Test func rowsComeInOrderOfTimeAndTiesInTheFiles() throws {
        let text = "arrived_at,num_prefill_tokens,num_decode_tokens\n5,1,5\n0,2,5\n\n2,3,5\n0,4,5\n"
        try withFile(text) { path in
            let trace = try readAll(path, sorting).workload
            #expect(trace.promptTokens == [2, 4, 3, 1])
            #expect(trace.arrivals == [0, 0, 2_000_000_000, 5_000_000_000])
        }
        #expect(try failure(text).contains("trace sort"))
    }

    @Test func turnsWithoutATimeStayBehindTheOneTheyFollow() throws {
        let rows = [
            #"{"timestamp": 5000, "session_id": "a", "input_length": 1, "output_length": 5}"#,
            #"{"timestamp": 0, "session_id": "b", "input_length": 2, "output_length": 5}"#,
            #"{"session_id": "a", "delay": 100, "input_length": 3, "output_length": 5}"#,
            #"{"timestamp": 2000, "session_id": "b", "input_length": 4, "output_length": 5}"#,
            #"{"timestamp": 1000, "session_id": "b", "input_length": 5, "output_length": 5}"#,
        ]
        try withFile(rows.joined(separator: "\n")) { path in
            let trace = try readAll(path, sorting).workload
            #expect(trace.promptTokens == [2, 5, 4, 1, 3])
            #expect(trace.predecessors == [-1, 0, 1, -1, 3])
            #expect(trace.thinkTimes == [0, 1_000, 1_000, 0, 100].map { $0 * 1_000_000 })
        }
    }

    @Test func errorsNameTheFilesOwnLines() throws {
        let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
        #expect(try failure(header + "5,1,5\nx,2,5\n", sorting).hasPrefix("FILE:3: "))
        let before = #"{"id":0,"arrival_us":5,"prompt_tokens":5,"output_tokens":5,"after":1}"#
        let after = #"{"id":1,"arrival_us":9,"prompt_tokens":5,"output_tokens":5}"#
        let zero = #"{"id":2,"arrival_us":0,"prompt_tokens":5,"output_tokens":5}"#
        let message = try failure([after, before, zero].joined(separator: "\n"), sorting)
        #expect(message.hasPrefix("FILE:2: follows the request 1"), "\(message)")
    }
}

@Suite struct Windows {
    /// Sessions of three turns that start 10 s apart, a second between turns.
    private static let sessions = (0..<30).map { row in
        let (session, turn) = (row / 3, row % 3)
        return "{\"id\":\(row),\"arrival_us\":\((10 * session + turn) * 1_000_000),"
            + "\"prompt_tokens\":5,\"output_tokens\":5,"
            + "\"after\":\(turn == 0 ? "null" : "\(row - 1)"),\"think_us\":900000}\n"
    }.joined()

    private func counts(_ start: Double, _ end: Double?) throws -> (Int, [TraceQuirk: Int]) {
        var options = TraceOptions()
        try options.keep(from: start, to: end, place: "--end")
        return try withFile(Self.sessions) { path in
            let (trace, notes) = try readAll(path, options)
            return (
                trace.count,
                Dictionary(uniqueKeysWithValues: notes.quirks.map { ($0.quirk, $0.count) })
            )
        }
    }

    @Test func aWindowBetweenSessionsCutsNothing() throws {
        #expect(try counts(9, 39.5) == (9, [:]))
    }

    @Test func turnsThatAWindowCutsAreCounted() throws {
        #expect(try counts(0.5, nil) == (29, [.parentLeftOut: 1]))
        #expect(try counts(0, 20.5) == (7, [.turnLeftOut: 2]))
        #expect(try counts(1.5, 11.5) == (3, [.parentLeftOut: 1, .turnLeftOut: 1]))
    }

    @Test func strictReadingRefusesToCutSessions() throws {
        var options = TraceOptions()
        options.isStrict = true
        try options.keep(from: 0.5, to: nil, place: "--end")
        #expect(try failure(Self.sessions, options).contains("strict"))
    }

    @Test func laterTurnsWithoutATimeAreCountedWithTheirFirst() throws {
        let rows = (0..<6).map { row in
            let time = row % 3 == 0 ? "\"timestamp\": \(row * 1_000), " : "\"delay\": 5, "
            return "{\(time)\"session_id\": \"\(row / 3)\", \"input_length\": 9,"
                + " \"output_length\": 5}\n"
        }
        var options = TraceOptions()
        try options.keep(from: 1, to: nil, place: "--end")
        try withFile(rows.joined()) { path in
            let (trace, notes) = try readAll(path, options)
            #expect(trace.count == 3)
            #expect(notes.quirks.map(\.quirk) == [.turnLeftOut])
            #expect(notes.quirks.map(\.count) == [2])
        }
    }
}
