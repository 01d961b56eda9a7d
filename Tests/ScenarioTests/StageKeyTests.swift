import Basics
import Scenario
import Testing
import Traces

@Suite("Stages and shared beginnings, as keys")
struct StageKeyTests {
    private func read(_ change: String) throws -> Configuration {
        try Configuration.read(file: nil, changes: [change])
    }

    @Test(
        "what is wrong with a stage is said, with its number",
        arguments: [
            ("[]", ": has 0 stages"),
            ("[{rate:2,requests:3},5]", ": stage 2: is 5"),
            ("[{rate:0,requests:3}]", ": stage 1: rate is 0;"),
            ("[{rate:\"2\",requests:3}]", ": stage 1: rate is \"2\""),
            ("[{rate:1e9,requests:3}]", ": stage 1: rate is 1000000000;"),
            ("[{rate:2}]", ": stage 1: says no length; expected duration_s or requests"),
            ("[{requests:2}]", ": stage 1: says no load; expected rate or concurrency"),
            ("[{rate:2,duration_s:3,requests:4}]", ": stage 1: has both duration_s and requests"),
            ("[{rate:2,concurrency:3,requests:4}]", ": stage 1: has both rate and concurrency"),
            ("[{rat:2,requests:4}]", ": stage 1: unknown key rat; did you mean rate"),
        ])
    func mistakes(stages: String, said: String) throws {
        let error = #expect(throws: InputError.self) { try read("trace.stages=" + stages) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("--set trace.stages" + said), "\(text)")
    }

    @Test("users of a stage do not think, and that is said")
    func thinking() throws {
        let configuration = try Configuration.read(
            file: nil,
            changes: ["trace.stages=[{concurrency:2,requests:9}]", "trace.think_s=1"])
        let notes = try configuration.resolved().warnings.filter { $0.contains("think_s") }
        #expect(notes.contains { $0.contains("sends again without a pause") }, "\(notes)")
    }

    @Test(
        "a shared beginning is read as it is written",
        arguments: [
            ("512", PrefixLaw(.tokens(512))), ("1", PrefixLaw(.tokens(1))),
            ("0.3", PrefixLaw(.share(0.3))), ("8x512", PrefixLaw(.tokens(512), groups: 8)),
        ])
    func shared(text: String, law: PrefixLaw) throws {
        let read = try read("trace.shared_prefix=" + text)
        #expect(read.trace.sharedPrefix == law)
    }

    @Test("what is neither tokens nor a share is refused", arguments: ["0x512", "1.0", "0", "x5"])
    func notShared(text: String) {
        #expect(throws: InputError.self) { try read("trace.shared_prefix=" + text) }
    }
}
