import Foundation
import TestSupport
import Testing

/// The template for policies of one's own, used as a user uses it: copied out of the repository.
///
/// The package's modules are built already, in the folder that this test's bundle is in. A package
/// elsewhere that depends on the checkout by path names the same modules. With the same scratch
/// folder and the same flags only its own two are compiled; with others all would be, twice.
@Suite("The template package for policies of one's own")
struct PolicyTemplateTests {
    private static let source = packageRoot.appendingPathComponent(
        "configs/schedulers/swift-policy")

    /// The scratch folder of the build that this test belongs to; nil: not one in which modules
    /// can be shared.
    private static let scratch: String? = {
        let folder = URL(fileURLWithPath: Executable.path).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        guard folder.lastPathComponent == "debug" else { return nil }
        let platform = folder.deletingLastPathComponent()
        return platform.deletingLastPathComponent().path
    }()

    /// What that build was told of debug information: its objects have a section of it, or not.
    private static let debugInformation: String = {
        let objects = (scratch ?? "") + "/debug/Basics.build"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: objects)) ?? []
        guard let name = names.filter({ $0.hasSuffix(".o") }).min(),
            let object = FileManager.default.contents(atPath: objects + "/" + name)
        else { return "" }
        return object.range(of: Data("debug_info".utf8)) == nil ? "-debug-info-format none " : ""
    }()

    private static let hasToolchain =
        (try? Executable.shell("command -v swift", seconds: 20).status) == 0

    private func copy(into folder: String) throws -> String {
        let copy = folder + "/my-policies"
        let manager = FileManager.default
        try manager.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for name in ["Package.swift", "Sources", "gate.json5"] {
            try manager.copyItem(
                atPath: Self.source.appendingPathComponent(name).path, toPath: copy + "/" + name)
        }
        let manifest = try String(contentsOfFile: copy + "/Package.swift", encoding: .utf8)
        let parts = manifest.components(separatedBy: #"path: "../../..""#)
        try #require(parts.count == 2)
        try parts.joined(separator: #"path: "\#(packageRoot.standardizedFileURL.path)""#)
            .write(toFile: copy + "/Package.swift", atomically: true, encoding: .utf8)
        return copy
    }

    @Test(
        "builds outside the repository, and gates, compares and diffs a policy",
        .enabled(if: hasToolchain, "there is no Swift toolchain on the path to build it with"),
        .enabled(if: scratch != nil, "built in release, where no modules are there to share"))
    func build() throws {
        let folder = try ScratchFolder()
        let copy = try copy(into: folder.path)
        let scratch = try #require(Self.scratch)
        let build = try Executable.shell(
            "swift build -j 2 --ignore-lock --product try-policy --package-path '\(copy)' "
                + Self.debugInformation + "--scratch-path '\(scratch)'", seconds: 290)
        try #require(build.status == 0, "\(build.output.suffix(4_000))\(build.errors)")
        #expect(!build.output.contains("Compiling Simulator "), "the modules were built again")
        let program = scratch + "/debug/try-policy"

        let gate = try Executable.shell(
            "'\(program)' gate pass-over gate.json5 --seeds 3 trace.limit=120", in: copy)
        #expect(gate.status == 0, "\(gate.errors)")
        #expect(gate.output.hasPrefix("== pass-over ==\ngate: pass"))
        #expect(gate.output.contains("gate: pass, 3 checks over 3 seeds."))

        // Another order is another run: a regression, and whom it costs.
        let suite = """
            { seeds: 2, cases: [{ name: "queue", config: { hardware: { gpus_per_node: 1 }, \
            trace: { limit: 150 }, engine: { num_gpu_blocks: 1600, max_model_len: 20000 } }, \
            metrics: { digest: "exact" } }] }
            """
        try suite.write(toFile: copy + "/strict.json5", atomically: true, encoding: .utf8)
        let strict = try Executable.shell(
            "'\(program)' gate short-first strict.json5", in: copy)
        #expect(strict.status == 1)
        #expect(strict.output.contains("strict: 1 regressed, of 1 check over 2 seeds."))
        #expect(strict.output.contains("queue") && strict.output.contains("TTFT"))

        let tight = "hardware.gpus_per_node=1 trace.limit=150 engine.num_gpu_blocks=1600"
        let compare = try Executable.shell(
            "'\(program)' compare all \(tight) engine.max_model_len=20000", in: copy)
        #expect(compare.status == 0, "\(compare.errors)")
        #expect(compare.output.contains("p is corrected for 6 candidates (Holm)."))
        let diff = try Executable.shell(
            "'\(program)' diff pass-over \(tight) engine.max_model_len=20000", in: copy)
        #expect(diff.status == 1 && diff.output.hasPrefix("The schedules part at step "))

        for (words, problem) in [
            ("", "usage: try-policy gate"), ("gate nobody", "has no policy \"nobody\""),
            ("diff all", "has no policy \"all\""), ("gate pass-over none.json5", "none.json5"),
            ("gate pass-over gate.json5 --seeds many", "--seeds"),
            ("compare pass-over a.json5 b.json5", "one operand too many"),
            ("diff pass-over engine.scheduler=exec:false", "in place of pass-over"),
        ] {
            let outcome = try Executable.shell("'\(program)' \(words)", in: copy)
            #expect(outcome.status == 2 && outcome.errors.contains(problem), "\(words)")
        }
    }
}
