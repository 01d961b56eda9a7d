import Scenario

/// The manual page in man(7) macros: every verb with its flags, and every configuration key.
struct ManualPage {
    private let verbs: [Verb]

    init(_ verbs: [Verb]) { self.verbs = verbs }

    /// The page's source.
    var text: String {
        ([header] + verbs.map(section) + [keys, ending]).joined(separator: "\n")
    }

    private var header: String {
        """
        .TH HEADWAY 1 "" "\(escaped(CommandLineEntry.version))" "User commands"
        .SH NAME
        headway \\- replay request traces through a simulated LLM\\-serving cluster
        .SH SYNOPSIS
        .B headway
        .I VERB
        [\\fIOPERANDS\\fR] [\\fIFLAGS\\fR]
        .SH DESCRIPTION
        Headway replays a trace of requests through a cluster of simulated GPUs, with the
        schedule of vLLM step for step, and prints latencies, throughput and cache hits.
        .SH VERBS
        """
    }

    private func section(_ verb: Verb) -> String {
        var lines = [
            ".SS \"headway \(escaped(verb.name))"
                + (verb.operands.isEmpty ? "\"" : " \(escaped(verb.operands))\""),
            line(verb.summary),
        ]
        for (paragraph, isLaidOut) in verb.paragraphs {
            lines.append(".PP")
            lines += paragraph.split(separator: "\n")
                .flatMap { [line(String($0))] + (isLaidOut ? [".br"] : []) }
        }
        for flag in verb.flags {
            lines += [
                ".TP",
                "\\fB\(escaped(flag.name))\\fR"
                    + (flag.value.map { " \\fI\(escaped($0))\\fR" } ?? ""),
                line(flag.meaning.replacing("\n", with: " ")),
            ]
        }
        return lines.joined(separator: "\n")
    }

    private var keys: String {
        let entries = ConfigurationKey.all.flatMap { key in
            [
                ".TP", "\\fB\(escaped(key.path))\\fR",
                line(key.meaning.replacing("\n", with: " ")), ".br",
                line("Allowed: \(key.expected). Default: \(key.value(Configuration()).source)."),
            ]
        }
        return
            ([
                ".SH CONFIGURATION",
                line(
                    "A configuration is a JSON5 file of sections; --set KEY=VALUE changes a key."),
            ] + entries).joined(separator: "\n")
    }

    private var ending: String {
        """
        .SH EXIT STATUS
        0 done, 1 a difference was found, 2 bad input, 3 inconclusive, 130 interrupted.
        """
    }

    /// Text without macros or escapes of its own.
    private func line(_ text: String) -> String {
        let text = escaped(text)
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
    }
}
