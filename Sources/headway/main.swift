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
            .tune,
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
