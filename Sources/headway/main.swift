import Foundation

exit(
    CommandLineEntry.perform(
        Array(CommandLine.arguments.dropFirst()),
        verbs: [
            .run,
            .config,
            .explain,
            .validate,
            .fitStepTime,
            .conform,
        ]))
