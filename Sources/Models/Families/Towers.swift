/// Towers that see images or hear, by the type of a wrapper.
enum Towers {
    /// Adds the tower of a wrapper, or a note that its weights are not counted.
    static func add(to model: inout TransformerModel, _ fields: ConfigFields) throws {
        model.notes.append("images and sound are not modelled: \(model.name) is read as a decoder")
    }
}
