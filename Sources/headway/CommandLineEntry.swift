import Basics
import Foundation
import Reports

/// From the shell's words to an exit status.
enum CommandLineEntry {
    /// Runs the verb that the words name. Returns the exit status: the verb's own; 2, after one
    /// line on standard error, for bad input; 0 if the reader of standard output has left.
    static func perform(_ words: [String], verbs: [Verb]) -> Int32 {
        ProcessUsage.begin()
        signal(SIGPIPE, SIG_IGN)
        // Writing beyond the file size limit then fails with a reason instead of ending the program
        // here.
        signal(SIGXFSZ, SIG_IGN)
        Interruption.watch()
        FileLedger.process.watch()
        defer { Progress.end() }
        do {
            return try PageWidth.$columns.withValue(Console.columns) {
                try dispatch(words, verbs: verbs)
            }
        } catch is Console.ReaderLeft {
            return 0
        } catch let error as InputError {
            Console.complain(error.description)
        } catch {
            Console.complain(oneLine(error))
        }
        return 2
    }

    /// The versions of the program and of the engine whose schedules it follows.
    static let version = "headway 1.0, schedules as vLLM 0.11.2 to 0.33.0"

    private static func dispatch(_ words: [String], verbs: [Verb]) throws -> Int32 {
        guard let first = words.first else {
            try Console.write(overview(verbs))
            return 0
        }
        var rest = Array(words.dropFirst())
        var name = first
        if ["version", "--version"].contains(name) {
            guard rest.isEmpty else {
                throw InputError(name, "takes no operand", expected: "headway \(name) alone")
            }
            try Console.write(version)
            return 0
        }
        if ["help", "--help", "-h"].contains(name) {
            guard let asked = rest.first else {
                try Console.write(overview(verbs))
                return 0
            }
            name = asked
            rest = rest.dropFirst() + ["--help"]
        }
        let family = verbs.filter { $0.name.hasPrefix(name + " ") }
        if !family.isEmpty {
            guard let second = rest.first, !second.hasPrefix("-") else {
                try Console.write(overview(family))
                return 0
            }
            name += " " + second
            rest.removeFirst()
        }
        guard let verb = verbs.first(where: { $0.name == name }) else {
            let names = (family.isEmpty ? verbs : family).map(\.name)
            throw InputError(
                name, "unknown verb", word: name, among: names, otherwise: "headway help",
                spelled: { "headway " + $0 })
        }
        if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            try Console.write(verb.help(columns: max(40, min(Console.columns ?? 80, 100))))
            return 0
        }
        let arguments = try Arguments(rest, for: verb)
        if !arguments.has("--quiet") { Progress.begin() }
        return try verb.run(arguments)
    }

    /// The verbs by purpose, in the order of the README. A verb in no group comes last.
    private static let jobs: [(title: String, verbs: [String])] = [
        (
            "Replay a trace",
            [
                "run", "why", "table", "report", "trace info", "trace synth", "trace convert",
                "trace sample", "trace scale", "trace sort", "trace merge",
            ]
        ),
        ("Tune", ["compare", "sweep", "tune", "capacity", "trace cache", "explain"]),
        ("Gate a scheduler change", ["gate", "diff", "conform"]),
        (
            "Calibrate and inspect",
            ["validate", "calibrate", "fit-steptime", "config", "bench"]
        ),
    ]

    private static func overview(_ verbs: [Verb]) -> String {
        let width = verbs.map(\.name.count).max() ?? 0
        func lines(_ verbs: [Verb]) -> String {
            verbs.map { verb in
                let padding = String(repeating: " ", count: width - verb.name.count + 2)
                let words = verb.summary.split(separator: " ").map(String.init)
                return PageWidth.filled(
                    ["  \(verb.name)\(padding)\(words[0])"] + words.dropFirst(),
                    PageWidth.prose, start: String(repeating: " ", count: width + 4))
            }.joined(separator: "\n")
        }
        let known = Set(jobs.flatMap(\.verbs))
        var groups = jobs.map { job in
            (job.title, job.verbs.compactMap { name in verbs.first { $0.name == name } })
        }
        groups.append(("More", verbs.filter { !known.contains($0.name) }))
        let table = groups.filter { !$0.1.isEmpty }.map { "\($0.0)\n\(lines($0.1))" }
        return """
            Headway simulates an LLM-serving cluster: traces, vLLM's schedule, H100 clock.

            Usage: headway VERB [OPERANDS] [FLAGS]

            \(table.joined(separator: "\n\n"))

            Start: headway run | headway run --trace FILE | headway help run
            Exit status: 0 done, 1 a difference or a regression, 2 bad input,
            3 inconclusive, 130 interrupted.
            """
    }

    private static func oneLine(_ error: any Error) -> String {
        let text = (error as NSError).localizedDescription
        return InputError("", text).problem
    }
}
