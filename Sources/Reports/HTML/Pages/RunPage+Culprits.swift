import Basics
import Experiments
import Results
import Simulator

extension RunPage {
    /// Most requests of a run that is simulated again for its report, which takes some seconds.
    private static let mostRequests = 200_000.0

    /// The requests that a run's page shows as the slowest.
    private static func slowest(_ run: ReportedRun) -> [Int64] {
        let rows =
            run.data.slowest.ttft.prefix(SlowSection.shown)
            + run.data.slowest.e2el.prefix(SlowSection.shown)
        return rows.reduce(into: []) { ids, row in
            if !ids.contains(row.id) { ids.append(row.id) }
        }
    }

    /// What delayed a request, and which requests caused it, in a sentence each: until its first
    /// token, and until its last.
    package struct Culprits: Sendable, Equatable {
        package var toFirstToken: String?
        package var whole: String?

        package init(toFirstToken: String?, whole: String?) {
            (self.toFirstToken, self.whole) = (toFirstToken, whole)
        }
    }

    /// The culprits of each of a run's slowest requests, by id; empty for a run that is too long to
    /// simulate again.
    ///
    /// - Throws: `InputError` for a run that cannot be simulated again.
    package static func culprits(of run: ReportedRun) throws -> [Int64: Culprits] {
        let ids = slowest(run)
        guard !ids.isEmpty, run.figures["num_prompts"] ?? 0 <= mostRequests else { return [:] }
        let study = try WhyStudy(run.folder, question: .ids(ids))
        return study.requests.reduce(into: [:]) { sentences, answer in
            sentences[answer.record.id] = Culprits(
                toFirstToken: sentenceOfFirstToken(answer), whole: sentence(answer))
        }
    }

    /// The same for a time to first token. Culprits are named only for the queue: part of the rest
    /// may come after that token.
    private static func sentenceOfFirstToken(_ answer: WhyStudy.Answer) -> String? {
        let times = answer.toFirstToken
        let parts = LatencyParts.Part.allCases.filter { times[$0] > 0 }
            .sorted { times[$0] > times[$1] }.prefix(2).map { part in
                let culprits =
                    part == .queue
                    ? WhyReport.names(answer.culprits.filter { $0.cause == .queue }) : []
                return "\(part.name) \(Quantity.duration(picoseconds: times[part]))"
                    + (culprits.isEmpty ? "" : ", because of " + culprits.joined(separator: ", "))
            }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// For example "queue 12.8 s, behind 227 (250 ms), 266 (230 ms), 175 others (12.1 s)", then the
    /// next part.
    private static func sentence(_ answer: WhyStudy.Answer) -> String? {
        let causes = LatencyCause.allCases.filter { answer.causes[$0] > 0 }
            .sorted { answer.causes[$0] > answer.causes[$1] }
        let parts = causes.prefix(2).map { cause in
            let culprits = WhyReport.names(answer.culprits.filter { $0.cause == cause })
            return "\(cause.name) \(Quantity.duration(picoseconds: answer.causes[cause]))"
                + (culprits.isEmpty ? "" : ", because of " + culprits.joined(separator: ", "))
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
