import Basics
import Foundation

extension BenchmarkLine {
    /// Sets the keys of the random dataset.
    mutating func drawRandom() throws {
        try refusePath()
        // Requests of this dataset ignore the end of sequence, if the server supports that.
        let others = ["tgi", "tensorrt-llm", "deepspeed-mii"]
        if !others.contains(values["backend"] ?? "") { changes.append("trace.stop=length") }
        draw(
            input: ["input-len", "random-input-len"], or: "1024",
            output: ["output-len", "random-output-len"], requests: values["num-prompts"] ?? "1000")
        if let prefix = values["random-prefix-len"] {
            set("trace.random_prefix_len", prefix, from: "random-prefix-len")
        }
        guard let ratio = values["random-range-ratio"] else { return }
        guard ratio.contains("{") else {
            set("trace.random_range_ratio", ratio, from: "random-range-ratio")
            return
        }
        guard
            case .object(let ratios)? = try? ConfigurationValue.parse(
                Data(ratio.utf8), place: "--bench"), ratios.keys.sorted() == ["input", "output"]
        else {
            throw InputError(
                "--bench", "--random-range-ratio \(ratio.echoed()) is not a ratio",
                expected: "a number, or {\"input\": 0.3, \"output\": 0.5}")
        }
        for (key, part) in [("range_ratio", "input"), ("output_range_ratio", "output")] {
            set("trace.random_" + key, ratios[part]!.source, from: "random-range-ratio")
        }
    }

    /// Sets the keys of the prefix_repetition dataset: each prefix gets the same whole number of
    /// requests.
    mutating func drawPrefixes() throws {
        try refusePath()
        let prefixes = values["prefix-repetition-num-prefixes"] ?? "10"
        let requests = values["num-prompts"] ?? "1000"
        guard let count = Int(prefixes), count > 0, let all = Int(requests), all >= count else {
            throw InputError(
                "--bench", "\(requests.echoed()) prompts are fewer than the prefixes",
                expected: "--num-prompts of at least --prefix-repetition-num-prefixes")
        }
        draw(
            input: ["prefix-repetition-suffix-len"], or: "256",
            output: ["output-len", "prefix-repetition-output-len"],
            requests: String(all / count * count))
        let prefix = "prefix-repetition-prefix-len"
        set("trace.random_prefix_len", values[prefix] ?? "256", from: prefix)
        set("trace.random_num_prefixes", prefixes, from: "prefix-repetition-num-prefixes")
    }

    /// Sets a dataset's lengths, each from the first of some flags that the line gives, and its
    /// number of requests.
    private mutating func draw(
        input: [String], or usual: String, output: [String], requests: String
    ) {
        changes.append("trace.file=null")
        for (key, flags, other) in [
            ("trace.random_input_len", input, usual), ("trace.random_output_len", output, "128"),
        ] {
            let flag = flags.first { values[$0] != nil }
            set(key, flag.flatMap { values[$0] } ?? other, from: flag ?? flags[0])
        }
        set("trace.limit", requests, from: "num-prompts")
    }

    private func refusePath() throws {
        guard let path = values["dataset-path"] else { return }
        throw InputError(
            "--bench", "--dataset-path \(path.echoed()) is of no use with a dataset that is drawn",
            expected: "--dataset-name timed_trace, or a line without it")
    }

    /// Sets the keys of a trace in Mooncake's format, in the benchmark's units: 16 tokens per hash,
    /// and seconds, unless the line says otherwise.
    mutating func readTrace() throws {
        guard let path = values["dataset-path"] else {
            throw InputError(
                "--bench", "--dataset-name timed_trace names no file",
                expected: "--dataset-path FILE")
        }
        let multiplier = values["timed-trace-sec-multiplier"] ?? "1"
        let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")]
        guard let factor = Double(multiplier), let unit = units.first(where: { $0.0 == factor })
        else {
            throw InputError(
                "--bench", "--timed-trace-sec-multiplier \(multiplier.echoed()) is not a unit",
                expected: "1, 0.001, 1e-6 or 1e-9, and trace.rate_scale for another pace")
        }
        changes += [
            "trace.random_input_len=null", "trace.file=\(path)", "trace.format=timed_trace",
            "trace.time_unit=\(unit.1)", "trace.stop=length",
        ]
        let chunk = "timed-trace-chunk-hash-size"
        set("trace.block_size", values[chunk] ?? "16", from: chunk)
        set("trace.limit", values["num-prompts"] ?? "1000", from: "num-prompts")
    }
}
