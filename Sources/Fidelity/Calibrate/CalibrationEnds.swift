import Basics
import Scenario
import Simulator

/// Finds out how the answers of a calibration's load ended, which no benchmark report says, and
/// fits the constants under that assumption.
///
/// An asynchronous engine that cannot foresee a stop token has one more step in flight when an
/// answer ends; with `--ignore-eos` it does not. If requests are sent one at a time, the next one
/// waits for that step. Under the wrong assumption the fit would put it into the host's constants.
struct CalibrationEnds {
    let server: CalibrationServer
    let input: CalibrationInput
    let fit: CalibrationFit
    /// The key missing from the configuration, as `--set` takes it; nil if it is right as it is.
    private(set) var change: String?
    /// The assumption made, in a sentence; nil if none.
    private(set) var note: String?

    /// The other end is chosen if it leaves at most this share of the squared errors, and at least
    /// this amount less: a likelihood ratio of e^10.
    private static let better = (share: 0.9, amount: 20.0)

    /// Fits the constants under the configuration's `trace.stop`. If it is not given and matters,
    /// fits under the other value too.
    ///
    /// - Throws: `InputError` for files that cannot be read or hold nothing to fit to.
    init(
        _ configuration: Configuration, base: String?, data: [String],
        asked: [CalibrationConstant], report: @escaping @Sendable (String) -> Void
    ) throws {
        func attempt(_ configuration: Configuration) throws -> Attempt {
            let server = try CalibrationServer(configuration, base: base)
            let input = try CalibrationInput(data, server)
            guard input.evidence.contains(where: { !$0.figures.isEmpty }) else {
                throw InputError(
                    data.first ?? "calibrate", "holds no figure that a constant moves",
                    expected: "times of requests or steps, or throughput of steady batches")
            }
            let order = CalibrationConstant.order(isAsync: server.isAsync)
            let fit = try CalibrationFit(
                server, input.evidence,
                candidates: asked.isEmpty ? order : order.filter(asked.contains), report: report)
            return Attempt(server: server, input: input, fit: fit)
        }
        let first = try attempt(configuration)
        let replays = first.input.evidence.contains { $0 is RequestEvidence }
        guard first.server.isAsync, replays, !configuration.gives("trace.stop") else {
            (server, input, fit) = (first.server, first.input, first.fit)
            return
        }
        var other = configuration
        other.trace.stop = configuration.trace.stop == .eos ? .length : .eos
        report("the same with trace.stop=\(other.trace.stop.rawValue)")
        let second = try attempt(other)
        let errors = first.input.evidence.flatMap(\.figures).map(\.error)
        let losses = [first, second].map { $0.fit.unexplained(errors: errors) }
        let isBetter =
            losses[1] < Self.better.share * losses[0] && losses[1] < losses[0] - Self.better.amount
        let chosen = isBetter ? second : first
        (server, input, fit) = (chosen.server, chosen.input, chosen.fit)
        let stop = isBetter ? other.trace.stop : configuration.trace.stop
        if isBetter { change = "trace.stop=\(stop.rawValue)" }
        // If neither is much better, the default stays, and the page says that the data do not
        // tell.
        let isTold =
            isBetter
            || (losses[0] < Self.better.share * losses[1]
                && losses[0] < losses[1] - Self.better.amount)
        note =
            (isTold ? "" : "the data do not tell how answers ended: ")
            + "answers are taken to end "
            + (stop == .eos ? "by a stop token" : "where their length says, as with --ignore-eos")
            + " (trace.stop=\(stop.rawValue)): of the squared errors "
            + "\(Quantity.significant(losses[isBetter ? 1 : 0])) are left, else "
            + "\(Quantity.significant(losses[isBetter ? 0 : 1])). Set the key where you know it"
    }

    /// A server, its data and the fit.
    private struct Attempt {
        var server: CalibrationServer
        var input: CalibrationInput
        var fit: CalibrationFit
    }
}
