extension Catalogue {
    /// Llama 2 and 3 (arXiv 2307.09288, 2407.21783).
    static let llamaEntries: [Entry] = [
        Entry(name: "llama-2-7b") {
            llamaLike(
                hidden: 4096, layers: 32, heads: 32, kvHeads: 32, intermediate: 11008,
                vocabulary: 32_000, context: 4096)
        },
        Entry(name: "llama-3-8b") { llama8B(context: 8192) },
        Entry(name: "llama-3.1-8b") { llama8B(context: 131_072) },
        Entry(name: "llama-3-70b") { llama70B(context: 8192) },
        Entry(name: "llama-3.1-70b", aliases: ["llama-3.3-70b"]) { llama70B(context: 131_072) },
    ]

    private static func llama8B(context: Int) -> TransformerModel {
        llamaLike(
            hidden: 4096, layers: 32, heads: 32, kvHeads: 8, intermediate: 14336,
            vocabulary: 128_256, context: context)
    }

    private static func llama70B(context: Int) -> TransformerModel {
        llamaLike(
            hidden: 8192, layers: 80, heads: 64, kvHeads: 8, intermediate: 28672,
            vocabulary: 128_256, context: context)
    }
}
