import Basics
import Scenario

/// Replicas of one tensor-parallel size, and the GPUs that they need.
package struct CapacityLayout: Sendable, Equatable {
    package var tensorParallel: Int
    /// The fewest GPUs; nil: no number of replicas holds the promises, or it is unknown.
    package var gpus: Double?
    /// Why there is no number; nil if there is.
    package var problem: String?
}

extension CapacityStudy {
    /// The fewest GPUs over all tensor-parallel sizes that fit in a node: powers of two, and the
    /// configuration's own. Among equals the smaller size wins.
    ///
    /// - Throws: `InputError` if no size runs, and as a study does.
    package static func leastGPUs(
        _ base: Configuration, seeds: CapacitySeeds? = nil, notes: [String] = [],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> CapacityStudy {
        var layouts: [CapacityLayout] = []
        var best: CapacityFinding?
        let isGiven = base.engine.numGPUBlocks != nil || base.engine.numGPUBlocksOverride != nil
        let notes =
            notes
            + (isGiven ? ["every tensor_parallel_size has the KV blocks that are given"] : [])
        var problem: (any Error)?
        var unknown: [Int: String] = [:]
        var done = 0
        for size in sizes(base) {
            let sized: Configuration
            do {
                sized = try laid(base, size)
            } catch let error as InputError {
                problem = problem ?? error
                layouts.append(
                    .init(tensorParallel: size, problem: "does not run: " + error.problem))
                continue
            }
            let before = done
            let finding = try CapacityFinding(sized, over: .gpus, seeds: seeds) {
                progress(before + $0)
            }
            done += finding.runner.count
            layouts.append(
                .init(tensorParallel: size, gpus: finding.found, problem: finding.problem))
            if case .undecided(let why) = finding.ending { unknown[size] = why }
            if best.map({ finding.comesBefore($0) }) ?? true { best = finding }
        }
        guard let best else {
            throw problem
                ?? InputError("--over gpus", "no layout runs", expected: "a model that does")
        }
        // The curve is only drawn for the answer.
        var study = try CapacityStudy(best, notes: notes)
        study.runs += done - best.runner.count
        study.layouts = layouts
        // A layout that cannot be judged may need fewer.
        if case .found = study.ending, let size = unknown.keys.min() {
            study.ending = .undecided("tensor_parallel_size \(size): \(unknown[size]!)")
        }
        return study
    }

    private static func sizes(_ base: Configuration) -> [Int] {
        var sizes: Set = [base.engine.tensorParallelSize]
        var size = 1
        while size <= base.hardware.gpusPerNode {
            sizes.insert(size)
            size *= 2
        }
        return sizes.sorted()
    }

    /// The configuration with another size, about as many GPUs, and as many nodes as needed.
    ///
    /// - Throws: `InputError` if the model does not run that way.
    private static func laid(_ base: Configuration, _ size: Int) throws -> Configuration {
        let own = max(1, base.engine.tensorParallelSize)
        let replicas =
            base.cluster.replicas ?? base.hardware.nodes * base.hardware.gpusPerNode / own
        var sized = base
        sized.engine.tensorParallelSize = size
        sized = try sized.with(replicas: max(1, replicas * own / size))
        _ = try sized.resolved()
        return sized
    }
}

extension CapacityFinding {
    fileprivate var problem: String? {
        switch ending {
        case .found: nil
        case .nothing: "no number of replicas holds what is promised"
        case .undecided(let why): "not decided: " + why
        }
    }

    fileprivate var found: Double? { ending == .found ? value : nil }

    /// Whether it found fewer GPUs, or any if the other found none.
    fileprivate func comesBefore(_ other: CapacityFinding) -> Bool {
        guard let mine = found else { return false }
        return other.found.map { mine < $0 } ?? true
    }
}
