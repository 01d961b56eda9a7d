import Basics
import Scenario
import StepTime

/// A host profile and a scale of the GPU's time, fitted to measurements of one server.
///
///     let calibration = try Calibration(configuration, data: ["low.json", "high.json"])
///     calibration.profile         // what `engine.host` reads
///     calibration.gpuScale        // for step_time.scale
package struct Calibration: Sendable, Encodable {
    private enum CodingKeys: CodingKey {
        case constants, sources, base, server, changes, notes
    }

    /// A constant before and after the fit, in seconds or as a factor.
    package struct Constant: Sendable {
        package var constant: CalibrationConstant
        package var base: Double
        /// The fitted value; the base's if it was not fitted.
        package var value: Double
        /// Ends of the 99 % interval; nil if not fitted.
        package var low: Double?
        package var high: Double?
        /// Why it was not fitted; nil if it was.
        package var reason: String?

        /// Whether the data determine it, so that it was fitted.
        package var isFitted: Bool { reason == nil }
    }

    /// Errors of a latency before and after the fit.
    package struct Errors: Sendable {
        /// "ttft", "tpot", "e2e", or a part of a step.
        package var kind: String
        package var before: ErrorSummary
        package var after: ErrorSummary
    }

    /// One part of a data file.
    package struct Source: Sendable, Encodable {
        package var name: String
        package var content: String
        /// Whether it was held out from the fit.
        package var isHeldOut: Bool
        package var errors: [Errors]
        package var notes: [String]
    }

    package private(set) var constants: [Constant] = []
    package private(set) var sources: [Source] = []
    /// The fitted host.
    package private(set) var profile: HostProfile
    /// Factor for `step_time.scale`; nil if it was not fitted.
    package private(set) var gpuScale: Double?
    /// Name of the base profile, whose values stay for constants that were not fitted.
    package let base: String
    /// The server, in one line.
    package let server: String
    /// Assumptions, one sentence each.
    package private(set) var notes: [String] = []
    /// Keys of the configuration that the data contradict, as `--set` takes them.
    package private(set) var changes: [String] = []

    /// Fits the constants that the data determine.
    ///
    /// - Parameters:
    ///   - base: Host profile, by name or file, for constants that were not measured.
    ///   - data: Files to fit to.
    ///   - heldOut: Files that are only used to report errors.
    ///   - asked: Constants that must be determined, and the only ones to fit; empty: all that are
    ///     determined.
    ///   - seed: Seed of the bootstrap.
    /// - Throws: `InputError` for files that cannot be read, a server that cannot have served them,
    ///   and requested constants that are not determined.
    package init(
        _ configuration: Configuration, base: String? = nil, data: [String],
        heldOut: [String] = [], asked: [CalibrationConstant] = [], seed: UInt64 = 0,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        try CalibrationTwins.refuseFiles(data, heldOut: heldOut)
        let ends = try CalibrationEnds(
            configuration, base: base, data: data, asked: asked, report: report)
        let (server, input) = (ends.server, ends.input)
        var fit = ends.fit
        let kept = try CalibrationInput(heldOut, server)
        notes += try CalibrationTwins.notes(fitted: input.evidence, heldOut: kept.evidence)
        let order = CalibrationConstant.order(isAsync: server.isAsync)
        var intervals = CalibrationIntervals(fit, seed: seed)
        while try fit.dropOpen(intervals) { intervals = CalibrationIntervals(fit, seed: seed) }
        try Self.check(fit, asked, data)
        self.base = server.base.host.name
        self.server = server.resolved.headline(
            trace: input.evidence.map(\.name).joined(separator: ", "))
        profile = fit.values.host
        gpuScale = fit.fitted.contains(.gpuScale) ? fit.values.gpuScale : nil
        if let gpuScale {
            // Without the configuration's own factor, which a run with the profile applies again.
            profile.gpuScale = (profile.gpuScale ?? 1) * gpuScale / configuration.stepTime.scale
        }
        for constant in order {
            let isFitted = fit.fitted.contains(constant)
            constants.append(
                Constant(
                    constant: constant, base: server.base[constant], value: fit.values[constant],
                    low: intervals.low[constant], high: intervals.high[constant],
                    reason: isFitted ? nil : fit.reasons[constant] ?? "--fit does not name it"))
        }
        report("errors")
        sources = try Self.sources(server, fit, input.evidence, isHeldOut: false)
        sources += try Self.sources(server, fit, kept.evidence, isHeldOut: true)
        describe(server, input, heldOut: heldOut.isEmpty)
        profile.errors = errorsInWords
        changes += ends.change.map { [$0] } ?? []
        notes += ends.note.map { [$0] } ?? []
        warn()
    }

    /// Throws if requested constants, or all constants, are not determined.
    private static func check(
        _ fit: CalibrationFit, _ asked: [CalibrationConstant], _ data: [String]
    ) throws {
        let open = asked.filter { !fit.fitted.contains($0) }
        if let first = open.first {
            throw InputError(
                "--fit",
                "the data do not determine \(open.map(\.rawValue).joined(separator: ", ")) "
                    + "(\(fit.reasons[first] ?? "nothing shows it"))",
                expected: "\(first.wanted), or a fit without")
        }
        let scale = fit.values.gpuScale
        let bounds = CalibrationConstant.gpuScale.bounds
        if fit.fitted.contains(.gpuScale), scale <= bounds.lowerBound || scale >= bounds.upperBound
        {
            throw InputError(
                data.first ?? "calibrate",
                "fits best at \(scale) times the GPU's time, the limit of what is tried",
                expected: "the load and the server that the configuration describes")
        }
        guard fit.fitted.isEmpty else { return }
        throw InputError(
            data.first ?? "calibrate", "the data determine no constant",
            expected: "more requests, and loads from one at a time to saturation")
    }

    /// The errors of the evidence with the base's constants and with the fitted ones.
    private static func sources(
        _ server: CalibrationServer, _ fit: CalibrationFit, _ evidence: [any CalibrationEvidence],
        isHeldOut: Bool
    ) throws -> [Source] {
        let points = [server.base, fit.values]
        let clocks = try points.map { try server.stepTime($0) }
        return try evidence.map { part in
            let errors = try mapOnAllCores([0, 1]) {
                try part.errors(points[$0], clocks[$0], server)
            }
            let kinds = CalibrationFigure.Kind.allCases.compactMap { kind -> Errors? in
                func summary(_ list: [(kind: CalibrationFigure.Kind, percent: Double)])
                    -> ErrorSummary?
                {
                    ErrorSummary(list.filter { $0.kind == kind }.map(\.percent))
                }
                guard let before = summary(errors[0]), let after = summary(errors[1]) else {
                    return nil
                }
                return Errors(kind: kind.rawValue, before: before, after: after)
            }
            return Source(
                name: part.name, content: part.content, isHeldOut: isHeldOut, errors: kinds,
                notes: part.notes)
        }
    }

    /// The errors that a run with the profile may quote: the largest median per latency, of
    /// held-out files if there are any.
    private var errorsInWords: String? {
        let isHeldOut = sources.contains(where: \.isHeldOut)
        let shown = sources.filter { $0.isHeldOut == isHeldOut }
        let kinds = [CalibrationFigure.Kind.tpot, .e2e, .ttft].compactMap { kind -> String? in
            let medians = shown.flatMap(\.errors).filter { $0.kind == kind.rawValue }
                .map(\.after.median)
            return medians.max().map {
                "\(kind.rawValue.uppercased()) \(Quantity.decimal($0, 1)) %"
            }
        }
        guard !kinds.isEmpty else { return nil }
        let names = shown.map(\.name).joined(separator: ", ")
        return kinds.joined(separator: ", ") + " on \(names), "
            + (isHeldOut ? "held out" : "which it was fitted to")
    }

    /// The fit has failed if half of a latency's errors exceed this, percent: about four times the
    /// difference between two servers of one kind (TTFT, 4.7 %).
    private static let poor = 20.0

    /// Adds notes on latencies that the fitted constants do not reproduce.
    private mutating func warn() {
        for source in sources {
            for errors in source.errors where errors.after.median > Self.poor {
                notes.append(
                    "\(source.name): \(errors.kind) is still off by "
                        + "\(Quantity.decimal(errors.after.median, 0)) % (median). The server or "
                        + "its load differ from the configuration in something that is not fitted")
            }
        }
    }

    private mutating func describe(
        _ server: CalibrationServer, _ input: CalibrationInput, heldOut isMissing: Bool
    ) {
        let names = input.evidence.map(\.name).joined(separator: ", ")
        let fitted = constants.filter(\.isFitted).map(\.constant.rawValue)
        profile.name = "calibrated"
        profile.provenance =
            "\(fitted.joined(separator: ", ")) fitted to \(names) "
            + "(\(server.resolved.model.name) on \(server.resolved.configuration.hardware.gpu)); "
            + "the rest of \(base)"
        let most = input.evidence.compactMap(\.mostSequences).max()
        profile.mostSequences =
            most.map { min($0, server.resolved.plan.engine.maxNumSeqs) } ?? profile.mostSequences
        // The base's ranges belong to other servers.
        profile.mostTokens = nil
        profile.longestContext = input.evidence.compactMap(\.longestContext).max()
        if isMissing {
            notes.append("nothing is held out: errors are of the data that were fitted")
        }
        let unused = input.usesTrace ? [] : server.givenTraceKeys
        if !unused.isEmpty {
            notes.append(
                "the data say what was sent: of no effect here are "
                    + unused.joined(separator: ", "))
        }
        let engine = server.resolved.plan.engine
        let mine = engine.numGPUBlocks
        let blocks = input.cacheBlocks ?? input.cacheTokens.map { $0 / engine.blockSize }
        if let blocks, blocks > 0, blocks != mine {
            changes.append("engine.num_gpu_blocks=\(blocks)")
            notes.append(
                "the server's KV cache has \(Quantity.count(blocks)) blocks, the configuration's "
                    + Quantity.count(mine))
        }
    }
}
