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
            .report,
            .compare,
            .diff,
            .table,
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
