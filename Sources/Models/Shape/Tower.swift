/// A tower that sees images or hears, with what projects its output into the decoder: its weights
/// are on the GPU, its work is not modelled.
public struct Tower: Equatable, Hashable, Sendable {
    /// What it is, for notes: "vision", "vision and audio".
    public var name: String
    /// Its matrices, each with how often it stands in the tower.
    public var matrices: [Part] = []
    /// Its other weights: norms, positions, patches.
    public var vectors: [WeightVector] = []
    /// Pixels of an image that become one token of the decoder: 28 x 28 with patches of 14 merged
    /// by two; 56 x 56 in Gemma 3 (896 x 896 pixels to 256 tokens).
    public var pixelsPerToken = 784

    /// Heads that tensor parallelism must divide, or every GPU holds all of the tower (Kimi-K3);
    /// nil: it is always cut.
    public var dividedHeads: Int?

    /// Whether the engine gives its linear layers the checkpoint's format.
    public var takesFormat = false

    /// A matrix and its number.
    public struct Part: Equatable, Hashable, Sendable {
        public var projection: Projection
        public var count: Int

        public init(_ projection: Projection, _ count: Int = 1) {
            self.projection = projection
            self.count = count
        }
    }

    public init(name: String) { self.name = name }

    /// All elements.
    public var parameters: Int64 {
        matrices.reduce(Int64(vectors.elements)) {
            $0 + Int64($1.count) * $1.projection.parameters
        }
    }
}
