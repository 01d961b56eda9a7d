import Testing

@testable import Basics

/// Patterns of module names: what checkpoints' lists hold.
@Suite struct ModulePatternTests {
    @Test(arguments: [
        (#"re:.*self_attn.*"#, "model.layers.0.self_attn.q_proj", true),
        (#"re:.*mlp\.(gate|up|gate_up|down)_proj.*"#, "model.layers.0.mlp.up_proj", true),
        (
            #"re:.*mlp\.(gate|up|gate_up|down)_proj.*"#, "model.layers.1.mlp.experts.0.up_proj",
            false
        ),
        (#"re:.*layers\.(0|35)\..*"#, "model.layers.35.mlp.up_proj", true),
        (#"re:.*layers\.(0|35)\..*"#, "model.layers.5.mlp.up_proj", false),
        (#"re:^model\.layers\.[0-2]\."#, "model.layers.2.mlp.up_proj", true),
        (#"re:^(?!.*experts).*_proj$"#, "model.layers.2.mlp.up_proj", true),
        (#"re:^(?!.*experts).*_proj$"#, "model.layers.2.mlp.experts.3.up_proj", false),
        (#"re:model\.layers\.\d{1,2}\.mlp"#, "model.layers.7.mlp.up_proj", true),
        (#"re:model\.layers\.\d{2,}\.mlp"#, "model.layers.7.mlp.up_proj", false),
        (#"re:(?:a|b)+c"#, "ababc", true), (#"re:[^a-c]x"#, "bx", false),
        (#"re:layers"#, "model.layers.0", false), (#"re:\bgate\b"#, "gate.x", true),
        ("re:x{0,1}y", "y", true), ("re:a*?b", "aab", true), ("re:", "anything", true),
    ])
    func expressionsMatchTheBeginningOfAName(pattern: String, name: String, isMatch: Bool) throws {
        let pattern = try ModulePattern(regex: String(pattern.dropFirst(3)), place: "c.json")
        #expect(pattern.matches(name) == isMatch)
    }

    @Test(arguments: [
        ("*k_proj", "layers.0.self_attn.k_proj", true), ("*k_proj", "layers.0.k_proj.x", false),
        ("model.layers.*.mlp", "model.layers.12.mlp", true), ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("a.c", "abc", false),
    ])
    func starsMatchWholeNames(pattern: String, name: String, isMatch: Bool) {
        #expect(ModulePattern(wildcard: pattern).matches(name) == isMatch)
    }

    @Test(arguments: [
        "(", ")", "[a", "*a", "a(?P<x", #"a\"#, #"(a)\1"#, "(?<=a)b", "[z-a]", "((a{99}){99}){99}",
        String(repeating: "(", count: 30), String(repeating: "a", count: 1001),
        String(repeating: "(?=a)", count: 9), "(?=(?=(?=a)))", #"\q"#,
    ])
    func whatIsNoExpressionIsRefused(source: String) {
        let error = #expect(throws: InputError.self) {
            try ModulePattern(regex: source, place: "c.json")
        }
        #expect(error?.place == "c.json")
    }

    @Test func aPatternThatWouldTryForeverIsQuick() throws {
        let name = String(repeating: "a", count: 4000)
        for source in ["(a+)+b", "(a|a)*b", "(a*)*(a*)*b", "(.*)(.*)(.*)(.*)b", "(?=(a+)+b)a"] {
            #expect(try !ModulePattern(regex: source, place: "c.json").matches(name))
        }
    }
}
