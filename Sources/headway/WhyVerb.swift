import Basics
import Experiments
import Reports

extension Verb {
    /// `headway why [RUN]`
    static let why = Verb(
        "why",
        summary: "Say where requests' time went, and whose doing it was.",
        operands: "[RUN]", operandCount: 0...1,
        details: """
            RUN is a folder that `headway run --out` has written, which is run again from its
            config.resolved.json and must give the same digest, or a configuration file; without
            it, the built-in default. Shows where TTFT goes, which requests cost others most, where
            prefix reuse went, and of the requests asked about each part of their latency, with the
            requests behind it. Parts sum to the latency exactly.
            """,
        flags: [
            Flag(
                "--request", "ID", repeats: true,
                "Ask about the request with this id, every attempt of it."),
            Flag("--worst", "K", "Ask about the K with the longest latency (5)."),
            Flag(
                "--at", "SECONDS",
                "Ask about all in the cluster at a moment, in seconds of the trace as in\n"
                    + "requests.csv."),
            .set, .json,
        ]
    ) { arguments in
        let study = try WhyStudy(
            arguments.operands.first, changes: arguments.values("--set"),
            question: try WhyQuestion(arguments))
        if arguments.has("--json") {
            try Console.writeJSON(WhyReport(study))
        } else {
            try Console.write(WhyReport(study).text)
        }
        return 0
    }
}

extension WhyQuestion {
    /// What the arguments ask. Throws `InputError` for several questions at once.
    fileprivate init(_ arguments: Arguments) throws {
        let given = ["--request", "--worst", "--at"].filter { arguments.has($0) }
        guard given.count < 2 else {
            throw InputError(
                given[1], "is given beside \(given[0])", expected: "one question at a time")
        }
        if let number = try arguments.integer("--worst", atLeast: 1) {
            self = .worst(number)
        } else if let seconds = try arguments.number("--at") {
            self = .moment(seconds)
        } else if arguments.has("--request") {
            self = .ids(
                try arguments.values("--request").map { word in
                    guard let id = Int64(word) else {
                        throw InputError(
                            "--request", "\"\(word)\" is no id", expected: "an integer")
                    }
                    return id
                })
        } else {
            self = WhyStudy.usual
        }
    }
}
