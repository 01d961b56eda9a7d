import Basics
import Experiments
import Results
import Scenario

/// The result of `headway tune`, as a page for a terminal and as JSON.
package struct TuneReport {
    let tuning: Tuning
    /// The `vllm serve` lines of the best point and of the recommended one; nil without a result.
    let commands: (best: String, recommended: String)?

    /// Builds the server's lines for the result; O(flags) resolutions of a configuration each.
    ///
    /// - Throws: `InputError` for a configuration that does not resolve.
    package init(_ tuning: Tuning) throws {
        self.tuning = tuning
        guard let best = tuning.best, let recommended = tuning.recommended else {
            commands = nil
            return
        }
        let line = try Self.line(tuning, best)
        commands = (
            line,
            recommended.point.number == best.point.number
                ? line : try Self.line(tuning, recommended)
        )
    }

    private static func line(_ tuning: Tuning, _ point: TunedPoint) throws -> String {
        let resolved = try tuning.configuration(of: point).resolved()
        do {
            return try resolved.serverLine()
        } catch let error as InputError {
            return "# vLLM's server has no line for it: \(error.description)"
        }
    }

    /// The chosen configuration as a commented file; nil without a result.
    package func configuration() throws -> String? {
        guard let chosen = tuning.recommended, let commands else { return nil }
        var comments = [
            "Chosen by headway tune from \(Quantity.counted(tuning.space.points, "point")) of "
                + "\(tuning.file.echoed()):",
            "\(Self.gpus(chosen.point.gpus)), \(settings(chosen)).",
        ]
        comments += promises(chosen)
        if tuning.outcome == .undecided {
            comments.append("Not sure: with some seeds it misses what is promised.")
        }
        // The server's comments are comments already.
        comments += commands.recommended.split(separator: "\n").map {
            $0.hasPrefix("# ") ? String($0.dropFirst(2)) : String($0)
        }
        let written = try tuning.configuration(of: chosen).withAbsolutePaths.commented
        return (comments.map { "// " + $0.echoed(atMost: 4_000) } + [written])
            .joined(separator: "\n")
    }

    static func gpus(_ count: Int) -> String {
        Quantity.counted(count, "GPU")
    }

    /// The settings in the form of --set: "cluster.replicas=8 engine.tensor_parallel_size=1".
    func settings(_ point: TunedPoint) -> String {
        let pairs = zip(tuning.space.keys, point.point.values).map { "\($0)=\($1.source)" }
        return pairs.isEmpty ? "the base as it is" : pairs.joined(separator: " ")
    }

    func values(_ point: TunedPoint) -> String { values(point.point) }

    /// For example "replicas 8, tensor_parallel_size 1", with section names where the keys alone
    /// would be ambiguous; without keys "the base as it is".
    func values(_ point: TunePoint) -> String {
        let keys = tuning.space.keys
        let names = keys.map { $0.split(separator: ".").last.map(String.init) ?? $0 }
        let shown = Set(names).count == names.count ? names : keys
        let pairs = zip(shown, point.values).map { "\($0) \($1.described)" }
        return pairs.isEmpty ? "the base as it is" : pairs.joined(separator: ", ")
    }

    /// The figure that ranks points, in words: "mean E2E 5.2 s".
    func figure(_ point: TunedPoint) -> String {
        switch tuning.goal {
        case .gpus, .latency: "mean E2E " + Quantity.duration(seconds: point.latency)
        case .throughput: Quantity.significant(point.throughput) + " output tokens/s"
        case .cost: Quantity.significant(point.cost) + " GPU-seconds per output token"
        }
    }

    /// One line per promise, with the trace's name if there are several traces.
    func promises(_ point: TunedPoint) -> [String] {
        point.promises.map { promise in
            var line = promise.line.text
            if tuning.space.traces.count > 1 {
                line = tuning.space.traces[promise.trace].name + ": " + line
            }
            if let spread = promise.spread, spread.lowerBound < spread.upperBound {
                let unit = promise.line.requirement
                line +=
                    " (mean of \(promise.bySeed.count) seeds, which give "
                    + "\(unit.text(spread.lowerBound)) to \(unit.text(spread.upperBound)))"
            }
            return line
        }
    }
}

extension Tuning {
    /// The configuration of a point, over the space's first trace and seed.
    package func configuration(of point: TunedPoint) throws -> Configuration {
        try space.configuration(point: point.point.number, trace: 0, seed: 0)
    }

    /// 0: found; 1: nothing keeps the promises; 3: not decidable with these seeds.
    package var exitStatus: Int32 {
        switch outcome {
        case .found: 0
        case .nothing: 1
        case .undecided: 3
        }
    }
}
