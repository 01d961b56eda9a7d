import Testing

@testable import Results

@Suite("Numbers as a JSON array")
struct JSONNumbersTests {
    @Test("have the text that an array of them has")
    func text() throws {
        let values = [0, -0.0, 1, 1.5, 1e-9, 123_456.7, 1e21, -2.25, .infinity, -.infinity, .nan]
        #expect(try jsonText(JSONNumbers(values)) == jsonText(values))
        let some: [Double?] = [nil, 0.25, nil, 3]
        #expect(try jsonText(JSONNumbers(some), pretty: false) == "[null,0.25,null,3]")
        #expect(try jsonText(JSONNumbers(some)) == jsonText(some))
        let counts = [0, -7, .max, .min]
        #expect(try jsonText(JSONNumbers(counts)) == jsonText(counts))
        #expect(try jsonText(JSONNumbers([Int]())) == jsonText([Int]()))
    }
}
