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
            .table,
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
