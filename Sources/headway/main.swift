import Foundation

exit(
    CommandLineEntry.perform(
        CommandLine.words,
        verbs: [
            .run,
            .explain,
            .validate,
            .calibrate,
            .fitStepTime,
            .compare,
            .diff,
            .gate,
            .sweep,
            .merge,
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
