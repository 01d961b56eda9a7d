import Basics
import Simulator
import Traces

extension ReferenceLoad {
    /// The load's requests: recorded, or drawn from a seed.
    func workload(_ recorded: [RecordedRequests.Request], seed: UInt64) -> Workload {
        guard let open else { return closedWorkload(seed: seed) }
        return recorded.isEmpty ? drawn(open, seed: seed) : replayed(recorded)
    }

    /// Requests sent at once, or as places become free, with lengths uniform in the jitter's range.
    private func closedWorkload(seed: UInt64) -> Workload {
        var random = SeededRandom(seed: seed)
        func draw(_ length: Int) -> Int32 {
            let least = max(1, Int((Double(length) * (1 - jitter)).rounded()))
            return Int32(least + random.below(length - least + 1))
        }
        var workload = Workload()
        for row in 0..<requests {
            workload.append(row, at: 0, draw(inputTokens), draw(outputTokens))
        }
        return workload
    }

    /// The recorded requests. If the run had more, they repeat.
    private func replayed(_ recorded: [RecordedRequests.Request]) -> Workload {
        var workload = Workload()
        let span = recorded.last!.sent - recorded[0].sent
        // A mean gap separates the last request of one round from the first of the next.
        let round = span + span / Int64(max(1, recorded.count - 1))
        for row in 0..<max(requests, recorded.count) {
            let (again, place) = row.quotientAndRemainder(dividingBy: recorded.count)
            let request = recorded[place]
            workload.append(
                row, at: request.sent - recorded[0].sent + Int64(again) * round,
                request.promptTokens, request.outputTokens ?? Int32(outputTokens))
        }
        return workload
    }

    /// Draws gaps by the row's law, and prompts uniformly within the jitter around the row's mean;
    /// shared ones have content. Outputs are as given.
    private func drawn(_ open: OpenLoad, seed: UInt64) -> Workload {
        var random = SeededRandom(seed: seed)
        var moments: [Double] = []
        var time = 0.0
        for _ in 0..<requests {
            time += random.exponential()
            moments.append(time)
        }
        let rate = open.rate ?? 1
        let isScaled = open.arrivals == OpenLoad.Arrivals.exponentialScaled.rawValue
        let second = (isScaled ? Double(requests) / max(time, 1e-9) : 1) / rate
        func length() -> Int32 {
            let half = Int((Double(inputTokens) * jitter / 2).rounded())
            return Int32(max(1, inputTokens - half + random.below(2 * half + 1)))
        }
        var workload = Workload()
        let contents = open.uniquePrompts.map { min($0, requests) } ?? requests
        let isShared = open.sharedTokens > 0 || contents < requests
        let lengths = isShared ? (0..<contents).map { _ in length() } : []
        for row in 0..<requests {
            let content = isShared ? random.below(contents) : 0
            let prompt = isShared ? lengths[content] : length()
            workload.append(
                row, at: Int64((moments[row] * second * 1e9).rounded()), prompt,
                Int32(outputTokens))
            if isShared { workload.share(open.sharedTokens, content: content, of: prompt) }
        }
        return workload
    }
}

extension Workload {
    fileprivate mutating func append(_ row: Int, at time: Int64, _ prompt: Int32, _ output: Int32) {
        ids.append(Int64(row))
        arrivals.append(time)
        promptTokens.append(prompt)
        outputTokens.append(output)
    }

    /// Gives the last prompt a shared beginning and a rest with content of its own.
    fileprivate mutating func share(_ tokens: Int, content: Int, of prompt: Int32) {
        let shared = min(Int32(clamping: tokens), prompt)
        if shared > 0 { segments.append(Segment(content: 0, length: shared)) }
        if shared < prompt {
            segments.append(Segment(content: Int64(content) + 1, length: prompt - shared))
        }
        segmentEnds.append(segments.count)
    }
}
