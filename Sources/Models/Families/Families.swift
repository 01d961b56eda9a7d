/// The families by their rules' names. `Architectures` says which of the engine's classes is read
/// by which rule.
enum Families {
    static let all: [String: Family] = [
        dense, mixtures, latents, windowed, recurrent, literature, specialCaches, former,
    ].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
    }
}
