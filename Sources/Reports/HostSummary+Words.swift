import Basics
import Results

extension HostSummary {
    /// One line for the page; nil if the host added no time.
    var words: String? {
        var parts: [String] = []
        if timeShare > 0 {
            parts.append(
                "slower than the GPU in \(Quantity.percent(pacedShare)) of steps; without its "
                    + "work the same steps take \(Quantity.percent(timeShare)) less time")
        }
        if outsideMs > 0 {
            parts.append(
                Quantity.duration(seconds: outsideMs * 1e-3)
                    + " of every TTFT are the way from client to scheduler")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
