import Basics
import Simulator
import TestSupport
import Testing

@testable import Fidelity

@Suite("Conformance with captures of earlier releases")
struct VersionConformanceTests {
    /// Captures and a rule that each notices.
    private static let captures: [(name: String, rule: EngineRule)] = [
        ("0.32.0/x-prio-stop-after-self-70003", .selfPreemption),
        ("0.32.0/z-fuzz34", .prefillPacing),
        ("0.28.0/x-no-swa-cap-30015", .windowRetention),
        ("0.27.0/async-x-index-slip-73", .victimPlace),
        ("0.27.0/async-x-slide-optimistic-20003", .uncachedBlocks),
        ("0.26.0/z-fuzz50", .longPrefillCap),
        ("0.24.0/async-x-slide-optimistic-20003", .windowRelease),
        ("0.23.0/x-split-only-sliding-50005", .keylessBlocks),
        ("0.23.0/x-tail-nocache-60003", .keylessBlocks),
        ("0.20.0/async-x-slide-optimistic-20001", .windowRelease),
        ("0.19.0/x-no-swa-cap-30015", .fullPromptReserve),
        ("0.14.0/u1-edges", .fullPromptReserve),
        ("0.11.2/o1-no-chunking", .wholePrompts),
    ]

    private func folder(_ name: String) -> String {
        packageRoot.appendingPathComponent("Tests/FidelityTests/Cases/versions/" + name).path
    }

    @Test("a capture matches in every step, and names its release", arguments: captures)
    func matches(name: String, rule: EngineRule) throws {
        for advance in EngineConfiguration.Advance.allCases {
            let result = try Conformance.run(folder(name), advance: advance)
            #expect(result.difference == nil)
            #expect(result.steps > 50)
            #expect(result.name == name.replacing("/", with: " "))
        }
    }

    @Test("a capture parts where a rule is that of the newest release", arguments: captures)
    func notices(name: String, rule: EngineRule) throws {
        let result = try Conformance.run(folder(name), advance: .step) {
            var newest = $0.engine
            newest.release = .newest
            newest.prefixCacheRetentionInterval = 0
            newest.schedulerReserveFullISL = true
            $0.engine.take(rule, from: newest)
        }
        #expect(result.difference != nil)
    }

    @Test("a capture of a release outside the window cannot be read")
    func unknownRelease() throws {
        let scratch = try ScratchFolder()
        let text = try InputFile.contents(
            folder("0.32.0/z-fuzz34") + "/config.json", atMost: 10_000, expected: "a case")
        for version in ["0.9.1", "0.40.0", "main"] {
            let changed = String(decoding: text, as: UTF8.self)
                .replacing("\"vllm_version\": \"0.32.0\"", with: "\"vllm_version\": \"\(version)\"")
            try scratch.write(version + "/config.json", Array(changed.utf8))
            try scratch.write(version + "/steps.jsonl", Array("".utf8))
            let result = Conformance.attempt(scratch.path + "/" + version, advance: .step)
            let words = try #require(result.unreadable)
            #expect(words.contains("vllm_version is \"\(version)\"; expected 0.11.2 to 0.33.0"))
        }
    }
}
