import Basics

/// The trace formats that can be read, by their names for `--format`.
package enum TraceFormat: String, CaseIterable, Codable, Sendable {
    /// Azure LLM inference traces 2023 and 2024: CSV with TIMESTAMP, ContextTokens,
    /// GeneratedTokens.
    case azure
    /// Mooncake: JSON lines with timestamp (ms), input_length, output_length, hash_ids of 512
    /// tokens; its dialect with session_id, delay and block_size included.
    case mooncake
    /// vLLM's `timed_trace`: Mooncake's keys with timestamps in seconds and 16-token blocks.
    case timedTrace = "timed_trace"
    /// Qwen-Bailian: JSON lines with chat_id, parent_chat_id, timestamp (s), hash_ids of 16 tokens.
    case bailian
    /// BurstGPT: CSV by column name, with or without Session ID and Elapsed time.
    case burstgpt
    /// WEKA coding sessions: one JSON object per session, a file or a folder of them.
    case weka
    /// RAGPulse: JSON lines of content chunks, with tables of chunk lengths beside the trace.
    case ragpulse
    /// Conversations as text: ShareGPT's JSON, or chat messages; lengths are estimated.
    case sharegpt
    /// CSV of lengths, with or without arrival times (Vidur, Etalon, NanoFlow), or JSON with names
    /// of the user's.
    case lengths
    /// OpenTelemetry spans with GenAI attributes, as JSON lines.
    case otel
    /// Agentic Mooncake: JSON lines of calls that wait for one another.
    case agenticMooncake = "agentic_mooncake"
    /// Mooncake's keys, with rows that hold only what they add to their session. Nothing in a file
    /// tells this, so it is never recognised automatically.
    case mooncakeDelta = "mooncake_delta"
    /// Applied Compute's sessions: JSON lines of the lengths of a session's turns.
    case appliedCompute = "applied_compute"
    /// Dynamo's request trace: JSON lines of events, with block hashes, sessions and latencies.
    case dynamo
    /// GitHub Copilot's agent sessions of 2026: JSON lines, one session each.
    case copilot
    /// TraceLab's coding sessions: JSON lines, one round each.
    case traceLab = "tracelab"
    /// BLIS's trace v2: CSV with measured latencies.
    case blis
    /// LLMServingSim's recorded runs: JSON lines with the engine's timestamps.
    case llmServingSim = "llmservingsim"
    /// `vllm bench serve --save-detailed`: lists with one item per request.
    case vllmBench = "vllm_bench"
    /// AIPerf's records of a run: JSON lines with measured latencies.
    case aiperf
    /// AIPerf's branching conversations (dag_jsonl): JSON lines of sessions.
    case aiperfDAG = "aiperf_dag"
    /// guidellm's reports (benchmarks.json): one JSON object with the requests of its benchmarks.
    case guidellm
    /// The request log of vLLM's server, with the tokens of the prompts.
    case vllmLog = "vllm_log"
    /// The project's own JSON lines: id, arrival_us, segments, output_tokens and optional keys.
    case native
}

extension TraceFormat {
    /// Formats that may record the latencies of a real server.
    package static let measuring: [TraceFormat] = [
        .dynamo, .blis, .llmServingSim, .vllmBench, .aiperf, .guidellm,
    ]

    /// The format of a file if it is one of `measuring`; nil for any other file, for one that
    /// cannot be read, and for a pipe, which can be read only once.
    package static func measuring(_ path: String) -> TraceFormat? {
        guard !InputFile.isReadOnce(path), !FileSystem.isFolder(path),
            let reader = try? LineReader(path),
            let format = try? TraceSignature(reader, options: TraceOptions()).format
        else { return nil }
        return measuring.contains(format) ? format : nil
    }
}
