import Basics
import Results
import Simulator

/// What a page says about how requests were sent, if not only at the trace's times.
enum RunLoad {
    /// Lines for the page, indented like its facts; nil if requests were sent at the trace's times
    /// by clients that wait.
    static func words(_ summary: RunSummary) -> String? {
        let sentences = [sending(summary), summary.client?.attempts.map(attempts)]
            .compactMap(\.self)
        let indent = "\n" + padded("", to: 14, .left)
        return sentences.isEmpty
            ? nil : sentences.joined(separator: "\n").replacing("\n", with: indent)
    }

    private static func sending(_ summary: RunSummary) -> String? {
        if !summary.stages.isEmpty {
            let count = Quantity.counted(summary.stages.count, "stage")
            return "in \(count), the trace's times ignored; the "
                + "table below has the figures of each"
        }
        if let client = summary.client, let cap = client.cap {
            return "the trace's times, at most \(Quantity.count(cap)) in flight: "
                + "\(Quantity.counted(client.held, "request")) waited at the client. TTFT, E2E and "
                + "queue begin "
                + "when a request is sent, \"from due\" at the trace's time"
        }
        guard let concurrency = summary.concurrency else { return nil }
        let requests = summary.counters.requests
        if requests > 0, requests < concurrency {
            return "closed loop of \(Quantity.count(concurrency)), which the trace's "
                + "\(Quantity.counted(requests, "request")) "
                + "\(requests == 1 ? "does" : "do") not fill: each is sent as soon as it can be, "
                + "and the loop holds none back"
        }
        if summary.thinkTime.mean > 0 {
            let pause = Quantity.duration(picoseconds: summary.thinkTime.mean)
            let kind = summary.thinkTime.law == .fixed ? "" : " on average, exponential"
            return "closed loop: " + Quantity.counted(concurrency, "user")
                + ", each sends the next request \(pause)" + kind
                + ", after an answer; that is in no latency"
        }
        if summary.followers > 0 {
            let stay = summary.endToEnd.mean * 1e-3 * Double(summary.endToEnd.count)
            let mean = ratio(stay, summary.measuredDuration)
            return "closed loop: \(Quantity.counted(concurrency, "place")), the next session sent "
                + "when one ends. A session that pauses keeps its place: on average "
                + "\(Quantity.significant(mean)) requests are in flight"
        }
        let flight =
            Quantity.counted(concurrency, "request") + " in flight, the next sent when one ends"
        return "closed loop: \(flight); the wait until then is in no latency"
    }

    /// What clients that time out did.
    private static func attempts(_ counts: AttemptCounts) -> String {
        "clients time out: \(Quantity.counted(counts.requests, "request")) took "
            + "\(Quantity.counted(counts.attempts, "attempt")), "
            + "\(Quantity.count(counts.retried)) more than one, \(Quantity.count(counts.gaveUp)) "
            + "gave up. Other figures "
            + "count attempts; \"from due\" is from the first sending to the answer. Wasted: "
            + "\(Quantity.counted(counts.wastedOutputTokens, "token")) "
            + "delivered and \(Quantity.count(counts.wastedPromptTokens)) of prompts computed for "
            + "attempts that timed out"
    }
}
