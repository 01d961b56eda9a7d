import Basics
import Experiments
import Reports
import Scenario

extension Verb {
    /// `headway sweep SPACE.json5 --out points.csv`
    static let sweep = Verb(
        "sweep",
        summary: "Run every point of a space of configurations, a row each.",
        operands: "SPACE.json5", operandCount: 1...1,
        details: """
            A space names a base configuration, keys with their values, and perhaps traces and
            seeds: { base: "chat.json5", keys: { "engine.block_size": [16, 32] }, seeds: [0, 1] }.
            Every point runs over the same requests. The table grows in FILE.part and is renamed
            when it is whole; the same command goes on after a stop, and ends with the same bytes.
            --shard runs one share of the runs, on another machine perhaps; headway merge puts the
            shares together. Exit status: 0 done, 1 every point failed, 2 bad input.
            """,
        flags: [
            Flag("--out", "FILE", "Write the table here, CSV; needed."),
            Flag(
                "--shard", "I/N",
                "Run every Nth run, from the Ith on: 1/4 to 4/4. To an index that counts\n"
                    + "from 0, add 1."),
            .set, .slo,
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        guard let out = arguments.value("--out") else {
            throw InputError("sweep", "has no --out", expected: "--out points.csv")
        }
        let shard = try arguments.value("--shard").map { try Shard($0) } ?? .all
        let slo = try arguments.value("--slo").map {
            try Configuration.ObjectiveSection(short: $0)
        }
        Progress.report(share: nil, "reading the space and its traces")
        let space = try ConfigurationSpace(
            file: arguments.operands[0], changes: arguments.values("--set"), slo: slo)
        let sweep = try Sweep(space, shard: shard)
        let outcome = try sweep.perform(to: out) { done, whole in
            Progress.report(done, of: whole, "runs")
        }
        if !arguments.has("--json"), outcome.added == 0, outcome.found > 0 {
            try Console.writePage("\(out) is whole already, nothing is run.")
        }
        if !arguments.has("--json"), let kept = space.keptLimits {
            try Console.writePage("Note: \(kept)")
        }
        guard shard == .all else {
            return try show(SweepShare(sweep, file: out), asJSON: arguments.has("--json"))
        }
        return try showTable(out, asJSON: arguments.has("--json"))
    }

    /// Prints a table's page. Returns 1 if every point failed.
    static func showTable(_ file: String, asJSON: Bool) throws -> Int32 {
        let table = try SweepTable(file: file, isInput: false)
        let page = SweepPage(table, file: file)
        try asJSON ? Console.writeJSON(page) : Console.writePage(page.text)
        return table.ran.contains(true) ? 0 : 1
    }

    private static func show(_ share: SweepShare, asJSON: Bool) throws -> Int32 {
        try asJSON ? Console.writeJSON(share) : Console.writePage(share.text)
        return 0
    }
}

/// The summary of a shard, whose figures are only a part of each comparison.
private struct SweepShare: Encodable {
    let file, shard: String
    let runs, runsOfSpace: Int

    init(_ sweep: Sweep, file: String) {
        self.file = file
        shard = "\(sweep.shard.number)/\(sweep.shard.count)"
        runs = sweep.ownRuns
        runsOfSpace = sweep.runs
    }

    var text: String {
        "Shard \(shard): \(runs) of \(Quantity.counted(runsOfSpace, "run")) in \(file)."
            + " When all shards have ended: headway merge SHARD.csv... --out points.csv"
    }
}
