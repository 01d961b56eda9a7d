import Basics
import StepTime

/// A constant of the clock that `headway calibrate` fits: one of the GPU, the others of the host.
package enum CalibrationConstant: String, CaseIterable, Sendable {
    /// Factor on every step's price (`step_time.scale`).
    case gpuScale = "gpu_scale"
    /// Seconds per step in which the GPU waits and that nothing hides.
    case gpuWait = "gpu_wait"
    case gpuWaitPerSequence = "gpu_wait_per_sequence"
    case frontEnd = "front_end"
    case schedule
    case schedulePerSequence = "schedule_per_sequence"
    case launchGraph = "launch_graph"
    case launchPiecewise = "launch_piecewise"
    case launchEager = "launch_eager"
    case update
    case updatePerToken = "update_per_token"
    case delivery
    case idleStart = "idle_start"

    /// A change that is visible in a server's figures, in seconds or as a factor: a few percent of
    /// a step, or of a first token. The scale for differences, and for "determined".
    var size: Double {
        switch self {
        case .gpuScale: 0.04
        case .gpuWait, .schedule, .launchGraph: 0.4e-3
        case .gpuWaitPerSequence, .schedulePerSequence, .updatePerToken: 16e-6
        case .frontEnd: 3e-3
        case .launchPiecewise: 2e-3
        case .launchEager: 6e-3
        case .update: 0.2e-3
        case .delivery: 1e-3
        case .idleStart: 3e-3
        }
    }

    /// Range of possible values, in seconds or as a factor.
    var bounds: ClosedRange<Double> { self == .gpuScale ? 0.2...5 : 0...1 }

    /// Whether it is a factor rather than seconds.
    package var isFactor: Bool { self == .gpuScale }

    /// The order in which constants are tried. Those that every load shows come first. A
    /// synchronous engine's steps wait for its whole host, so its schedule takes up everything
    /// fixed. Of two constants that prompts cannot separate, the launch comes before the GPU, as it
    /// differs more between servers.
    static func order(isAsync: Bool) -> [CalibrationConstant] {
        let wait: [CalibrationConstant] = [.gpuWait, .gpuWaitPerSequence]
        let schedule: [CalibrationConstant] = [.schedule, .schedulePerSequence]
        return [.frontEnd] + (isAsync ? wait : schedule)
            + [.launchEager, .launchPiecewise, .gpuScale, .updatePerToken]
            + (isAsync ? schedule : wait) + [.launchGraph, .update, .idleStart, .delivery]
    }

    /// Its description on a page.
    package var words: String {
        switch self {
        case .gpuScale: "GPU time of a step, times"
        case .gpuWait: "GPU wait, a step"
        case .gpuWaitPerSequence: "GPU wait, a sequence"
        case .frontEnd: "client to scheduler"
        case .schedule: "schedule, a step"
        case .schedulePerSequence: "schedule, a sequence"
        case .launchGraph: "launch, full graph"
        case .launchPiecewise: "launch, piecewise"
        case .launchEager: "launch, eager"
        case .update: "update, a step"
        case .updatePerToken: "update, a token"
        case .delivery: "step to client"
        case .idleStart: "start after idling"
        }
    }

    /// The data that would determine it.
    var wanted: String {
        switch self {
        case .frontEnd: "requests of known times at a low rate"
        case .gpuScale: "prompts of several lengths, some of thousands of tokens"
        case .gpuWait: "requests one at a time"
        case .gpuWaitPerSequence, .schedulePerSequence, .updatePerToken:
            "loads with few and with many requests in flight"
        case .launchPiecewise: "a medium rate of prompts of a few hundred tokens"
        case .launchEager: "a medium rate of prompts beyond the captured sizes"
        case .schedule, .launchGraph, .update, .idleStart, .delivery:
            "a log of steps (steps.csv)"
        }
    }

    /// The constants that `words` name: by full name, or all that begin with the word and "_".
    ///
    /// - Throws: `InputError` at `--fit` for a word that names none.
    package static func named(_ words: [String]) throws -> [CalibrationConstant] {
        var found: [CalibrationConstant] = []
        for word in words {
            let name = word.replacing("-", with: "_")
            let exact = allCases.filter { $0.rawValue == name }
            let named =
                exact.isEmpty ? allCases.filter { $0.rawValue.hasPrefix(name + "_") } : exact
            guard !name.isEmpty, !named.isEmpty else {
                throw InputError(
                    "--fit", "unknown constant \"\(word)\"", word: name,
                    among: allCases.map(\.rawValue))
            }
            for constant in named where !found.contains(constant) { found.append(constant) }
        }
        return found
    }
}

/// One value for each constant.
package struct CalibrationValues: Sendable, Equatable {
    /// The host's constants.
    package var host: HostProfile
    /// Factor on every step's price.
    package var gpuScale: Double
    /// Layers of the model per pipeline stage, by which launches are divided.
    let layers: Int
    /// GPUs of a tensor-parallel group, for the term of `gpuWait` that depends on it.
    let gpus: Int

    subscript(constant: CalibrationConstant) -> Double {
        get {
            switch constant {
            case .gpuScale: gpuScale
            case .gpuWait: host.gpuWait.fixed + host.gpuWait.perGPU * Double(gpus)
            case .gpuWaitPerSequence: host.gpuWait.perSequence
            case .frontEnd: host.frontEnd
            case .schedule: host.schedule
            case .schedulePerSequence: host.schedulePerSequence
            case .launchGraph: host.launchGraph.seconds(layers: layers)
            case .launchPiecewise: host.launchPiecewise.seconds(layers: layers)
            case .launchEager: host.launchEager.seconds(layers: layers)
            case .update: host.update
            case .updatePerToken: host.updatePerToken
            case .delivery: host.delivery
            case .idleStart: host.idleStart
            }
        }
        set {
            switch constant {
            case .gpuScale: gpuScale = newValue
            case .gpuWait:
                // Measured on one number of GPUs: the dependence on their number is unknown.
                (host.gpuWait.fixed, host.gpuWait.perGPU) = (newValue, 0)
            case .gpuWaitPerSequence: host.gpuWait.perSequence = newValue
            case .frontEnd: host.frontEnd = newValue
            case .schedule: host.schedule = newValue
            case .schedulePerSequence: host.schedulePerSequence = newValue
            case .launchGraph: host.launchGraph = .init(fixed: newValue)
            case .launchPiecewise: host.launchPiecewise = launch(newValue)
            case .launchEager: host.launchEager = launch(newValue)
            case .update: host.update = newValue
            case .updatePerToken: host.updatePerToken = newValue
            case .delivery: host.delivery = newValue
            case .idleStart: host.idleStart = newValue
            }
        }
    }

    private func launch(_ seconds: Double) -> HostProfile.Launch {
        .init(perLayer: seconds / Double(layers))
    }

    /// The same with another value of one constant, clamped to its bounds.
    func with(_ constant: CalibrationConstant, _ value: Double) -> CalibrationValues {
        var changed = self
        changed[constant] = min(max(value, constant.bounds.lowerBound), constant.bounds.upperBound)
        return changed
    }
}
