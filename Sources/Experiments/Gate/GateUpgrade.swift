import Basics

extension GateSuite {
    /// Both sides of a suite with versions: its cases under the older and the newer release.
    ///
    /// Throws `InputError` naming the case if a release lacks an option.
    func sides(_ versions: VersionPair) throws -> (before: GateSuite, after: GateSuite) {
        var (before, after) = (self, self)
        for index in cases.indices {
            let sides = try versions.configurations(
                of: cases[index].configuration, pinsDefaults: pinsDefaults)
            before.cases[index].configuration = sides.before
            after.cases[index].configuration = sides.after
        }
        return (before, after)
    }

    /// Judges a suite with versions. The first release stands in for the baseline, so every seed is
    /// a pair. Explains cases that do not pass. `exactly`: requires every run to have the first
    /// release's digest instead of applying margins.
    package func judgeUpgrade(_ versions: VersionPair, exactly: Bool = false) throws -> GateResult {
        let (before, after) = try sides(versions)
        var baseline = GateBaseline(suite: name, cases: try before.measure())
        var result = try GateJudgement(after, baseline).judge(after.measure(), exactly: exactly)
        if !result.unsettled.isEmpty {
            baseline.costs = try before.costs(of: result.unsettled)
            result = try GateJudgement(after, baseline).explained(result)
        }
        for index in result.findings.indices {
            result.findings[index].note = result.findings[index].note
                .replacing("--bless and gate with", with: "gate with")
        }
        let defaults =
            pinsDefaults
            ? "with the defaults of vLLM \(min(versions.before, versions.after))"
            : "each with its own defaults"
        result.notes.append(
            "the baseline is vLLM \(versions.before), now is vLLM \(versions.after), \(defaults); "
                + "headway compare --versions \(versions.before),\(versions.after) names the rules")
        return result
    }
}
