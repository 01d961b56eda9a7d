import Basics
import Foundation
import Scenario
import Simulator
import Testing

@Suite("What a service promises")
struct ObjectiveTests {
    private func configuration(_ changes: String...) throws -> Configuration {
        try Configuration.read(file: nil, changes: changes)
    }

    private func complaint(_ change: String) -> String {
        let error = #expect(throws: InputError.self) { _ = try configuration(change) }
        return error?.description ?? ""
    }

    @Test("a number limits each request, an object figures, each in it both")
    func forms() throws {
        let slo = try configuration("slo.ttft_ms={p99: 500, each: 450, \"p99.9\": 900, mean: 80}")
            .slo
        let limits = slo.limits.timeToFirstToken
        #expect(limits.each == 450)
        #expect(limits.bounds.map(\.statistic.name) == ["mean", "p99", "p99.9"])
        #expect(limits.bounds.map(\.milliseconds) == [80, 500, 900])
        // The other limits stay at their defaults.
        #expect(slo.limits.timePerOutputToken == LatencyLimits(each: 40))
        let bare = try configuration("slo.ttft_ms={max: 9}", "slo.tpot_ms=null").slo.limits
        #expect(bare.timeToFirstToken.each == nil)
        #expect(bare.timePerOutputToken == LatencyLimits())
    }

    @Test(
        "what is written is read as the same",
        arguments: [
            "slo.ttft_ms={p99: 500, each: 450}", "slo.tpot_ms=null", "slo.goodput=0.995",
            "slo.classes={gold: {ttft_ms: {p99: 200}, tpot_ms: 30, goodput: 1}, tin: {e2e_ms: 9}}",
        ])
    func roundTrip(_ change: String) throws {
        let first = try configuration(change)
        var second = Configuration()
        try second.apply(first.asValue, place: "again")
        #expect(second.slo == first.slo)
        #expect(first.slo != Configuration().slo)
    }

    @Test(
        "what is no limit is refused with its place",
        arguments: [
            ("slo.ttft_ms={p100: 5}", ".p100: is no figure"),
            ("slo.ttft_ms={p0: 5}", ".p0: is no figure"),
            ("slo.ttft_ms={p: 5}", ".p: is no figure"),
            ("slo.ttft_ms={}", "is an object"),
            ("slo.ttft_ms={p99: -5}", ".p99: is -5"),
            ("slo.ttft_ms={p50: 5, median: 6}", ".p50: is the same figure as median"),
            ("slo.ttft_ms=[5]", "is a list"), ("slo.goodput=1.5", "is 1.5"),
            ("slo.classes={gold: 3}", ".gold: is 3"),
            ("slo.classes={gold: {}}", ".gold: is an object"),
            ("slo.classes={gold: {ttft: 3}}", ".gold.ttft: unknown key; did you mean ttft_ms"),
            ("slo.classes={gold: {goodput: 2}}", ".gold.goodput: is 2"),
            ("slo.classes={gold: {itl_ms: 2}}", ".gold.itl_ms: limits each request's own gaps"),
            ("slo.classes={gold: {tpot_ms: {p9x: 2}}}", ".gold.tpot_ms.p9x: is no figure"),
            ("slo.classes=3", "is 3"),
        ])
    func refusals(_ change: String, _ problem: String) {
        #expect(complaint(change).contains(problem), "\(complaint(change))")
    }

    @Test("classes are promised something only where something tells them apart")
    func classesNeedNames() throws {
        let change = "slo.classes={\"0\": {ttft_ms: {p99: 200}}}"
        #expect(throws: InputError.self) { _ = try configuration(change).resolved() }
        let told = try configuration(change, "output.by=priority").resolved()
        #expect(told.plan.classObjectives["0"] == told.plan.objective)
        let each = try configuration("slo.classes={\"0\": {ttft_ms: 200}}", "output.by=priority")
        #expect(
            try each.resolved().plan.classObjectives["0"]?.timeToFirstToken == 200_000_000_000)
    }
}
