import Foundation

exit(
    CommandLineEntry.perform(
        Array(CommandLine.arguments.dropFirst()),
        verbs: [
            .run,
            .explain,
            .compare,
            .diff,
            .gate,
            .conform,
            .config,
        ] + Verb.traces))
