/// How to cut a time series into blocks that may be resampled independently.
///
/// Requests waiting in one queue share its fate, so neighbours are not independent evidence. A
/// block covers that memory: ten times the integrated autocorrelation time of the estimated
/// statistic, as long as enough blocks remain to estimate their spread.
package struct BlockPlan: Sendable, Equatable {
    /// Where each block ends in the series. The last is the series' length.
    package let ends: [Int]

    /// Fewest and most blocks. With fewer than 6, Student's t makes intervals useless; above 100
    /// nothing is gained. Fewer only if the series is shorter.
    static let fewest = 6
    static let most = 100
    /// Number of cells into which a series is averaged before measuring its correlation.
    private static let cells = 1024

    /// Number of blocks.
    package var count: Int { ends.count }

    /// The plan for series of influences, i.e. each request's contribution to a statistic's
    /// deviation. They must not be empty and must have equal lengths. The one with the longest
    /// memory decides. O(length).
    package init(influences: [[Double]]) {
        let length = influences[0].count
        let time = influences.map(Self.correlationTime).max() ?? 1
        let wanted = Int((Double(length) / (10 * time)).rounded(.down))
        let count = min(length, max(Self.fewest, min(Self.most, wanted)))
        ends = (0..<count).map { ($0 + 1) * length / count }
    }

    /// 1 + 2·Σ autocorrelation, in elements, at least 1. The sum stops at the first pair of
    /// neighbouring terms that is no longer positive (Geyer 1992, initial positive sequence).
    static func correlationTime(_ series: [Double]) -> Double {
        guard series.count > 3 else { return 1 }
        let count = min(cells, series.count)
        let means = (0..<count).map { cell -> Double in
            let part = series[(cell * series.count / count)..<((cell + 1) * series.count / count)]
            return part.reduce(0, +) / Double(part.count)
        }
        let overall = means.reduce(0, +) / Double(count)
        let centred = means.map { $0 - overall }
        let variance = centred.reduce(0) { $0 + $1 * $1 }
        guard variance > 0 else { return 1 }
        func correlation(_ lag: Int) -> Double {
            var sum = 0.0
            for i in 0..<(count - lag) { sum += centred[i] * centred[i + lag] }
            return sum / variance
        }
        var time = 1.0
        var lag = 1
        while lag + 1 < count / 4 {
            let pair = correlation(lag) + correlation(lag + 1)
            if pair <= 0 { break }
            time += 2 * pair
            lag += 2
        }
        return max(1, time * Double(series.count) / Double(count))
    }
}
