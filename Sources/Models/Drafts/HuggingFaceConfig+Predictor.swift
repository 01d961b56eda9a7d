import Basics

extension HuggingFaceConfig {
    /// Reads a file's prediction layers. An error matters only to a server that drafts with them,
    /// so it is kept until one does.
    static func readPredictor(_ fields: ConfigFields, into model: inout TransformerModel) {
        if let name = model.architecture, PredictorRule.without.contains(name) { return }
        let types = [fields.outerType, fields.type]
        if let rule = types.lazy.compactMap({ PredictorRule.rules[$0] }).first {
            do {
                model.predictor = try rule.predictor(fields, model)
            } catch let error as InputError {
                model.unreadPredictor = error
            } catch {
                model.unreadPredictor = InputError(fields.place, "\(error)", expected: "numbers")
            }
        } else if let type = types.first(where: PredictorRule.unread.contains) {
            model.unreadPredictor = InputError(
                fields.place,
                "the prediction layers (MTP) of model_type \"\(type)\" are read by no rule here",
                expected: "a family of the table of drafts in the article MemoryModel")
        }
    }
}
