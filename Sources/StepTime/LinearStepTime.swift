/// A step time that is linear in tokens, requests and context: the conformance clock.
///
/// `fixed + perToken·T + perRequest·R + floor(perThousandContext·C / 1000)`, in microseconds.
@usableFromInline package struct LinearStepTime: Sendable, Equatable {
    package var fixedMicroseconds: Int64
    package var perTokenMicroseconds: Int64
    package var perRequestMicroseconds: Int64
    package var perThousandContextMicroseconds: Int64

    package init(
        fixedMicroseconds: Int64, perTokenMicroseconds: Int64, perRequestMicroseconds: Int64,
        perThousandContextMicroseconds: Int64 = 0
    ) {
        self.fixedMicroseconds = fixedMicroseconds
        self.perTokenMicroseconds = perTokenMicroseconds
        self.perRequestMicroseconds = perRequestMicroseconds
        self.perThousandContextMicroseconds = perThousandContextMicroseconds
    }

    /// The step's time in picoseconds. O(1).
    @usableFromInline
    package func picoseconds(_ load: StepLoad) -> Int64 {
        let microseconds =
            fixedMicroseconds + perTokenMicroseconds * Int64(load.tokens)
            + perRequestMicroseconds * Int64(load.requests)
            + perThousandContextMicroseconds * Int64(load.context) / 1000
        return microseconds * 1_000_000
    }

    /// An upper bound for any step of that many tokens and sequences with contexts of `length`, in
    /// picoseconds.
    func most(tokens: Double, sequences: Double, length: Double) -> Double {
        let microseconds =
            Double(fixedMicroseconds) + Double(perTokenMicroseconds) * tokens
            + Double(perRequestMicroseconds) * sequences
            + Double(perThousandContextMicroseconds) * sequences * length / 1000
        return microseconds * 1e6
    }

    /// The price of a decode-only step as a line in its context.
    func decodeLine(decodes: Int) -> DecodeLine {
        let perDecode = perTokenMicroseconds + perRequestMicroseconds
        return DecodeLine(
            base: (fixedMicroseconds + perDecode * Int64(decodes)) * 1_000_000,
            numerator: perThousandContextMicroseconds, denominator: 1000, unit: 1_000_000,
            windowedSlope: 0)
    }
}
