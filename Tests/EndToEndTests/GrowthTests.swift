import Foundation
import TestSupport
import Testing

@Suite("What the head of the run page says of a load that grows")
struct GrowthTests {
    private static let random = [
        "cluster.replicas=1", "trace.random_input_len=500", "trace.random_output_len=50",
        "trace.random_range_ratio=0.5",
    ]

    private func page(_ keys: [String]) throws -> String {
        let outcome = try Executable.run(["run", "--set"] + Self.random + keys)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test("a ramp below capacity rises, and does not grow")
    func ramp() throws {
        let page = try page([
            "trace.limit=600", "trace.ramp_up_strategy=exponential", "trace.ramp_up_start_rps=1",
            "trace.ramp_up_end_rps=12",
        ])
        #expect(!page.contains("GROWING") && page.contains("steady no, the load rises"))
    }

    @Test("a ladder of rates does not grow, and stages with a closed loop are not judged")
    func stages() throws {
        let rates = try page([
            "trace.stages=[{rate:1,duration_s:60},{rate:4,duration_s:60},{rate:8,duration_s:60}]"
        ])
        #expect(!rates.contains("GROWING") && rates.contains("steady no, the load rises"))
        let loops = try page([
            "trace.stages=[{concurrency:1,requests:50},{concurrency:4,requests:200},"
                + "{concurrency:8,requests:200}]"
        ])
        #expect(!loops.contains("GROWING") && !loops.contains("steady no,"))
    }

    @Test("an overload of the last fifth is named")
    func late() throws {
        let page = try page([
            "trace.stages=[{rate:3,duration_s:120},{rate:60,duration_s:30}]", "trace.limit=2200",
            "trace.random_output_len=300",
        ])
        #expect(page.contains("GROWING requests stay behind,") || page.contains("OVERLOADED"))
    }

    @Test("a cap at the client is what binds, and the requests that wait for it grow")
    func cap() throws {
        let capped = ["trace.limit=800", "trace.request_rate=8"]
        let bound = try page(capped + ["trace.max_concurrency=2"])
        #expect(bound.contains("GROWING requests stay behind at the client,"))
        #expect(bound.contains("Bound by trace.max_concurrency (2):"))
        let free = try page(capped + ["trace.max_concurrency=100"])
        #expect(!free.contains("GROWING") && free.contains("Bound by no limit of the engine"))
    }

    @Test("compare, tune, gate and explain's studies name the clock and the host")
    func clocks() throws {
        let folder = try ScratchFolder()
        let one = try folder.write(
            "one.json5", Data("{trace:{limit:50},cluster:{replicas:1}}".utf8))
        let two = try folder.write(
            "two.json5", Data("{trace:{limit:50},cluster:{replicas:2}}".utf8))
        let space = try folder.write(
            "space.json5",
            Data("{base:{trace:{limit:50}},keys:{\"cluster.replicas\":[1,2]}}".utf8))
        let suite = try folder.write(
            "gate.json5",
            Data(
                """
                {baseline:"base.json",seeds:2,cases:[{name:"c",config:{trace:{limit:50}},
                metrics:{mean_ttft_ms:{relative:0.1}}}]}
                """.utf8))
        for command in [
            ["compare", one, two], ["tune", space, "--slo", "ttft_p99_ms=400"],
            ["explain", "--over", "tp=1,2"], ["explain", "--compare", "--kv fp8"],
            ["gate", suite, "--bless"], ["gate", suite],
        ] {
            let outcome = try Executable.run(command)
            guard !command.contains("--bless") else { continue }
            let page = outcome.output.split(whereSeparator: \.isWhitespace)
                .joined(separator: " ").lowercased()
            #expect(
                page.contains("clock: h100-sxm, vllm 0.24 kernels, off by")
                    && page.contains("host vllm-0.23-async"),
                "\(command): \(outcome.output) \(outcome.errors)")
        }
    }
}
