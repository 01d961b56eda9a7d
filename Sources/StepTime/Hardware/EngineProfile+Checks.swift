import Basics
import Models

/// Rejects coefficients with which no step can be priced. The price of a step is bounded later,
/// when a run is planned.
extension EngineProfile {
    /// No upper bound. A larger rate only costs less, and a fit may leave one unbounded.
    private static let most = Double.greatestFiniteMagnitude
    /// FLOP or bytes per second. The slowest link is far above the lower bound.
    private static let rates = 1e6...most
    /// Seconds of anything. No server takes a quarter of an hour to launch.
    private static let times = 0...1e3
    /// Exponents of a smooth maximum.
    private static let exponents = 1e-3...most
    /// Rows of padding, and gains of rate as a fraction.
    private static let counts = 0...most

    /// Throws `InputError` at `place` for the first coefficient that is missing or out of range.
    func check(_ place: String) throws {
        func require(
            _ name: String, _ values: [(String, Double?)], _ range: ClosedRange<Double>
        ) throws {
            for case (let part, .some(let value)) in values where !range.contains(value) {
                throw InputError(
                    place, "\(name).\(part) is \(value)",
                    expected: range.upperBound == Self.most
                        ? "at least \(range.lowerBound)"
                        : "\(range.lowerBound) to \(range.upperBound)")
            }
        }
        func missing(_ what: String) -> InputError {
            InputError(place, "\(what) is missing", expected: "what headway fit-steptime writes")
        }
        guard gemm[.bf16] != nil else { throw missing("gemm.bf16") }
        for (format, c) in gemm.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let name = "gemm.\(format.rawValue)"
            try require(
                name,
                [
                    ("rate", c.rate), ("bandwidth", c.bandwidth),
                    ("quantizingBandwidth", c.quantizingBandwidth),
                    ("inputQuantizingBandwidth", c.inputQuantizingBandwidth),
                ], Self.rates)
            try require(name, [("launch", c.launch), ("perInput", c.perInput)], Self.times)
            try require(name, [("exponent", c.exponent)], Self.exponents)
            try require(name, [("growth", c.growth)], Self.counts)
        }
        try checkAttention(require, missing)
        for (size, c) in allReduce.sorted(by: { $0.key < $1.key }) {
            let name = "allReduce.\(size).paths"
            guard !c.paths.isEmpty else { throw missing(name) }
            for path in c.paths {
                try require(name, [("bandwidth", path.bandwidth)], Self.rates)
                try require(name, [("latency", path.latency)], Self.times)
            }
        }
        try checkExperts(require, missing)
        try require(
            "elementwise", [("bandwidth", elementwise.bandwidth)], Self.rates)
        try require(
            "elementwise",
            [("fixed", elementwise.fixed), ("summedNorms", elementwise.summedNorms)], Self.times)
        if let serving {
            // A rate may fall by up to 90 %, and at most double.
            let gains = serving.sustainedGain.map { ("sustainedGain.\($0.key.rawValue)", $0.value) }
            try require("serving", gains.sorted { $0.0 < $1.0 }, -0.9...1)
            try require("serving", [("mixedDecode", serving.mixedDecode)], 0...100)
            try require("serving", [("sustainedTokens", serving.sustainedTokens)], 1...1e9)
            try require("serving", [("reduceExcess", serving.reduceExcess)], 0...100)
            let excess = (serving.expertExcess ?? [:]).map {
                ("expertExcess.\($0.key.rawValue)", $0.value)
            }
            try require("serving", excess.sorted { $0.0 < $1.0 }, 0...100)
            let kernels = (serving.expertKernels ?? [:]).map {
                ("expertKernels.\($0.key.rawValue).rate", $0.value.rate)
            }
            try require("serving", kernels.sorted { $0.0 < $1.0 }, 1e-3...100)
        }
        for case (let name, let c?) in [("host", host), ("synchronousHost", synchronousHost)] {
            try require(
                name,
                [("fixed", c.fixed), ("perGPU", c.perGPU), ("perSequence", c.perSequence)],
                Self.times)
        }
    }

    /// Throws if a coefficient of the named part is outside the range.
    private typealias Requirement = (String, [(String, Double?)], ClosedRange<Double>) throws
        -> Void

    private func checkAttention(
        _ require: Requirement, _ missing: (String) -> InputError
    ) throws {
        for format in [CacheFormat.bf16, .fp8] {
            guard let d = decode[format] else { throw missing("decode.\(format.rawValue)") }
            guard let p = prefill[format] else { throw missing("prefill.\(format.rawValue)") }
            guard let l = latentDecode[format] else {
                throw missing("latentDecode.\(format.rawValue)")
            }
            for (name, c) in [
                ("decode", d), ("narrowDecode", narrowDecode?[format] ?? d),
                ("wideDecode", wideDecode?[format] ?? d),
            ] {
                let name = "\(name).\(format.rawValue)"
                try require(name, [("bandwidth", c.bandwidth)], Self.rates)
                try require(name, [("fixed", c.fixed), ("perHead", c.perHead)], Self.times)
            }
            for (name, c) in [("prefill", p), ("narrowPrefill", narrowPrefill?[format] ?? p)] {
                let name = "\(name).\(format.rawValue)"
                try require(name, [("rate", c.rate)], Self.rates)
                try require(
                    name,
                    [
                        ("fixed", c.fixed), ("perQueryHead", c.perQueryHead),
                        ("perKeyHead", c.perKeyHead),
                    ], Self.times)
            }
            let name = "latentDecode.\(format.rawValue)"
            try require(name, [("bandwidth", l.bandwidth), ("rate", l.rate)], Self.rates)
            try require(name, [("fixed", l.fixed), ("perSequence", l.perSequence)], Self.times)
            try require(name, [("exponent", l.exponent)], Self.exponents)
        }
    }

    private func checkExperts(
        _ require: Requirement, _ missing: (String) -> InputError
    ) throws {
        guard experts[.bf16] != nil else { throw missing("experts.bf16") }
        let kinds = [
            ("experts", experts), ("cutExperts", cutExperts ?? [:]),
            ("skewedExperts", skewedExperts ?? [:]), ("tensorExperts", tensorExperts ?? [:]),
            ("skewedTensorExperts", skewedTensorExperts ?? [:]),
        ]
        let all = kinds.flatMap { kind, formats in
            formats.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { ("\(kind).\($0.key.rawValue)", $0.value) }
        }
        for (name, c) in all {
            try require(
                name,
                [
                    ("bandwidth", c.bandwidth), ("rate", c.rate),
                    ("activationBandwidth", c.activationBandwidth),
                    ("skippingBandwidth", c.skippingBandwidth),
                ], Self.rates)
            try require(name, [("fixed", c.fixed)], Self.times)
            try require(name, [("exponent", c.exponent)], Self.exponents)
            try require(name, [("padding", c.padding)], Self.counts)
        }
    }
}
