import Basics
import Simulator
import Traces

extension Configuration {
    /// Prompt lengths at which a new class of requests begins.
    package struct PromptBuckets: Sendable, Equatable {
        /// Tokens, rising.
        package let bounds: [Int]

        /// Most bounds: one class less than there may be.
        static let most = RequestClasses.most - 1

        /// Four bounds, each four times the one before: chat turns, documents, long contexts.
        init() { bounds = [256, 1024, 4096, 16384] }

        /// "256,1024,4096"; nil for anything else.
        init?(_ text: String) {
            let words = text.split(separator: ",", omittingEmptySubsequences: false)
            let bounds = words.compactMap { Int($0) }
            guard bounds.count == words.count, (1...Self.most).contains(bounds.count),
                bounds.allSatisfy({ (2...100_000_000).contains($0) }),
                zip(bounds, bounds.dropFirst()).allSatisfy(<)
            else { return nil }
            self.bounds = bounds
        }

        /// As it is read.
        var text: String { bounds.map(String.init).joined(separator: ",") }
    }

    /// Refuses promises to classes that the configuration does not form.
    package func checkClasses() throws {
        guard output.by == nil, !slo.classes.isEmpty else { return }
        throw InputError(
            "slo.classes", "limits classes of requests, and nothing tells them apart",
            expected: "output.by, one of "
                + ClassDimension.allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// What tells requests apart in the figures, of a trace that was opened; nil: nothing.
    package func classRule(_ trace: OpenedTrace) -> ClassRule? {
        classRule(labels: trace.labels)
    }

    /// The same by the names that the trace gives.
    package func classRule(labels: RequestLabels?) -> ClassRule? {
        switch output.by {
        case nil: nil
        case .priority: .priority
        case .prompt: .prompts(from: output.promptBuckets.bounds)
        case .session?, .tenant?, .lora?: .named(output.by!, labels)
        }
    }
}

extension ConfigurationForm where Value == Configuration.PromptBuckets {
    /// Rising numbers of tokens.
    static var promptBuckets: Self {
        Self(
            expected: "rising numbers of tokens, 2 or more (\"256,1024,4096\")", takesText: true,
            read: { value in
                switch value {
                case .text(let text): Configuration.PromptBuckets(text)
                case .integer(let number): Configuration.PromptBuckets(String(number))
                default: nil
                }
            }, write: { .text($0.text) })
    }
}
