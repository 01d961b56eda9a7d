import Foundation

exit(
    CommandLineEntry.perform(
        Array(CommandLine.arguments.dropFirst()),
        verbs: [
            .run,
            .config,
            .explain,
            .conform,
            .compare,
            .diff,
            .gate,
        ]))
