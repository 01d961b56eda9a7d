import Basics
import Fidelity
import Reports
import StepTime
import Traces

extension Verb {
    /// Throws `InputError` for a JSON file, which is neither a reference file nor, at this point, a
    /// trace with measured latencies. A file that cannot be read is left to the reader of reference
    /// files.
    private static func refuseJSON(_ file: String) throws {
        guard !InputFile.isReadOnce(file), !FileSystem.isFolder(file),
            let input = try? InputFile(file)
        else { return }
        var head = [UInt8](repeating: 0, count: 4_096)
        let count = (try? head.withUnsafeMutableBytes { try input.read(into: $0) }) ?? 0
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
        let first = head[..<count].first { !blanks.contains($0) }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return }
        let format = (try? openTrace(file))?.notes.format
        throw InputError(
            file,
            format.map { "is a trace (\($0.rawValue)) that records no latencies" }
                ?? "is JSON without the latencies of single requests",
            expected: "a trace with them, such as vllm bench serve --save-result --save-detailed "
                + "writes (input_lens, output_lens, ttfts, start_times), or a CSV of measured "
                + "figures")
    }

    /// `headway validate`: predictions beside measurements.
    static let validate = Verb(
        "validate",
        summary: "Compare predictions with measured servers or operators.",
        operands: "[REFERENCE.csv | TRACE]", operandCount: 0...1,
        details: """
            REFERENCE.csv has one measured figure per row, with engine, model, GPU, parallelism,
            dtypes, lengths and load. It simulates every load as `headway run` does. A blank cell
            takes a default: one GPU, bf16 weights and cache, exact lengths, ten requests per unit
            of concurrency (3,000 offline). The column unit is optional: ms, s, us, ns for
            latencies, tokens/s and requests/s (or /min) for throughput. Exit status 2 if it can
            predict no row.

            Open loops (load_kind open_loop or trace) give their rate, arrivals (poisson,
            exponential_scaled, trace), shared prompts and the most in flight at the client.
            Recorded requests (run, sent_us, prompt_tokens, output_tokens, ttft_us, e2e_us) are
            replayed and compared request by request. Rows that change by more than 20 % between
            exact lengths and 2 % of jitter form a group of their own.

            TRACE records what a real server did with each request: Dynamo's request trace, BLIS's
            trace v2, LLMServingSim's requests.jsonl, vllm bench serve --save-detailed, AIPerf's
            profile_export.jsonl. --config and --set describe the server. The page compares TTFT,
            TPOT and E2E of the same requests.
            """,
        flags: [
            Flag("--operators", "DIR", "Compare the operator tables (CSV files) in this folder."),
            Flag(
                "--profile", "P",
                "Engine profile of the operators: vllm, trtllm, sglang or a JSON file of\n"
                    + "fit-steptime; with a reference file it stands in for the built-in one."),
            Flag("--gpu", "G", "GPU that the operators were measured on (default h100-sxm)."),
            Flag(
                "--host", "H",
                "Host profile of every server of the reference file: a name or a JSON file\n"
                    + "(default: by the engine's version)."),
            Flag("--rows", "Print every row beside the groups."),
            Flag("--config", "CONFIG.json5", "The server that TRACE was measured on."),
            .set,
            Flag(
                "--requests", "FILE",
                "Requests of the reference file's runs, with their times and lengths\n"
                    + "(default: X_requests.csv beside X.csv)."),
            Flag("--seed", "N", "Random seed of lengths and gaps (default 0)."),
            .json,
        ]
    ) { arguments in
        if arguments.has("--rows"), arguments.has("--json") || arguments.has("--operators") {
            throw InputError(
                "--rows", "applies to the table of a reference file",
                expected: "neither --json, which has every row, nor --operators")
        }
        let gpu = try arguments.value("--gpu").map(GPU.named)
        guard gpu == nil || arguments.has("--operators") else {
            throw InputError(
                "--gpu", "applies to operator tables", expected: "none: rows name their GPUs")
        }
        for flag in ["--requests", "--host"]
        where arguments.has(flag)
            && (arguments.has("--operators")
                || arguments.operands.first.map({ TraceFormat.measuring($0) != nil }) == true)
        {
            throw InputError(
                flag, "applies to a reference file", expected: "REFERENCE.csv with it")
        }
        let profile = try arguments.value("--profile").map {
            try EngineProfile.named($0, on: gpu ?? .h100)
        }
        if let folder = arguments.value("--operators") {
            guard arguments.operands.isEmpty else {
                throw InputError(
                    "--operators", "given with a reference file", expected: "one of them")
            }
            let validation = try OperatorValidation(
                folder: folder, profile: profile ?? .named("vllm", on: gpu ?? .h100))
            try arguments.has("--json")
                ? Console.writeJSON(validation)
                : Console.writePage(ValidationReport.text(validation))
            return 0
        }
        guard let file = arguments.operands.first else {
            throw InputError(
                "validate", "nothing to compare", expected: "REFERENCE.csv or --operators DIR")
        }
        if TraceFormat.measuring(file) != nil {
            return try MeasuredRun(arguments, trace: file).perform(arguments.has("--json"))
        }
        try refuseJSON(file)
        for flag in ["--config", "--set"] where !arguments.values(flag).isEmpty {
            throw InputError(
                flag, "applies to a trace with measured latencies",
                expected: "none: a reference file names its servers")
        }
        let seed = UInt64(try arguments.integer("--seed") ?? 0)
        let validation = try ReferenceValidation(
            file: file, requests: arguments.value("--requests"), seed: seed, profile: profile,
            host: try arguments.value("--host").map { try HostProfile.named($0) }
        ) { Progress.report(share: nil, $0) }
        if arguments.has("--json") {
            try Console.writeJSON(validation)
        } else {
            try Console.writePage(ValidationReport.text(validation, rows: arguments.has("--rows")))
        }
        return 0
    }
}
