import Basics
import Models

/// How a router spreads tokens over experts, which decides how many experts a step reads.
///
/// Uneven laws: expert number e takes a token with chance 1 − exp(−c·e^−a), c such that the chances
/// sum to the experts that a token chooses.
package enum ExpertRouting: String, Sendable, Equatable, CaseIterable {
    /// a = 0.6: what steps of public servers show that were sent random tokens. One exponent for
    /// MiniMax-M2.5 and Kimi-K2.5 on H200, B200 and B300, fitted with
    /// `ServingCoefficients.expertExcess`; gpt-oss-120b agrees, with kernels chosen on it.
    case served
    /// Every expert alike: operator tables, and what routers are trained towards.
    case balanced
    /// a = 0.9: operator tables with power laws of 1.01 and 1.2 (aiconfigurator-core 0.12.0). Small
    /// steps read fewer experts, large ones wait for the busiest.
    case powerLaw = "power_law"

    /// a; nil: all alike.
    var exponent: Double? {
        switch self {
        case .served: 0.6
        case .balanced: nil
        case .powerLaw: 0.9
        }
    }
}

/// Experts of one kind of layer under a routing: how many distinct ones some tokens reach.
package struct ReachedExperts: Sendable {
    private let count: Double
    private let chosen: Double
    /// Logarithms of each expert's chance to miss a token; empty: all alike.
    private var misses: [Double] = []

    /// A power of e that is less than half of a last bit of anything from 1 on.
    private static let lost = -38.0

    /// Newton steps towards c, which come from below: the sum is concave in it.
    private static let rounds = 60

    init(_ experts: ExpertFeedForward, _ routing: ExpertRouting) {
        self.init(count: experts.count, chosen: experts.chosen, routing)
    }

    package init(count: Int, chosen: Int, _ routing: ExpertRouting) {
        self.count = Double(count)
        self.chosen = Double(chosen)
        guard let exponent = routing.exponent, chosen < count, count > 0 else { return }
        let weights = (1...count).map { PortableMath.pow(Double($0), -exponent) }
        var c = Double(chosen) / weights.reduce(0, +)
        for _ in 0..<Self.rounds {
            var (sum, slope) = (0.0, 0.0)
            for weight in weights {
                let miss = PortableMath.exp(-c * weight)
                sum += 1 - miss
                slope += weight * miss
            }
            guard sum < Double(chosen), slope > 0 else { break }
            c += (Double(chosen) - sum) / slope
        }
        misses = weights.map { PortableMath.log(PortableMath.exp(-c * $0)) }
    }

    /// Distinct experts that `tokens` tokens reach on one of `spread` GPUs. O(1), under a power law
    /// O(experts).
    package func activated(_ tokens: Double, spread: Double) -> Double {
        guard !misses.isEmpty else {
            let idle = PortableMath.pow(max(0, 1 - chosen / count), tokens)
            return count / spread * (1 - idle)
        }
        guard tokens > 0 else { return 0 }
        var sum = 0.0
        // 1 − missᵗ of each: the power by its logarithm, as `PortableMath.pow` has it.
        for index in 0..<misses.count {
            sum += 1
            let power = tokens * misses[index]
            if power > Self.lost { sum -= PortableMath.exp(power) }
        }
        return sum / spread
    }
}
