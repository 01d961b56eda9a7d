import Basics
import Foundation

extension BenchmarkLine {
    /// The random dataset.
    mutating func drawRandom() throws {
        try refusePath()
        // Requests of this dataset ignore the end of sequence where the server understands that.
        let others = ["tgi", "tensorrt-llm", "deepspeed-mii"]
        if !others.contains(values["backend"] ?? "") { changes.append("trace.stop=length") }
        draw(
            input: values["input-len"] ?? values["random-input-len"] ?? "1024",
            output: values["output-len"] ?? values["random-output-len"] ?? "128",
            requests: values["num-prompts"] ?? "1000")
        if let prefix = values["random-prefix-len"] {
            changes.append("trace.random_prefix_len=\(prefix)")
        }
        guard let ratio = values["random-range-ratio"] else { return }
        guard ratio.contains("{") else {
            changes.append("trace.random_range_ratio=\(ratio)")
            return
        }
        guard
            case .object(let ratios)? = try? ConfigurationValue.parse(
                Data(ratio.utf8), place: "--bench"), ratios.keys.sorted() == ["input", "output"]
        else {
            throw InputError(
                "--bench", "--random-range-ratio \(ratio.echoed()) is no ratio",
                expected: "a number, or {\"input\": 0.3, \"output\": 0.5}")
        }
        changes.append("trace.random_range_ratio=\(ratios["input"]!.source)")
        changes.append("trace.random_output_range_ratio=\(ratios["output"]!.source)")
    }

    /// The prefix_repetition dataset: as many requests of each prefix as go evenly into all.
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
            input: values["prefix-repetition-suffix-len"] ?? "256",
            output: values["output-len"] ?? values["prefix-repetition-output-len"] ?? "128",
            requests: String(all / count * count))
        changes.append(
            "trace.random_prefix_len=\(values["prefix-repetition-prefix-len"] ?? "256")")
        changes.append("trace.random_num_prefixes=\(count)")
    }

    private mutating func draw(input: String, output: String, requests: String) {
        changes += [
            "trace.file=null", "trace.random_input_len=\(input)",
            "trace.random_output_len=\(output)", "trace.limit=\(requests)",
        ]
    }

    private func refusePath() throws {
        guard let path = values["dataset-path"] else { return }
        throw InputError(
            "--bench", "--dataset-path \(path.echoed()) is of no use with a dataset that is drawn",
            expected: "--dataset-name timed_trace, or a line without it")
    }

    /// A trace in Mooncake's keys, in the benchmark's units: 16 tokens a hash and seconds unless it
    /// says otherwise.
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
                "--bench", "--timed-trace-sec-multiplier \(multiplier.echoed()) is no unit",
                expected: "1, 0.001, 1e-6 or 1e-9, and trace.rate_scale for another pace")
        }
        changes += [
            "trace.random_input_len=null", "trace.file=\(path)", "trace.format=timed_trace",
            "trace.time_unit=\(unit.1)",
            "trace.block_size=\(values["timed-trace-chunk-hash-size"] ?? "16")",
            "trace.limit=\(values["num-prompts"] ?? "1000")", "trace.stop=length",
        ]
    }
}
