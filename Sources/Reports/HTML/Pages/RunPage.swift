import Basics
import Experiments

/// The report of one run.
package struct RunPage: Sendable {
    let run: ReportedRun
    /// A sentence for some requests, by id, if it is known why they were slow.
    let why: [Int64: Culprits]

    package init(_ run: ReportedRun, why: [Int64: Culprits] = [:]) {
        self.run = run
        self.why = why
    }

    /// The file's text.
    package var text: String {
        ReportPage(
            kind: "run report", title: title, mark: "digest \(run.digest)", lead: lead,
            top: VerdictBlock.of(run) + Tile.grid(tiles),
            sections: [
                TrustSection.of(run), LatencySection.of(run), TimeSection.of(run),
                ReplicaSection.of(run), PartsSection.of(run), SlowSection.of(run, why: why),
                RanSection.of(run), NextSection.of(run),
            ].compactMap(\.self),
            footer: Self.footer
        ).text
    }

    private var title: String {
        "\(run.traceName) on \(run.gpus) × \(run.configuration.hardware.gpu.echoed(atMost: 40))"
    }

    private var lead: HTML {
        let perReplica = run.gpus / run.replicas
        let size = perReplica == 1 ? "one GPU each" : "\(perReplica) GPUs each"
        let replicas = run.replicas == 1 ? "1 replica" : "\(Quantity.count(run.replicas)) replicas"
        return """
            <p class="what"><b>\(run.requestWords)</b> in \
            \(Quantity.duration(seconds: run.duration)) of simulated time. <b>\(replicas)</b> of \
            <b>\(run.modelName)</b>, \(size), behind the \
            <b>\(run.configuration.cluster.router.rawValue)</b> router. \(run.load)</p>
            """
    }

    private var tiles: [Tile] {
        let good = run.goodShare
        return [
            latency("TTFT p99", "p99_ttft_ms", "ttft"), latency("TPOT p99", "p99_tpot_ms", "tpot"),
            Tile(
                name: "E2E p99", value: run.latency("p99_e2el_ms"),
                note: "median \(run.latency("median_e2el_ms"))", key: "p99_e2el_ms"),
            Tile(
                name: run.limits.isEmpty ? "Throughput" : "Goodput",
                value: rate("request_goodput", "request_throughput", "requests/s"),
                note: run.limits.isEmpty
                    ? "finished requests"
                    : (good.map { Drawn.share($0) + " of requests meet the SLO" } ?? "no requests"),
                key: run.limits.isEmpty ? "request_throughput" : "request_goodput"),
            Tile(
                name: "Output", value: rate("output_throughput", nil, "tokens/s"),
                note: rate("input_throughput", nil, "prompt tokens/s"), key: "output_throughput"),
            Tile(
                name: "Prefix hits",
                value: run.hitsUnknown == nil
                    ? run.figure("prefix_hit_rate").map { Quantity.percent($0) } ?? "–" : "–",
                note: run.hitsUnknown ?? "of prompt tokens", key: "prefix_hit_rate"),
            Tile(
                name: "KV cache", value: Quantity.percent(run.figure("peak_kv_use") ?? 0),
                note: "at peak; mean \(Quantity.percent(run.figure("mean_kv_use") ?? 0)), "
                    + "\(run.count("preemptions")) preemptions",
                use: run.figure("peak_kv_use"), key: "peak_kv_use"),
            Tile(
                name: "Batch",
                value: (run.figure("mean_batch_size").map(Quantity.significant) ?? "–")
                    + " requests",
                note: "per step; \(run.count("steps")) steps", key: "mean_batch_size"),
        ]
    }

    private func latency(_ name: String, _ key: String, _ latency: String) -> Tile {
        let promise = run.promises.first { $0.name == "\(latency)_p99_ms" }?.limit
        guard let value = run.figure(key), let limit = promise ?? run.eachLimit(latency), limit > 0
        else {
            let note =
                run.figure(key) == nil
                ? "of no request" : "median " + run.latency("median_\(latency)_ms")
            return Tile(name: name, value: run.latency(key), note: note, key: key)
        }
        return Tile(
            name: name, value: run.latency(key),
            note: VerdictBlock.use(value / limit).replacing(
                "its limit", with: "the \(Drawn.round(milliseconds: limit)) limit"),
            use: value / limit, key: key)
    }

    private func rate(_ key: String, _ other: String?, _ unit: String) -> String {
        let value = run.limits.isEmpty ? run.figure(other ?? key) : run.figure(key)
        guard let value else { return "–" }
        return (value >= 1000 ? Quantity.decimal(value, 0) : Quantity.significant(value)) + " "
            + unit
    }

    /// Definitions of terms, on every page about runs.
    static let footer: HTML = """
        Every figure is that of <code>summary.json</code>; charts are drawn from \
        <code>report.json</code>. TTFT: arrival to first token. TPOT: (E2E − TTFT) / (output \
        tokens − 1). ITL: gap between tokens. E2E: arrival to last token.
        """
}
