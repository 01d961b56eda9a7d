/// Decoders whose caches have a shape of their own, by their rules' names; a rule a file.
extension Families {
    static let specialCaches: [String: Family] = [
        "deepseek_v4": deepSeek4, "mimo_v2": mimo2, "gemma3n": gemma3n, "gemma4": gemma4,
        "minimax_m3": miniMax3,
    ]
}
