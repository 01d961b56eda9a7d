import Simulator

/// The rows of requests.csv.
///
/// Times are seconds of the trace with six decimals, rounded to the nearest microsecond, and empty
/// where they never happened. Rows come in order of arrival.
public enum RequestLine {
    /// The header, with its newline.
    public static let header = Array(
        ("id,arrival,admitted,first_token,finish,prompt_tokens,hit_tokens,output_tokens,"
            + "preemptions,replica,outcome,reason\n").utf8)

    /// Appends a record's row, with its newline. O(1).
    public static func append(_ record: RequestRecord, to bytes: inout [UInt8]) {
        append(record.id, to: &bytes)
        for time in [record.arrival, record.admitted, record.firstToken, record.finish] {
            bytes.append(comma)
            if time >= 0 { append(picoseconds: time, to: &bytes) }
        }
        let numbers = [
            record.promptTokens, record.hitTokens, record.outputTokens, record.preemptions,
        ]
        for number in numbers {
            bytes.append(comma)
            append(Int64(number), to: &bytes)
        }
        bytes.append(comma)
        if record.replica >= 0 { append(Int64(record.replica), to: &bytes) }
        bytes.append(comma)
        bytes.append(contentsOf: record.outcome.name.utf8)
        bytes.append(comma)
        bytes.append(contentsOf: record.rejection.name.utf8)
        bytes.append(0x0A)
    }

    private static let comma = UInt8(ascii: ",")

    /// Appends seconds with six decimals.
    private static func append(picoseconds: Int64, to bytes: inout [UInt8]) {
        let microseconds = (picoseconds + 500_000) / 1_000_000
        append(microseconds / 1_000_000, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        var rest = microseconds % 1_000_000
        var divisor: Int64 = 100_000
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    /// Appends an integer's decimal digits.
    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
