/// Prices a step in integer picoseconds. Built once per run; a value without references to
/// anything that changes.
public struct StepTime: Sendable {
    /// How the price is formed.
    public enum Form: Sendable {
        case linear(LinearStepTime)
    }

    public let form: Form
    /// Attention window whose clipped context sums the price needs, in tokens; 0: none.
    public let window: Int

    public init(_ linear: LinearStepTime) {
        form = .linear(linear)
        window = 0
    }

    /// The time the GPUs of one replica need for a step, in picoseconds. O(1).
    public func picoseconds(_ load: StepLoad) -> Int64 {
        switch form {
        case .linear(let linear): linear.picoseconds(load)
        }
    }
}

/// A step time that is linear in tokens, requests and context: the conformance clock.
///
/// `fixed + perToken·T + perRequest·R + floor(perThousandContext·C / 1000)`, in microseconds.
public struct LinearStepTime: Sendable, Equatable {
    public var fixedMicroseconds: Int64
    public var perTokenMicroseconds: Int64
    public var perRequestMicroseconds: Int64
    public var perThousandContextMicroseconds: Int64

    public init(
        fixedMicroseconds: Int64, perTokenMicroseconds: Int64, perRequestMicroseconds: Int64,
        perThousandContextMicroseconds: Int64 = 0
    ) {
        self.fixedMicroseconds = fixedMicroseconds
        self.perTokenMicroseconds = perTokenMicroseconds
        self.perRequestMicroseconds = perRequestMicroseconds
        self.perThousandContextMicroseconds = perThousandContextMicroseconds
    }

    /// The step's time in picoseconds. O(1).
    public func picoseconds(_ load: StepLoad) -> Int64 {
        let microseconds =
            fixedMicroseconds + perTokenMicroseconds * Int64(load.tokens)
            + perRequestMicroseconds * Int64(load.requests)
            + perThousandContextMicroseconds * Int64(load.context) / 1000
        return microseconds * 1_000_000
    }
}
