extension Verb {
    /// Every verb, in the order of the help text, of completions and of the manual.
    static let all: [Verb] = [
        .run,
        .explain,
        .validate,
        .calibrate,
        .fitStepTime,
        .compare,
        .diff,
        .why,
        .capacity,
        .tune,
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
        .completions,
        .manual,
    ]
}
