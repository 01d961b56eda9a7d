import Basics
import Models

/// How a router spreads tokens over experts, which decides how many experts a step reads.
///
/// Uneven laws: expert number e takes a token with probability 1 − exp(−c·e^−a), with c such that
/// the probabilities sum to the number of experts that a token chooses.
package enum ExpertRouting: String, Sendable, Equatable, CaseIterable {
    /// a = 0.6, from steps of public servers that were sent random tokens. One exponent for
    /// MiniMax-M2.5 and Kimi-K2.5 on H200, B200 and B300, fitted with
    /// `ServingCoefficients.expertExcess`. gpt-oss-120b agrees, with kernels chosen on it.
    case served
    /// All experts equally likely: the assumption of operator tables, and what routers are trained
    /// towards.
    case balanced
    /// a = 0.9: operator tables with power laws of 1.01 and 1.2 (aiconfigurator-core 0.12.0). Small
    /// steps read fewer experts; large ones wait for the busiest.
    case powerLaw = "power_law"

    /// The exponent a; nil: all experts equally likely.
    var exponent: Double? {
        switch self {
        case .served: 0.6
        case .balanced: nil
        case .powerLaw: 0.9
        }
    }
}

/// How many distinct experts a number of tokens reaches, for one kind of layer under a routing.
package struct ReachedExperts: Sendable {
    private let count: Double
    private let chosen: Double
    /// The logarithm of each expert's probability to miss a token; empty: all equally likely.
    private var misses: [Double] = []

    /// e to this power is less than half of the last bit of any number from 1 on.
    private static let lost = -38.0

    /// Most Newton steps towards c. They approach it from below, as the sum is concave in c.
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

    /// Distinct experts that `tokens` tokens reach on one of `spread` GPUs. O(1); O(experts) for
    /// uneven laws.
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
