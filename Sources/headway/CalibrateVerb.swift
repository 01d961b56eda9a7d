import Basics
import Experiments
import Foundation
import Reports
import Scenario
import StepTime

extension Verb {
    /// `headway calibrate CONFIG.json5 --data FILE...`: fits constants to the user's own server.
    static let calibrate = Verb(
        "calibrate",
        summary: "Fit the clock to your own server, with intervals.",
        operands: "[CONFIG.json5 | TABLE.csv | DIR]", operandCount: 0...1,
        details: """
            CONFIG.json5 describes the server: model, GPU, flags. --data takes measurements
            of it and detects their format:
              vllm bench serve --save-result, better with --save-detailed
              guidellm's benchmarks.json, AIPerf's profile_export.jsonl or its summary,
              inference-perf's reports by stage or by request
              two scrapes of /metrics, before and after the load (trace.* is the load)
              a server's log: throughput lines, size of the KV cache
              steps.csv, and requests.csv beside it: a log of every step

            It fits a constant only if the data determine it. The others keep the value of --base,
            and the page gives the reason. One load determines little. Measure one request at a
            time, a low and a medium rate, saturation, and long prompts. Errors on --hold-out files
            tell what the fit is worth.

            TABLE.csv holds measured steps, DIR operator tables. Both are fitted as by
            `headway fit-steptime`.
            """,
        flags: [
            Flag(
                "--data", "FILE", repeats: true,
                "Measurements to fit to; repeat it, or separate files by commas."),
            Flag(
                "--hold-out", "FILE", repeats: true,
                "Measurements to report errors on, not to fit to; like --data."),
            Flag(
                "--fit", "NAMES",
                "Fit these constants only, comma-separated (launch: all kinds of launch).\n"
                    + "Exit status 2 if the data do not determine one of them."),
            Flag("--base", "NAME", "Host profile for all else (default: the configuration's)."),
            Flag("--out", "HOST.json", "Write the fitted host profile to this file."),
            .set,
            Flag("--seed", "N", "Random seed of the intervals (default 0)."),
            .json,
        ]
    ) { arguments in
        if let place = arguments.operands.first, let status = try fitSteps(place, arguments) {
            return status
        }
        let data = files(arguments, "--data")
        guard !data.isEmpty else {
            throw InputError(
                "calibrate", "nothing to fit to", expected: "--data FILE, measured on the server")
        }
        let heldOut = files(arguments, "--hold-out")
        let words = (arguments.value("--fit") ?? "").split(separator: ",").map(String.init)
        if arguments.has("--fit"), words.isEmpty {
            throw InputError("--fit", "names nothing", expected: "constants, such as front_end")
        }
        let configuration = try Configuration.read(
            file: arguments.operands.first, changes: arguments.values("--set"))
        let calibration = try Calibration(
            configuration, base: arguments.value("--base"), data: data, heldOut: heldOut,
            asked: CalibrationConstant.named(words),
            seed: UInt64(try arguments.integer("--seed") ?? 0)
        ) { Progress.report(share: nil, $0) }
        if let out = arguments.value("--out") { try write(calibration.profile, to: out) }
        if arguments.has("--json") {
            try Console.writeJSON(calibration)
        } else {
            try Console.writePage(
                CalibrationReport.text(
                    calibration, file: arguments.operands.first,
                    changes: arguments.values("--set"), out: arguments.value("--out")))
        }
        return 0
    }

    private static func files(_ arguments: Arguments, _ flag: String) -> [String] {
        arguments.values(flag).flatMap { word in
            FileSystem.exists(word)
                ? [word] : word.split(separator: ",").map(String.init)
        }
    }

    /// Writes the profile under the file's name, so that pages can tell it from others.
    private static func write(_ profile: HostProfile, to out: String) throws {
        guard out.hasSuffix(".json") else {
            throw InputError("--out", "is \(out)", expected: "a name that ends in .json")
        }
        var profile = profile
        let name = out.split(separator: "/").last.map(String.init) ?? out
        profile.name = String(name.dropLast(5))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = try WholeFile(out)
        try file.write(Array(encoder.encode(profile)) + [10])
        try file.commit()
    }

    /// Does what `fit-steptime` does with tables of steps or operators; nil for a configuration.
    private static func fitSteps(_ place: String, _ arguments: Arguments) throws -> Int32? {
        let isTable = FileSystem.isFolder(place) || place.lowercased().hasSuffix(".csv")
        guard isTable else { return nil }
        for flag in ["--data", "--hold-out", "--fit", "--set", "--seed"]
        where !arguments.values(flag).isEmpty {
            throw InputError(
                flag, "does not apply to tables of steps or operators",
                expected: "CONFIG.json5 in place of \(place)")
        }
        return try fitStepTime.run(arguments)
    }
}
