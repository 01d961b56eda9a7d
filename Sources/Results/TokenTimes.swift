import Basics
import Simulator

/// The rows of token_times.csv and token_steps.csv: when each request's tokens reached its client,
/// to the picosecond.
///
/// Requests that decode together get their tokens at the same moments. So the moments are written
/// once per replica, and a request names the steps that gave it a token.
package struct TokenTimes {
    /// The headers, without their newlines.
    package static let header = "id,first_token_ps,tokens,replica,steps"
    package static let stepsHeader = "replica,step,steps,time_ps,gap_ps,rise_ps"

    private var requests = TokenSteps()
    private let times: OutputFile
    private let steps: OutputFile

    /// Writes the headers of token_times.csv and token_steps.csv. Throws as `OutputFile` does.
    package init(_ times: OutputFile, steps: OutputFile) throws {
        (self.times, self.steps) = (times, steps)
        try times.writeLine(Self.header)
        try steps.writeLine(Self.stepsHeader)
    }

    /// Records plans and deliveries. Call before the records of requests that ended by then.
    /// O(plans + their lists).
    package mutating func add(_ plans: DecidedPlans) { requests.add(plans) }

    /// Writes the row of an ended request, after the rows of the steps up to its last one. Call for
    /// each record in order. O(rows). Throws as `OutputFile` does.
    package mutating func close(_ record: RequestRecord) throws {
        let file = steps
        let stints = try requests.close(record) { run in
            try file.write(atMost: Self.longest) { Self.put(run, into: &$0) }
        }
        try times.write(atMost: Self.longest) { text in
            text.put(record.id)
            text.put(byte: Self.comma)
            if !stints.isEmpty { text.put(record.firstToken) }
            text.put(byte: Self.comma)
            text.put(stints.isEmpty ? 0 : Int64(record.outputTokens))
            text.put(byte: Self.comma)
            if !stints.isEmpty { text.put(Int64(record.replica)) }
        }
        for (place, stint) in stints.enumerated() {
            try times.write(atMost: Self.longest) { text in
                text.put(byte: place == 0 ? Self.comma : UInt8(ascii: " "))
                text.put(Int64(stint.first))
                guard stint.count > 1 else { return }
                text.put(byte: UInt8(ascii: "*"))
                text.put(Int64(stint.count))
            }
        }
        try times.write(atMost: 2) { text in
            if stints.isEmpty { text.put(byte: Self.comma) }
            text.put(byte: UInt8(ascii: "\n"))
        }
    }

    private static let comma = UInt8(ascii: ",")
    /// Enough space for six numbers and their separators, in bytes.
    private static let longest = 160

    private static func put(_ run: StepRun, into text: inout TextRoom) {
        text.put(Int64(run.replica))
        for number in [Int64(run.step), Int64(run.count), run.time, run.gap, run.rise] {
            text.put(byte: comma)
            text.put(number)
        }
        text.put(byte: UInt8(ascii: "\n"))
    }
}
