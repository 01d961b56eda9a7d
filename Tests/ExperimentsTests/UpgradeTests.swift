import Basics
import Foundation
import Reports
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Experiments

@Suite("What an upgrade of vLLM changes")
struct UpgradeTests {
    /// Requests that share system prompts, on a model with sliding windows.
    private func windows(_ changes: [String] = []) throws -> Configuration {
        try small(["model.name=gpt-oss-20b", "trace.limit=100"] + changes)
    }

    private func pair(_ text: String) throws -> VersionPair {
        try VersionPair(text, place: "--versions")
    }

    private func study(
        _ versions: String, _ base: Configuration, pins: Bool = false
    ) throws -> UpgradeStudy {
        try UpgradeStudy(base, pair(versions), pinsDefaults: pins)
    }

    @Test("two releases are wanted, both of the window, with different rules")
    func pairs() throws {
        #expect(try pair("0.28.0, 0.29").after == EngineVersion("0.29.0"))
        for (text, part) in [
            ("0.28.0", "names 1 version;"), ("", "is empty;"),
            ("0.26.0,0.27.0,0.28.0", "names 3 versions;"),
            ("0.28.0,0.99.0", "\"0.99.0\" is not a simulated release"),
            ("0.28.0,", "\"\" is not a simulated release"),
            ("0.10.0,0.28.0", "\"0.10.0\" is not a simulated release"),
            ("0.28.0,latest", "\"latest\" is not"),
            ("0.28.0,0.28.0", "0.28.0 is there twice"),
            ("0.28.0,0.28.1", "both have the rules of 0.28.0"),
        ] {
            let message = refusal { _ = try pair(text) }
            #expect(message.hasPrefix("--versions: ") && message.contains(part), "\(message)")
        }
    }

