import Basics

extension Workload {
    /// Throws if columns differ in length or a value is outside its documented range. O(rows +
    /// segments).
    package func checkColumns() throws {
        func check(_ name: String, _ length: Int, optional: Bool = true) throws {
            if length == count || (optional && length == 0) { return }
            throw InputError(
                "workload", "column \(name) has \(length) rows", expected: "\(count) rows")
        }
        try check("ids", ids.count, optional: false)
        try check("promptTokens", promptTokens.count, optional: false)
        try check("outputTokens", outputTokens.count, optional: false)
        try check("maxTokens", maxTokens.count)
        try check("priorities", priorities.count)
        try check("aborts", aborts.count)
        try check("outputContents", outputContents.count)
        try check("segmentEnds", segmentEnds.count)
        try check("predecessors", predecessors.count)
        try check("thinkTimes", thinkTimes.count)
        try check("toolTimes", toolTimes.count)
        try check("waitEnds", waitEnds.count)
        for row in 0..<count where promptTokens[row] < 1 || outputTokens[row] < 1 {
            throw InputError(
                "request \(ids[row])",
                "has \(promptTokens[row]) prompt and \(outputTokens[row]) output tokens",
                expected: "at least 1 of each")
        }
        guard !segmentEnds.isEmpty else { return }
        for row in 0..<count {
            let total = segments(of: row).reduce(0) { $0 + Int($1.length) }
            if total != Int(promptTokens[row]) {
                throw InputError(
                    "request \(ids[row])", "its segments hold \(total) tokens",
                    expected: "the prompt's \(promptTokens[row])")
            }
        }
    }
}
