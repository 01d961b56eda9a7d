import Basics

/// The "random" dataset of vLLM 0.33's benchmark: integers drawn uniformly around two lengths
/// (`RandomDataset.get_sampling_params` in `vllm/benchmarks/datasets`), a prefix that all prompts
/// share, and after it content of each prompt's own. All requests arrive at time 0. With several
/// prefixes it is that benchmark's "prefix_repetition", whose lengths are not drawn.
package struct RandomDataset: Sendable, Equatable {
    /// Tokens around which lengths are drawn, at least 1.
    package var inputTokens: Int
    package var outputTokens: Int
    /// How far lengths vary in both directions, as a share of these; at least 0 and less than 1.
    package var inputRangeRatio = 0.0
    package var outputRangeRatio = 0.0
    /// Tokens of a prefix that all prompts begin with, in addition to the input.
    package var prefixTokens = 0
    /// Number of different prefixes. Requests are assigned to them evenly, in random order.
    package var prefixes = 1

    /// Prompts and answers of exactly these lengths.
    package init(inputTokens: Int, outputTokens: Int) {
        (self.inputTokens, self.outputTokens) = (inputTokens, outputTokens)
    }

    /// Shortest and longest, inclusive: rounded outwards.
    func range(about tokens: Int, ratio: Double) -> ClosedRange<Int> {
        let low = (Double(tokens) * (1 - ratio)).rounded(.down)
        let high = (Double(tokens) * (1 + ratio)).rounded(.up)
        return Int(low)...Int(high)
    }

    /// `count` requests. Throws `InputError` if a prompt could be empty. O(requests).
    package func requests(_ count: Int, seed: UInt64) throws -> Workload {
        let inputs = range(about: inputTokens, ratio: inputRangeRatio)
        // At least one token.
        let drawn = range(about: outputTokens, ratio: outputRangeRatio)
        let outputs = max(1, drawn.lowerBound)...max(1, drawn.upperBound)
        guard inputs.lowerBound + prefixTokens >= 1 else {
            throw InputError(
                "trace.random_range_ratio", "lets a prompt of trace.random_input_len be empty",
                expected: "a smaller ratio, longer inputs or a prefix")
        }
        var random = SeededRandom(seed: seed, stream: 0xDA7A)
        var trace = Workload()
        trace.ids = (0..<Int64(count)).map { $0 }
        trace.arrivals = .init(repeating: 0, count: count)
        let groups = prefixes > 1 ? dealt(count, seed: seed) : .init(repeating: 0, count: count)
        for row in 0..<count {
            let input = inputs.lowerBound + random.below(inputs.count)
            trace.promptTokens.append(Int32(prefixTokens + input))
            if prefixTokens > 0 {
                trace.segments.append(
                    Segment(content: Int64(groups[row]), length: Int32(prefixTokens)))
            }
            if input > 0 {
                trace.segments.append(
                    Segment(content: Int64(prefixes + row), length: Int32(input)))
            }
            trace.segmentEnds.append(trace.segments.count)
        }
        trace.outputTokens = (0..<count).map { _ in
            Int32(outputs.lowerBound + random.below(outputs.count))
        }
        return trace
    }

    /// The prefix of each request: equal shares as far as possible, in random order (Fisher and
    /// Yates).
    private func dealt(_ count: Int, seed: UInt64) -> [Int] {
        var random = SeededRandom(seed: seed, stream: 0x9EF1)
        var groups = (0..<count).map { $0 % prefixes }
        for place in stride(from: count - 1, to: 0, by: -1) {
            groups.swapAt(place, random.below(place + 1))
        }
        return groups
    }
}