    @Test("a silent configuration gets each release's defaults, or the older one's when pinned")
    func defaults() throws {
        let (old, new) = try pair("0.13.0,0.33.0").configurations(of: small(), pinsDefaults: false)
        #expect(!old.engine.asyncScheduling && new.engine.asyncScheduling)
        #expect(old.engine.gpuMemoryUtilization == 0.9)
        #expect(old.engine.prefixCacheRetentionInterval == nil)
        #expect(new.engine.prefixCacheRetentionInterval == 0)
        let pinned = try pair("0.13.0,0.33.0").configurations(of: small(), pinsDefaults: true)
        #expect(
            ConfigurationChange.between(pinned.before, pinned.after).map(\.key) == [
                "engine.version"
            ])
        #expect(!pinned.after.engine.asyncScheduling)
        // The older one is pinned to whichever way the move goes.
        let back = try pair("0.33.0,0.13.0").configurations(of: small(), pinsDefaults: true)
        #expect(!back.before.engine.asyncScheduling)
        let given = try small(["engine.async_scheduling=true"])
        let kept = try pair("0.13.0,0.33.0").configurations(of: given, pinsDefaults: false)
        #expect(kept.before.engine.asyncScheduling)
    }

    @Test("both run on the newer release's clock, where a run alone has its own release's")
    func oneClock() throws {
        let base = try Configuration.read(
            file: nil, changes: ["cluster.replicas=1", "model.name=llama-3.1-8b"])
        let (old, new) = try pair("0.18.0,0.33.0").configurations(of: base, pinsDefaults: false)
        let newest = try new.resolved().host.name
        #expect(try old.resolved().host.name == newest)
        var alone = base
        alone.select(EngineVersion("0.18.0")!)
        #expect(try alone.resolved().host.name != newest)
    }

    @Test("a third release, and an option that one side lacks, are refused")
    func refusals() throws {
        let third = try small(["engine.version=0.20.0"])
        #expect(
            refusal { _ = try study("0.28.0,0.29.0", third) }
                == "engine.version: is 0.20.0, and 0.28.0 and 0.29.0 are compared; expected a "
                + "configuration that leaves engine.version open")
        let option = try small(["engine.watermark=0.05"])
        let message = refusal { _ = try study("0.19.0,0.29.0", option) }
        #expect(message.contains("engine.watermark: vLLM 0.19.0 has no such option"))
    }

    @Test("from 0.28 to 0.29 S4 parts the schedules, and one setting turns it back")
    func tailsOnly() throws {
        let study = try study("0.28.0,0.29.0", windows())
        #expect(!study.isIdentical && study.difference.parting != nil)
        #expect(study.findings.map(\.cause.number) == ["S4"])
        let finding = try #require(study.findings.first)
        #expect(finding.hasEffect && finding.partsFirst && finding.partsAtStep == nil)
        #expect(finding.requestsLeft == 0 && study.joint.isEmpty)
        #expect(study.remedy?.settings == ["engine.prefix_cache_retention_interval=null"])
        #expect(study.remedy?.isComplete == true)
        for kind in [UpgradeCost.Kind.prompt, .hits] {
            let groups = study.costs.filter { $0.kind == kind }
            #expect(groups.reduce(0) { $0 + $1.requests } == 100)
        }
        let shorter = try #require(study.costs.first { $0.name == "a shorter prefix hit" })
        #expect(shorter.hitTokensAfter < shorter.hitTokensBefore)
        let page = UpgradeReport(study).text
        for part in [
            "S4 (which blocks a sliding window leaves in the prefix cache) parts them",
            "schedules these requests as 0.28.0 does, step for step", "Which requests it affects",
            "from reading its code",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        let json = try String(
            decoding: JSONEncoder().encode(UpgradeReport(study)), as: UTF8.self)
        #expect(json.contains("\"partsFirst\":true"))
    }

    @Test("pinned defaults leave nothing of it")
    func pinned() throws {
        let study = try study("0.28.0,0.29.0", windows(), pins: true)
        #expect(study.isIdentical && study.findings.isEmpty && study.remedy == nil)
        let page = UpgradeReport(study).text
        #expect(page.contains("The schedules are the same in all"))
        #expect(!page.contains("Which requests it affects"))
    }

    @Test("rules that a trace does not touch are said to have no effect")
    func untouched() throws {
        // First come first served, without a threshold, with room for all.
        let study = try study("0.32.0,0.33.0", small(["engine.num_gpu_blocks=8000"]))
        #expect(study.isIdentical)
        #expect(study.findings.map(\.cause.number) == ["S1", "S2"])
        #expect(study.findings.allSatisfy { !$0.hasEffect })
        #expect(UpgradeReport(study).text.contains("No effect on this trace"))
    }

    @Test("of several causes the one that parts the schedules first is found")
    func several() throws {
        // A pool so small that requests preempt one another, and windows.
        let tight = try windows(["engine.num_gpu_blocks=1400", "engine.max_model_len=6000"])
        let study = try study("0.22.0,0.33.0", tight)
        #expect(study.findings.count > 3)
        let (before, after) = try study.versions.configurations(of: tight, pinsDefaults: false)
        let first = try #require(study.difference.parting?.before)
        let single = study.findings.filter(\.partsFirst)
        for finding in single where finding.partsAtStep != nil {
            #expect(finding.partsAtS ?? 0 >= Double(first.timeUs) / 1e6)
        }
        // Dropping causes one by one ends with those that matter.
        let trials = try UpgradeTrials(
            before: before, after: after, old: before.resolved().plan.engine, ["old", "new"])
        let joint = try trials.joint(study.findings.map(\.cause))
        #expect(!joint.isEmpty && joint.count < study.findings.count)
        if let alone = single.first?.cause, single.count == 1 { #expect(joint == [alone]) }
    }

    @Test("a default alone is a cause: the share of the GPU's memory")
    func utilisation() throws {
        let changes = [
            "engine.num_gpu_blocks=null", "engine.max_model_len=4000", "model.name=llama-3.1-8b",
            "hardware.gpu=h100-sxm",
        ]
        let study = try study("0.19.0,0.20.0", small(changes))
        let cause = try #require(study.findings.map(\.cause).last)
        #expect(cause.name == "engine.gpu_memory_utilization" && cause.number == nil)
        #expect(cause.setting == "engine.gpu_memory_utilization=0.9")
        #expect(cause.before == "0.9" && cause.after == "0.92")
    }
}

@Suite("Gating an upgrade of vLLM")
struct GateUpgradeTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func suite(_ keys: String, metrics: String = "") throws -> GateSuite {
        let text = """
            {
                seeds: 2, \(keys)
                config: {
                    model: { name: "gpt-oss-20b" }, step_time: { kind: "linear" },
                    hardware: { gpus_per_node: 1 }, cluster: { replicas: 1 },
                    engine: { num_gpu_blocks: 2000, max_model_len: 20000 },
                    trace: { limit: 80, rate_scale: 0.06 },
                },
                cases: [{ name: "chat", \(metrics) }],
            }
            """
        return try GateSuite.read(scratch.write(text, "suite.json5"))
    }

    @Test("the older release is the baseline; with its defaults pinned nothing changes")
    func judges() throws {
        let free = try suite("versions: [\"0.28.0\", \"0.29.0\"],")
        let changed = try free.judgeUpgrade(#require(free.versions))
        #expect(changed.status == .regression && changed.costs.count == 1)
        #expect(changed.notes.contains { $0.contains("the baseline is vLLM 0.28.0") })
        let pinned = try suite("versions: [\"0.28.0\", \"0.29.0\"], pin_defaults: true,")
        #expect(try pinned.judgeUpgrade(#require(pinned.versions)).status == .pass)
        let margins = try suite(
            "versions: [\"0.28.0\", \"0.29.0\"],",
            metrics: "metrics: { mean_e2el_ms: { relative: 0.5 } }")
        let within = try margins.judgeUpgrade(#require(margins.versions))
        #expect(within.status == .pass && within.findings[0].isPaired)
        #expect(
            try margins.judgeUpgrade(#require(margins.versions), exactly: true).status
                == .regression)
    }

    @Test("wrong keys are refused, each with its place")
    func refusals() throws {
        for (keys, part) in [
            ("versions: [\"0.28.0\"],", "suite.json5: versions: names 1 version;"),
            ("versions: \"0.28.0\",", "versions: is \"0.28.0\"; expected a list of two releases"),
            ("versions: [28, 29],", "versions: holds 28; expected texts"),
            ("versions: [\"0.28.0\", \"0.34.0\"],", "\"0.34.0\" is not a simulated release"),
            ("versions: [\"0.28.0\", \"0.28.0\"],", "0.28.0 is there twice"),
            (
                "versions: [\"0.28.0\", \"0.29.0\"], baseline: \"b.json\",",
                "baseline: and versions are given"
            ),
            ("pin_defaults: true,", "pin_defaults: is for versions only"),
            (
                "versions: [\"0.28.0\", \"0.29.0\"], pin_defaults: 1,",
                "pin_defaults: is 1; expected true or false"
            ),
        ] {
            let message = refusal { _ = try suite(keys) }
            #expect(message.contains(part), "\(message)")
        }
    }
}
