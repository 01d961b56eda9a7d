import Foundation

exit(
    CommandLineEntry.perform(
        Array(CommandLine.arguments.dropFirst()),
        verbs: [
            .run,
            .explain,
            .validate,
            .fitStepTime,
            .compare,
            .diff,
            .gate,
            .conform,
            .bench,
            .config,
            .traceInfo,
            .traceCache,
            .traceSynth,
            .traceConvert,
            .traceSample,
            .traceScale,
            .traceSort,
            .traceMerge,
        ]))
