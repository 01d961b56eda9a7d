import Basics
import Testing

@testable import StepTime

/// Steps of a made-up server: T = 500 + 20 · tokens + 3 · decodes + 0.01 · context.
private func rows() -> [String] {
    var random = SeededRandom(seed: 5)
    return (0..<400).map { _ in
        let tokens = 1 + 64 * random.below(40)
        let decodes = random.below(min(tokens, 256) + 1)
        let context = decodes * random.below(4000)
        let time = 500 + 20 * tokens + 3 * decodes
        return "\(tokens),\(decodes),\(context),\(Double(time) + 0.01 * Double(context))"
    }
}

private let header = "tokens,decodes,context,microseconds"

@Suite struct StepTimeTableTests {
    @Test func aFitOfExactStepsIsExact() throws {
        let table = try StepTimeTable(([header] + rows()).joined(separator: "\n"), place: "t.csv")
        #expect(table.errorsPercent.allSatisfy { abs($0) < 1 })
        #expect(abs(table.perContext / 0.01 - 1) < 0.05)
        let clock = table.stepTime(maxTokens: 4096)
        var load = StepLoad()
        load.addChunk(1281, past: 0, window: 0)
        let expected = (500.0 + 20 * 1281) * 1e6
        #expect(abs(Double(clock.picoseconds(load)) / expected - 1) < 0.02)
    }

    @Test func columnsMayComeInAnyOrderAndLinesEndInCRLF() throws {
        let text = "\u{FEFF}microseconds,context,tokens,decodes\r\n900,0,20,0\r\n1300,0,40,0\r\n"
        let table = try StepTimeTable(text, place: "t.csv")
        #expect(table.microseconds(tokens: 30) == 1100)
        #expect(table.microseconds(tokens: 50) == 1500)
        #expect(table.microseconds(tokens: 1) == 900)
    }

    @Test func measuredNoiseNeverMakesMoreTokensCheaper() throws {
        let text = "\(header)\n10,0,0,100\n20,0,0,90\n30,0,0,120\n40,0,0,110\n"
        let table = try StepTimeTable(text, place: "t.csv")
        var last = 0.0
        for tokens in 1...60 {
            let now = table.microseconds(tokens: Double(tokens))
            #expect(now >= last)
            last = now
        }
    }

    @Test func whatTheStepsDoNotTellIsSaid() throws {
        let one = try StepTimeTable("\(header)\n1,1,100,7000\n", place: "t.csv")
        #expect(one.notDetermined.count == 3)
        #expect(one.microseconds(tokens: 1) == 7000)
        #expect(one.stepTime(maxTokens: 8).provenance.assumptions == one.notDetermined)
        // Equal steps with different times say nothing of context either.
        let same = try StepTimeTable(
            "\(header)\n1,1,100,7000\n1,1,100,9000\n1,1,100,7000\n", place: "t.csv")
        #expect(same.perContext == 0 && same.microseconds(tokens: 1) == 7000)
        // Context and decodes that grow together: the sum goes to the context.
        let together = try StepTimeTable(
            "\(header)\n9,1,100,700\n9,2,200,800\n9,3,300,900\n", place: "t.csv")
        #expect(abs(together.perContext - 1) < 1e-9 && together.perSequence == 0)
        #expect(together.notDetermined.count == 2)
        let full = try StepTimeTable(([header] + rows()).joined(separator: "\n"), place: "t.csv")
        #expect(full.notDetermined.isEmpty)
    }

    @Test(arguments: [
        "", "tokens,decodes\n1,2\n", "tokens,decodes,context,microseconds\n",
        "tokens,decodes,context,microseconds\n1,0,0,nan\n",
        "tokens,decodes,context,microseconds\n1,0,0,-5\n",
        "tokens,decodes,context,microseconds\n1,0,0,1e-300\n",
        "tokens,decodes,context,microseconds\n1,0,0,1e300\n",
        "tokens,decodes,context,microseconds\n0,0,0,5\n",
        "tokens,decodes,context,microseconds\n1,0\n",
        "tokens,decodes,context,microseconds,microseconds\n1,0,0,5,6\n",
        "tokens,decodes,context,microseconds\n1e300,0,0,5\n",
        "tokens,decodes,context,microseconds\n1.5,0,0,5\n",
        "tokens,decodes,context,microseconds\n2,0.5,0,5\n",
        "tokens,decodes,context,microseconds\n2,3,0,5\n",
    ])
    func junkIsOneClearError(text: String) {
        let error = #expect(throws: InputError.self) { try StepTimeTable(text, place: "t.csv") }
        #expect(error?.place.hasPrefix("t.csv") == true)
    }
}
