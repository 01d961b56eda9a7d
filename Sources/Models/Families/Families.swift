/// The families by the names of their rules. `Architectures` says which rule reads which of the
/// engine's classes.
enum Families {
    static let all: [String: Family] = [
        dense, mixtures, latents, windowed, recurrent, literature, specialCaches, former, loops,
        ownAttention,
    ].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
    }
}
