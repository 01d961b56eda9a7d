import Basics
import Simulator
import Traces

extension Configuration {
    /// Prompt lengths at which a new class of requests begins.
    package struct PromptBuckets: Sendable, Equatable {
        /// Lower bounds in tokens, ascending.
        package let bounds: [Int]

        /// Most bounds: one less than the number of classes allowed.
        static let most = RequestClasses.most - 1

        /// Four bounds, each four times the previous one: chat turns, documents, long contexts.
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

        /// Classes with these bounds.
        package var rule: ClassRule { .prompts(from: bounds) }

        /// The bounds as `init` reads them.
        var text: String { bounds.map(String.init).joined(separator: ",") }
    }

    /// Rejects objectives that cannot be judged: for classes when requests are not classified, and
    /// for a share of good requests when no limit defines good.
    package func checkPromises() throws {
        try checkGoodput()
        guard output.by == nil, !slo.classes.isEmpty else { return }
        throw InputError(
            "slo.classes", "limits classes of requests, and nothing tells them apart",
            expected: "output.by, one of "
                + ClassDimension.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private func checkGoodput() throws {
        guard !slo.limits.limitsRequests else { return }
        let limitsClasses = slo.classes.values.contains { $0.limitsRequests }
        let classes = slo.classes.keys.sorted().filter { name in
            slo.classes[name]!.goodput != nil && !slo.classes[name]!.limitsRequests
        }
        let places =
            (slo.limits.goodput == nil || limitsClasses ? [] : ["slo.goodput"])
            + classes.map { "slo.classes.\($0.echoed()).goodput" }
        guard let place = places.first else { return }
        throw InputError(
            place, "promises a share of good requests, and no limit says which are good",
            expected: "a limit of single requests with it: slo.ttft_ms, slo.tpot_ms, slo.e2e_ms or"
                + " slo.itl_ms (--slo ttft_ms=450,goodput=0.99)")
    }

    /// Rejects objectives for classes that no request belongs to. `names`: the existing classes.
    package func checkClassNames(_ names: [String]) throws {
        guard let by = output.by,
            let unknown = slo.classes.keys.sorted().first(where: { !names.contains($0) })
        else { return }
        let place = "slo.classes.\(unknown.echoed())"
        guard !names.isEmpty else {
            throw InputError(
                place, "is no class: the trace tells no classes by \(by.rawValue)",
                expected: "another output.by, or no slo.classes")
        }
        let known = names.prefix(Self.mostNamed).map { $0.echoed() }.joined(separator: ", ")
        let more = names.count - Self.mostNamed
        throw InputError(
            place, "no request is of this class (output.by=\(by.rawValue))",
            expected: "one of \(known)" + (more > 0 ? " and \(more) more" : ""))
    }

    /// Most classes listed in an error.
    private static let mostNamed = 20

    /// How requests of an opened trace are classified in the figures; nil: not at all.
    package func classRule(_ trace: OpenedTrace) -> ClassRule? {
        classRule(labels: trace.labels)
    }

    /// The same, with the names that the trace gives.
    package func classRule(labels: RequestLabels?) -> ClassRule? {
        switch output.by {
        case nil: nil
        case .priority: .priority
        case .prompt: output.promptBuckets.rule
        case .session?, .tenant?, .lora?: .named(output.by!, labels)
        }
    }
}

extension ConfigurationForm where Value == Configuration.PromptBuckets {
    /// Ascending numbers of tokens.
    static var promptBuckets: Self {
        Self(
            expected: "rising numbers of tokens, 2 or more (\"256,1024,4096\")", takesText: true,
            read: { value in
                switch value.joinedNumbers ?? value {
                case .text(let text): Configuration.PromptBuckets(text)
                default: nil
                }
            }, write: { .text($0.text) })
    }
}
