/// Decoders with their own kind of cache, by the names of their rules. One file per rule.
extension Families {
    static let specialCaches: [String: Family] = [
        "deepseek_v4": deepSeek4, "mimo_v2": mimo2, "gemma3n": gemma3n, "gemma4": gemma4,
        "minimax_m3": miniMax3,
    ]
}
