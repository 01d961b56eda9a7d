import Basics
import Experiments
import Reports
import StepTime

extension Verb {
    /// `headway validate`: predictions beside measurements.
    static let validate = Verb(
        "validate",
        summary: "Compare predictions with measured servers or measured operators.",
        operands: "[REFERENCE.csv]", operandCount: 0...1,
        details: """
            REFERENCE.csv has one measured figure a row, with engine, model, GPU, parallelism,
            dtypes, lengths and load; every load is simulated through the same engine as a run.
            Blank cells mean unknown: one GPU, bf16 weights and cache, exact lengths, ten requests
            per unit of concurrency (3,000 offline). A column unit is optional: ms, s, us, ns for
            latencies, tokens/s and requests/s (or /min) for throughput. Exit status 2 when no row
            can be predicted.
            """,
        flags: [
            Flag("--operators", "DIR", "Compare the operator tables (CSV files) in this folder."),
            Flag(
                "--profile", "P",
                "Engine profile of the operators: vllm, trtllm, sglang or a JSON file of\n"
                    + "fit-steptime; with a reference file it stands in for the built-in one."),
            Flag("--rows", "Print every row, not only the groups."),
            Flag("--seed", "N", "Seed of the random lengths."),
            .json,
        ]
    ) { arguments in
        if arguments.has("--rows"), arguments.has("--json") || arguments.has("--operators") {
            throw InputError(
                "--rows", "applies to the table of a reference file",
                expected: "neither --json, which has every row, nor --operators")
        }
        let profile = try arguments.value("--profile").map { try EngineProfile.named($0) }
        if let folder = arguments.value("--operators") {
            guard arguments.operands.isEmpty else {
                throw InputError(
                    "--operators", "given with a reference file", expected: "one of them")
            }
            let validation = try OperatorValidation(folder: folder, profile: profile ?? .vllm)
            try arguments.has("--json")
                ? Console.writeJSON(validation) : Console.write(ValidationReport.text(validation))
            return 0
        }
        guard let file = arguments.operands.first else {
            throw InputError(
                "validate", "nothing to compare", expected: "REFERENCE.csv or --operators DIR")
        }
        let seed = UInt64(try arguments.integer("--seed") ?? 0)
        let validation = try ReferenceValidation(file: file, seed: seed, profile: profile) {
            Progress.report(share: nil, $0)
        }
        if arguments.has("--json") {
            try Console.writeJSON(validation)
        } else {
            try Console.write(ValidationReport.text(validation, rows: arguments.has("--rows")))
        }
        return 0
    }
}
