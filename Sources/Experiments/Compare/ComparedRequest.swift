import Simulator

/// One request's outcome in a run, as in requests.csv. Times are whole microseconds of simulated
/// time, -1 for events that never happened.
package struct ComparedRequest: Sendable, Equatable {
    package var id: Int64
    /// Number of the client's attempt, counted from 1.
    package var attempt = 1
    package var arrival: Int64
    package var admitted: Int64
    package var firstToken: Int64
    package var finish: Int64
    package var promptTokens: Int
    package var hitTokens: Int
    package var outputTokens: Int
    package var preemptions: Int
    package var isFinished: Bool
    /// Lower is more urgent.
    package var priority: Int
    /// Time from the client to the scheduler, which does not count as queueing.
    package var frontEnd: Int64 = 0

    /// The record of a new run, with times rounded as in requests.csv.
    package init(_ record: RequestRecord) {
        func microseconds(_ time: Int64) -> Int64 {
            time < 0 ? -1 : (time + 500_000) / 1_000_000
        }
        id = record.id
        attempt = Int(record.attempt)
        arrival = microseconds(record.arrival)
        admitted = microseconds(record.admitted)
        firstToken = microseconds(record.firstToken)
        finish = microseconds(record.finish)
        promptTokens = Int(record.promptTokens)
        hitTokens = Int(record.hitTokens)
        outputTokens = Int(record.outputTokens)
        preemptions = Int(record.preemptions)
        isFinished = record.outcome == .finished
        priority = Int(record.priority)
        frontEnd = microseconds(record.frontEnd)
    }

    /// A request from fields read from a file.
    init(
        id: Int64, times: [Int64], promptTokens: Int, hitTokens: Int, outputTokens: Int,
        preemptions: Int, isFinished: Bool, priority: Int = 0,
        attempt: Int = 1
    ) {
        self.id = id
        (arrival, admitted, firstToken, finish) = (times[0], times[1], times[2], times[3])
        self.promptTokens = promptTokens
        self.hitTokens = hitTokens
        self.outputTokens = outputTokens
        self.preemptions = preemptions
        self.isFinished = isFinished
        self.priority = priority
        self.attempt = attempt
    }

    /// The key by which runs are paired: a request and its attempt.
    struct Name: Hashable, Comparable {
        var id: Int64
        var attempt: Int
        static func < (a: Name, b: Name) -> Bool { (a.id, a.attempt) < (b.id, b.attempt) }
    }

    var pairName: Name { Name(id: id, attempt: attempt) }

    /// Milliseconds to the first token; nil if there is none.
    package var timeToFirstToken: Double? {
        firstToken < 0 ? nil : Double(firstToken - arrival) / 1000
    }

    /// Milliseconds per token after the first; nil with fewer than two tokens.
    package var timePerOutputToken: Double? {
        guard isFinished, outputTokens > 1 else { return nil }
        return Double(finish - firstToken) / Double(outputTokens - 1) / 1000
    }

    /// Milliseconds from arrival to the last token; nil unless finished.
    package var endToEnd: Double? { isFinished ? Double(finish - arrival) / 1000 : nil }

    /// Milliseconds from reaching the scheduler to the first admission; nil if never admitted.
    package var queueTime: Double? {
        admitted < 0 ? nil : Double(admitted - arrival - frontEnd) / 1000
    }
}
