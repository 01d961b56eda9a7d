/// The trace formats that are read, by the names `--format` takes.
public enum TraceFormat: String, CaseIterable, Codable, Sendable {
    /// Azure LLM inference traces 2023 and 2024: CSV with TIMESTAMP, ContextTokens,
    /// GeneratedTokens.
    case azure
    /// Mooncake: JSON lines with timestamp (ms), input_length, output_length, hash_ids of 512
    /// tokens; its dialect with session_id, delay and block_size included.
    case mooncake
    /// The project's own JSON lines: id, arrival_us, segments, output_tokens and optional keys.
    case native
}
