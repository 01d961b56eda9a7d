/// Files with requests, or similar content, that are known but not read: their names, and what to
/// do with them.
enum KnownDialects {
    private static let lengths =
        "a CSV of arrived_at,num_prefill_tokens,num_decode_tokens, or native lines"

    /// Identifies a JSON file by the keys of its first object; nil if it is unknown or read.
    static func named(_ head: JSONHead) -> (what: String, wayOut: String)? {
        func found(_ what: String, _ wayOut: String? = nil) -> (String, String) {
            (what, wayOut ?? lengths + " made of it")
        }
        if head.has("llm_calls") {
            return found(
                "turns of GitHub Copilot without their session are not read",
                "lines of sessions, each with turns")
        }
        if head.first(of: "turns") == 0x5b, !head.has("messages") {
            return found("sessions with a list of turns are not read")
        }
        if head.has("request_totals") {
            return found(
                "a part of guidellm's report without its requests is not read",
                "benchmarks.json, with requests in each of its benchmarks")
        }
        if head.has("sub_requests") || (head.has("input_tok_ids") && !head.has("input_toks")) {
            return found("LLMServingSim's agentic workloads (sub_requests) are not read")
        }
        if let delta = head.names.first(where: {
            $0.lowercased().contains("delta") && head.first(of: $0) != 0x6e
        }) {
            return found(
                "rows of what a turn adds under names of their own (key \(delta)) are not read",
                "rows with whole prompts, or input_length and hash_ids of what each turn adds and"
                    + " --format mooncake_delta (trace.format)")
        }
        if head.has("created_at"), head.has("finished_at") {
            return found("SwissAI's rows (created_at, finished_at) are not read")
        }
        if !head.has("input_length"), head.has("text_input") || head.has("texts") {
            return found("prompts as text_input (AIPerf) are not read")
        }
        if head.has("timestamp_start_unix_ms") { return found("Baseten's rows are not read") }
        if head.has("traceEvents") {
            return found("a timeline of events (Perfetto, chrome://tracing) is not read")
        }
        if head.has("window_start_s")
            || (Int(head.names.first ?? "") != nil
                && head.text.contains("input_tokens"))
        {
            return found("ServeGen's parameters are no requests", "requests drawn by ServeGen")
        }
        if head.has("classes") || (head.names.isEmpty && head.text.contains("classes:")) {
            return found(
                "is a recipe (JSON5), not a trace",
                "headway run --trace NAME.json5, or headway trace synth")
        }
        return nil
    }

    /// Identifies a file of lines by its first line.
    static func named(line: String) -> String? {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        if cells.count == 6, Double(cells[0]) != nil, Double(cells[1]) != nil,
            ["Gamma", "Weibull", ""].contains(cells[3])
        {
            return "ServeGen's parameters are no requests, and no known trace format"
        }
        return nil
    }
}
