import Basics
import Experiments
import Reports

extension Verb {
    /// `headway why [RUN]`
    static let why = Verb(
        "why",
        summary: "Show what slow requests waited for, and on which others.",
        operands: "[RUN]", operandCount: 0...1,
        details: """
            RUN is a folder of `headway run --out` or a configuration file; the default is the
            built-in chat trace. A folder's run is repeated and must give the same digest.

            Shows where TTFT goes, which requests cost others most, and where prefix reuse went.
            For the selected requests it shows each part of the latency and the requests behind it.
            Parts sum to the latency exactly.
            """,
        flags: [
            Flag(
                "--request", "ID", repeats: true,
                "Request id, every attempt of it."),
            Flag("--worst", "K", "The K requests with the longest latency (default 5)."),
            Flag(
                "--at", "SECONDS",
                "Every request in the cluster at this time, in seconds as in requests.csv."),
            .set, .json,
            Flag("--quiet", "Show no progress line."),
        ]
    ) { arguments in
        let study = try WhyStudy(
            arguments.operands.first, changes: arguments.values("--set"),
            question: try WhyQuestion(arguments)
        ) { ended in
            Progress.report(share: WorkShare.share, "\(Quantity.count(ended)) requests")
        }
        if arguments.has("--json") {
            try Console.writeJSON(WhyReport(study))
        } else {
            try Console.writePage(WhyReport(study).text)
        }
        return 0
    }
}

extension WhyQuestion {
    /// The question in the arguments. Throws `InputError` for several questions at once.
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
