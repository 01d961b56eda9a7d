import Basics

/// How recorded times become arrival times: multiplied, then divided, rounded down.
///
/// A scale other than 1 works on whole microseconds, so that other languages can reproduce it
/// exactly: arrival_us = floor(recorded_us · multiplier / divisor).
package struct TimeScale: Equatable, Sendable {
    /// Factor on recorded times, at least 1.
    package let multiplier: Int64
    /// Divisor of recorded times, at least 1: 3 replays three times as fast.
    package let divisor: Int64

    /// Recorded times unchanged.
    package static let recorded = TimeScale()

    private init() {
        multiplier = 1
        divisor = 1
    }

    /// Throws `InputError` unless both are at least 1; `place` names where they were given.
    package init(multiplier: Int64, divisor: Int64, place: String = "the time scale") throws {
        guard multiplier > 0, divisor > 0 else {
            throw InputError(
                place, "time cannot be scaled by \(multiplier)/\(divisor)",
                expected: "a positive numerator and denominator")
        }
        self.multiplier = multiplier
        self.divisor = divisor
    }

    /// The scaled time in nanoseconds, or nil beyond 2⁶³ nanoseconds (292 years). O(1).
    @inline(__always) package func apply(_ nanoseconds: Int64) -> Int64? {
        if multiplier == divisor { return nanoseconds }
        let product = (nanoseconds / 1_000).multipliedFullWidth(by: multiplier)
        guard product.high < divisor else { return nil }
        let micros = divisor.dividingFullWidth(product).quotient
        let (result, overflow) = micros.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : result
    }
}

/// How a reader treats a trace.
package struct TraceOptions: Sendable {
    /// The required format; nil to recognise it by content.
    package var format: TraceFormat?
    /// Refuse rows that would be dropped or mended.
    package var isStrict = false
    /// Applied to times after the window.
    package var timeScale = TimeScale.recorded
    /// Recorded times to keep, in nanoseconds from the trace's origin. Arrivals then count from the
    /// window's start.
    package var window: Range<Int64>?
    /// Most requests to return.
    package var limit: Int?
    /// Whether to sort rows by time first, all in memory; sessions then follow that order.
    package var sortsRows = false
    /// Most requests in one batch.
    package var batchSize = 4096
    /// Whether turns wait for the previous answer if the format knows sessions. False: every
    /// request arrives at its recorded time.
    package var followsSessions = true
    /// Seed for what a format leaves open (session starts that are not recorded).
    package var seed: UInt64 = 0
    /// Sessions per second if a format records no session starts.
    package var sessionRate = 0.1
    /// Requests per second, as a Poisson process, if a format records no times at all; nil: all
    /// arrive at time 0, as an offline batch.
    package var requestRate: Double?
    /// Mean of the exponential pauses between turns if a format records no times, in nanoseconds.
    package var meanPause: Int64 = 20_000_000_000
    /// Longest pause between an answer and the next turn that is replayed, in nanoseconds: recorded
    /// gaps reach 21 hours (a user went home).
    package var longestGap: Int64 = 3_600_000_000_000

    /// Unit of recorded times; nil: the format's, or inferred if it names none.
    package var timeUnit: TimeUnit?
    /// Tokens per hash id; nil: the file's, or inferred if it gives none.
    package var blockTokens: Int?
    /// The trace's names for time, prompt and output length; nil: the formats' names.
    package var columns: TraceColumns?
    /// The only model whose rows are kept; nil: rows of all.
    package var model: String?
    /// Kinds of request names to read as well.
    package var labels: [TraceLabel] = []
    /// Whether requests of different LoRA adapters share no content (`AdapterSource`). False:
    /// content ids are the trace's, to be written again together with the adapters.
    package var separatesAdapters = true

    package init() {}
}

extension TraceOptions {
    /// Throws for an option that contradicts the format.
    func check(_ format: TraceFormat, path: String) throws {
        if timeUnit != nil {
            switch format {
            case .mooncake, .timedTrace, .bailian, .burstgpt, .lengths, .mooncakeDelta: break
            default:
                throw InputError(
                    path, "the times of \(format.rawValue) have a unit of their own",
                    expected: "no trace.time_unit (headway trace: --time-unit)")
            }
        }
        if blockTokens != nil {
            switch format {
            case .mooncake, .timedTrace, .bailian, .weka, .agenticMooncake, .mooncakeDelta: break
            default:
                throw InputError(
                    path, "\(format.rawValue) has no ids of blocks",
                    expected: "no trace.block_size (headway trace: --block-size)")
            }
        }
        if model != nil {
            switch format {
            case .azure, .burstgpt, .lengths, .mooncake, .timedTrace, .bailian, .native, .weka,
                .otel:
                break
            default:
                throw InputError(
                    path, "rows of \(format.rawValue) are not told apart by their model",
                    expected: "no trace.model (headway trace: --only-model)")
            }
        }
        if let columns {
            switch format {
            case .mooncake, .timedTrace, .mooncakeDelta:
                guard columns.time == nil else { break }
                throw InputError(
                    path, "JSON lines without times are not read",
                    expected: "the key of the time in trace.columns (headway trace: --columns)")
            case .lengths: break
            default:
                throw InputError(
                    path, "\(format.rawValue) has names of its own",
                    expected:
                        "no trace.columns (headway trace: --columns), or"
                        + " the format lengths or mooncake"
                )
            }
        }
    }
}

extension TraceOptions {
    /// The latest second of a trace that can be selected: its nanoseconds fit 64 bits.
    package static let latestSecond = 9e9

    /// Keeps only what arrives from one second of the trace until before another.
    ///
    /// Throws `InputError`, naming `place`, if that leaves nothing or is beyond `latestSecond`.
    package mutating func keep(from start: Double, to end: Double?, place: String) throws {
        guard start <= Self.latestSecond, end ?? 0 <= Self.latestSecond else {
            throw InputError(
                end == nil ? place.replacing("end", with: "start") : place,
                "the window reaches beyond 285 years", expected: "at most 9e9 seconds")
        }
        guard start < end ?? .infinity else {
            throw InputError(
                place, "the window is empty", expected: "seconds after its start (\(start))")
        }
        guard start > 0 || end != nil else { return }
        func nanoseconds(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }
        window = nanoseconds(start)..<(end.map(nanoseconds) ?? .max)
    }
}
