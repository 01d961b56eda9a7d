import Basics
import Traces

/// The requests that impatient clients have in flight, and those they will send again.
struct ClientAttempts {
    /// One attempt of a request.
    private struct Attempt {
        var request: ArrivingRequest
        /// Counts from 1.
        var number: Int
        /// When the first attempt was due, in picoseconds.
        var due: Int64
        /// When the trace's own client gives up for good, in picoseconds.
        var ownAbort: Int64
    }

    private let patience: ClientPatience
    private let seed: UInt64
    private var inFlight: [Int64: Attempt] = [:]
    /// Attempts to come, the earliest last. Those due at the same moment are ordered by sequence
    /// number.
    private var toCome: [(time: Int64, attempt: Attempt)] = []

    init(_ patience: ClientPatience, seed: UInt64) {
        (self.patience, self.seed) = (patience, seed)
    }

    /// When the next request is sent again, in picoseconds; `Int64.max` if none is known.
    var next: Int64 { toCome.last?.time ?? .max }

    /// Registers a request's first attempt and sets when its client gives up. O(1).
    mutating func send(_ request: inout ArrivingRequest, due: Int64) {
        // If the trace has no content at all, the sequence number is free to name the prompt. The
        // next attempt then has the same prompt.
        if request.content.isEmpty {
            request.content = [Segment(content: request.sequence, length: request.promptTokens)]
        }
        note(&request, number: 1, due: due, ownAbort: request.abort)
    }

    private mutating func note(
        _ request: inout ArrivingRequest, number: Int, due: Int64, ownAbort: Int64
    ) {
        request.abort = min(
            ownAbort, ClientPatience.moment(request.arrival, after: patience.timeout))
        request.firstTokenLimit = ClientPatience.moment(
            request.arrival, after: patience.firstTokenTimeout)
        inFlight[request.sequence] = Attempt(
            request: request, number: number, due: due, ownAbort: ownAbort)
    }

    /// Sends the next request again, at `next` or later. Returns the request, when its first
    /// attempt was due, and the number of this attempt.
    mutating func resend(
        sequence: Int64, at time: Int64
    ) -> (request: ArrivingRequest, due: Int64, number: Int) {
        let (_, attempt) = toCome.removeLast()
        var request = attempt.request
        (request.sequence, request.arrival) = (sequence, time)
        request.shared = 0
        note(
            &request, number: attempt.number + 1, due: attempt.due, ownAbort: attempt.ownAbort)
        return (request, attempt.due, attempt.number + 1)
    }

    /// Handles the end of an attempt, as its client sees it at `time`. O(attempts to come).
    mutating func ended(_ sequence: Int64, _ record: RequestRecord, at time: Int64) -> AttemptEnd {
        guard let attempt = inFlight.removeValue(forKey: sequence) else { return .final }
        let limit = patience.limit(of: attempt.request.arrival, firstToken: record.firstToken)
        guard record.outcome == .aborted, limit < .max, attempt.ownAbort > limit else {
            return .final
        }
        guard attempt.number <= patience.retries else { return .gaveUp }
        let pause = patience.pause(after: attempt.number, of: record.id, seed: seed)
        let (moment, isBeyond) = limit.addingReportingOverflow(pause)
        // The engine notices aborts at the end of a step; nothing is sent before that.
        let again = max(time, isBeyond ? lastMoment : min(lastMoment, moment))
        guard again < attempt.ownAbort else { return .gaveUp }
        let place =
            toCome.lastIndex { ($0.time, $0.attempt.request.sequence) > (again, sequence) }
            .map { $0 + 1 } ?? 0
        toCome.insert((again, attempt), at: place)
        return .resent
    }
}
