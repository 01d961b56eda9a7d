/// A seeded random number generator: xoshiro256** by Blackman and Vigna (2018), seeded through
/// SplitMix64. The same seed gives the same sequence on every platform.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator for a seed. Each `stream` is an independent sequence under that seed.
    package init(seed: UInt64, stream: UInt64 = 0) {
        var mixer = seed ^ (stream &* 0xd134_2543_de82_ef95)
        func split() -> UInt64 {
            mixer &+= Self.golden
            return Self.mixed(mixer)
        }
        state = (split(), split(), split(), split())
    }

    /// A pseudo-random number that depends only on a value and a seed. O(1).
    package static func hash(_ value: UInt64, seed: UInt64) -> UInt64 {
        mixed(value &+ seed &* golden &+ golden)
    }

    /// 2^64 divided by the golden ratio, the step of SplitMix64.
    private static let golden: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// SplitMix64's mixer (Steele, Lea and Flood 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    package mutating func next() -> UInt64 {
        // Rotations are written out: tests draw many millions of numbers unoptimised.
        var (a, b, c, d) = state
        let product = b &* 5
        let result = (product &<< 7 | product &>> 57) &* 9
        let shifted = b &<< 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        state = (a, b, c, d &<< 45 | d &>> 19)
        return result
    }

    /// A number in [0, 1) with 53 random bits.
    package mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// An integer in 0..<bound, by multiplication with rejection (Lemire 2019). `bound` > 0.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a random range must not be empty")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// An exponential variate with mean 1.
    package mutating func exponential() -> Double {
        -PortableMath.log(1 - uniform())
    }

    /// A standard normal variate by Marsaglia's polar method. Drops the second of each pair, so
    /// that the four words are the whole state.
    package mutating func normal() -> Double {
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let s = u * u + v * v
            if s > 0, s < 1 { return u * (-2 * PortableMath.log(s) / s).squareRoot() }
        }
    }
}
