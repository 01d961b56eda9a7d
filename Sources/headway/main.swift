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
            .traceInfo,
            .traceCache,
            .traceSynth,
            .traceConvert,
            .traceSample,
            .traceScale,
            .traceMerge,
        ]))
