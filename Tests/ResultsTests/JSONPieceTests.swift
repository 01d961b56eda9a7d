import Basics
import Testing

@testable import Results

/// A value of every kind that a piece can be.
private struct Sample: Encodable {
    var someText: String
    var count: Int
    var share: Double
    var values: [Double?]
    var absent: Int?
    var rows: [[Int]]
    var byName: [String: Double]

    var piece: JSONPiece {
        .object([
            "some_text": .text(someText), "count": .integer(Int64(count)),
            "share": .number(share), "values": .numbers(values),
            "absent": absent.map { .integer(Int64($0)) },
            "rows": .list(rows.map { .integers($0) }),
            "by_name": .object(byName.mapValues { .number($0) }),
        ])
    }
}

@Suite("JSON written by hand")
struct JSONPieceTests {
    private func text(_ piece: JSONPiece) -> String {
        var bytes: [UInt8] = []
        piece.write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("is the text of jsonText")
    func same() throws {
        var random = SeededRandom(seed: 5)
        let odd: [Double?] = [
            0, -0.0, 1, -1, 1e21, 1e16, 123_456_789, 1e-5, 0.1, nil, .infinity, -.infinity, .nan,
            .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        ]
        for round in 0..<50 {
            let sample = Sample(
                someText: "a/b \"c\" \\ é \u{1F600}", count: round - 3,
                share: (random.uniform() - 0.5) * 1e6,
                values: odd + (0..<20).map { _ in (random.uniform() * 1e4).rounded() / 1e3 },
                absent: round.isMultiple(of: 2) ? nil : round, rows: [[], [1, -2], [3]],
                byName: ["b_two": 2, "a_one": 1.5, "a1": 0])
            #expect(text(sample.piece) == (try jsonText(sample, pretty: false)), "seed 5")
        }
    }
}
