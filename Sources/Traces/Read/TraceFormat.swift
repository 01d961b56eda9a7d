/// The trace formats that are read, by the names `--format` takes.
public enum TraceFormat: String, CaseIterable, Codable, Sendable {
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
    /// CSV of lengths, with or without arrival times (Vidur, Etalon, NanoFlow).
    case lengths
    /// OpenTelemetry spans with GenAI attributes, as JSON lines.
    case otel
    /// The project's own JSON lines: id, arrival_us, segments, output_tokens and optional keys.
    case native
}
