import Simulator

/// What became of one request in a run, as requests.csv tells it. Times are whole microseconds of
/// simulated time, -1 where they never happened.
package struct ComparedRequest: Sendable, Equatable {
    package var id: Int64
    /// Which sending of it by its client this is, counted from 1.
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
    /// Smaller is more urgent.
    package var priority: Int
    /// From the client to the scheduler, which is no queue.
    package var frontEnd: Int64 = 0

    /// The record of a run just made, with its times rounded as requests.csv rounds them.
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

    /// A request whose fields are all known, as read from a file.
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

    /// What runs are paired by: a request, and which sending of it.
    struct Name: Hashable, Comparable {
        var id: Int64
        var attempt: Int
        static func < (a: Name, b: Name) -> Bool { (a.id, a.attempt) < (b.id, b.attempt) }
    }

    /// Its own.
    var pairName: Name { Name(id: id, attempt: attempt) }

    /// Milliseconds to the first token; nil before it.
    package var timeToFirstToken: Double? {
        firstToken < 0 ? nil : Double(firstToken - arrival) / 1000
    }

    /// Milliseconds per token after the first; nil for fewer than two tokens.
    package var timePerOutputToken: Double? {
        guard isFinished, outputTokens > 1 else { return nil }
        return Double(finish - firstToken) / Double(outputTokens - 1) / 1000
    }

    /// Milliseconds from arrival to the last token; nil unless finished.
    package var endToEnd: Double? { isFinished ? Double(finish - arrival) / 1000 : nil }

    /// Milliseconds from the scheduler's first sight of it to its first admission; nil when never
    /// admitted.
    package var queueTime: Double? {
        admitted < 0 ? nil : Double(admitted - arrival - frontEnd) / 1000
    }
}
