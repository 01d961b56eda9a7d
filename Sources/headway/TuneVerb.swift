import Basics
import Experiments
import Foundation
import Reports
import Scenario

extension Verb {
    /// `headway tune SPACE.json5`
    static let tune = Verb(
        "tune",
        summary: "Find the configuration with the fewest GPUs that holds an SLO.",
        operands: "SPACE.json5", operandCount: 1...1,
        details: """
            A space gives a base, keys with the values they may have, traces, seeds, an slo and an
            objective: { base: {...}, keys: {"cluster.replicas": {from: 1, to: 8}}, slo: {...} }.
            The best point holds every promise and has the fewest GPUs, then the least latency; or
            the best of what --for names. Of the points within 1 % of it the one is recommended,
            and written with --out, that changes the fewest keys of the base. The article "Tuning"
            says how it searches and how sure it is. Exit status: 0 found, 1 nothing holds the
            promises, 2 bad input, 3 not decidable with these seeds.
            """,
        flags: [
            Flag("--out", "FILE", "Write the recommended configuration, commented, to this file."),
            Flag(
                "--for", "GOAL",
                "Seek the least gpus, latency or cost, or the most throughput (objective; gpus)."),
            .slo, .set,
            Flag("--exhaustive", "Run every point of a set whole, however many there are."),
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        let file = arguments.operands[0]
        let goal = try arguments.value("--for").map {
            try ConfigurationSpace.goal($0, place: "--for")
        }
        let slo = try arguments.value(Flag.slo.name).map(
            Configuration.ObjectiveSection.init(short:))
        let space = try ConfigurationSpace(
            file: file, changes: arguments.values(Flag.set.name), slo: slo)
        // Before minutes of work, check that the answer can be written.
        let output = try arguments.value("--out").map { try WholeFile($0) }
        let tuning = try Tuning(
            space, file: file, goal: goal,
            most: arguments.has("--exhaustive") ? .max : Tuning.affordable
        ) { Progress.report(share: nil, $0) }
        let report = try TuneReport(tuning)
        if let output {
            if let text = try report.configuration() {
                try output.writeLine(text)
                try output.commit()
            } else {
                Console.complain("--out: nothing was found, and no file is written")
            }
        }
        try arguments.has("--json") ? Console.writeJSON(report) : Console.writePage(report.text)
        return tuning.exitStatus
    }
}
