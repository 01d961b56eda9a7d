import Basics
import Foundation
import Models

/// The coefficients of one engine's kernels on an H100 SXM.
///
/// Fitted on public operator measurements ("NVIDIA H100 80GB HBM3", aiconfigurator-core 0.12.0,
/// Apache-2.0). What was not measured says so at its place.
public struct EngineProfile: Sendable, Equatable, Codable {
    /// Name as `step_time.profile` writes it.
    public var name: String
    /// Engine versions and ranges that the coefficients come from, for reports.
    public var provenance: String
    public var gemm: [WeightFormat: GEMMCoefficients]
    public var decode: [CacheFormat: DecodeCoefficients]
    public var prefill: [CacheFormat: PrefillCoefficients]
    public var latentDecode: [CacheFormat: LatentDecodeCoefficients]
    /// By tensor-parallel size.
    public var allReduce: [Int: AllReduceCoefficients]
    public var experts: [WeightFormat: ExpertCoefficients]
    public var elementwise: ElementwiseCoefficients
    /// Host time the GPU waits for when the next step is scheduled while one runs.
    public var host: HostCoefficients
    /// The same when steps are scheduled one after another.
    public var synchronousHost: HostCoefficients
    /// Whether the host times were fitted end to end, on servers.
    public var hostIsFitted: Bool

    /// The host time of a scheduling mode.
    public func host(asyncScheduling: Bool) -> HostCoefficients {
        asyncScheduling ? host : synchronousHost
    }

    /// Every profile, by name.
    public static let all: [EngineProfile] = [vllm, trtllm, sglang]

    /// The profile of a name, or of the JSON file at a path (as `headway fit-steptime` writes it).
    ///
    /// - Throws: `InputError` at `step_time.profile` with the known names, or at the file.
    public static func named(_ name: String) throws -> EngineProfile {
        if name.hasSuffix(".json") { return try read(name) }
        if let profile = all.first(where: { $0.name == name.lowercased() }) { return profile }
        let known = all.map(\.name)
        throw InputError(
            "step_time.profile", "there is no engine profile \"\(name)\"", word: name, among: known,
            otherwise: "one of \(known.joined(separator: ", ")), or a file of headway fit-steptime")
    }

    /// Norms, rotary embedding and activations were not measured; assumed for all engines: 10 µs a
    /// layer and 2.4 TB/s, a device copy's rate.
    static let assumedElementwise = ElementwiseCoefficients(fixed: 10e-6, bandwidth: 2.4e12)

    /// Reads a profile from a JSON file.
    private static func read(_ path: String) throws -> EngineProfile {
        let data = try Data(
            InputFile.contents(
                path, atMost: 1_000_000,
                expected: "an engine profile, as headway fit-steptime writes it"))
        let profile = try JSON5.decodeKnown(EngineProfile.self, from: data, place: path)
        try profile.check(path)
        return profile
    }

    /// Refuses what no step could be priced with.
    private func check(_ place: String) throws {
        func require(_ holds: Bool, _ what: String) throws {
            guard holds else {
                throw InputError(place, "\(what) is missing or not positive", expected: "it")
            }
        }
        func isPositive(_ values: Double...) -> Bool {
            values.allSatisfy { $0 > 0 && $0.isFinite }
        }
        func isCost(_ values: Double...) -> Bool { values.allSatisfy { $0 >= 0 && $0.isFinite } }
        try require(gemm[.bf16] != nil, "gemm.bf16")
        for c in gemm.values {
            try require(
                isPositive(
                    c.rate, c.bandwidth, c.exponent, c.quantizingBandwidth ?? 1,
                    c.inputQuantizingBandwidth ?? 1)
                    && isCost(c.launch, c.perInput, c.growth), "gemm")
        }
        for format in [CacheFormat.bf16, .fp8] {
            guard let d = decode[format], let p = prefill[format], let l = latentDecode[format]
            else {
                throw InputError(
                    place, "attention for \(format.rawValue) is missing",
                    expected: "decode, prefill and latentDecode")
            }
            try require(isPositive(d.bandwidth) && isCost(d.fixed, d.perHead), "decode")
            try require(
                isPositive(p.rate) && isCost(p.fixed, p.perQueryHead, p.perKeyHead), "prefill")
            try require(
                isPositive(l.bandwidth, l.rate, l.exponent) && isCost(l.fixed, l.perSequence),
                "latentDecode")
        }
        for path in allReduce.values.flatMap(\.paths) {
            try require(isPositive(path.bandwidth) && isCost(path.latency), "allReduce")
        }
        try require(experts[.bf16] != nil, "experts.bf16")
        for c in experts.values {
            try require(
                isPositive(
                    c.bandwidth, c.rate, c.exponent, c.activationBandwidth, c.skippingBandwidth)
                    && isCost(c.fixed, c.padding), "experts")
        }
        try require(
            isPositive(elementwise.bandwidth) && isCost(elementwise.fixed), "elementwise")
        for c in [host, synchronousHost] {
            try require(isCost(c.fixed, c.perGPU, c.perSequence), "host")
        }
    }
}
