import Basics
import StepTime

/// Where the times of a page come from: the GPU's profile and the host's, and how far they were off
/// what they were held to.
enum ClockLine {
    /// A line for each clock, with the names it belongs to unless there is one clock for all.
    static func lines(_ clocks: [(name: String, clock: String)]) -> [String] {
        var names: [(clock: String, of: [String])] = []
        for (name, clock) in clocks where !clock.isEmpty {
            if let known = names.firstIndex(where: { $0.clock == clock }) {
                names[known].of.append(name)
            } else {
                names.append((clock, [name]))
            }
        }
        return names.map { clock, of in
            let place =
                names.count == 1
                ? "" : " of " + of.map { $0.echoed() }.joined(separator: ", ")
            return "Clock\(place): \(clock.echoed(atMost: 1_000))"
        }
    }

    /// The clock of explained steps.
    static func words(_ explanation: Explanation) -> String {
        let provenance = explanation.provenance
        return [
            provenance.kind, provenance.source,
            provenance.errors.map { "off by (median) " + $0 } ?? "",
            "host " + explanation.hostName, provenance.assumptions.joined(separator: "; "),
        ].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
