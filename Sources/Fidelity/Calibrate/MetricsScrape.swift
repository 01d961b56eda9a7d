import Basics

/// A scrape of an engine's `/metrics` in Prometheus' text format, summed over label sets.
struct MetricsScrape: Sendable {
    let path: String
    /// Counters and gauges by name, including histograms' `_sum` and `_count`.
    private(set) var values: [String: Double] = [:]
    /// Cumulative counts by histogram and upper bound.
    private(set) var buckets: [String: [(bound: Double, count: Double)]] = [:]
    /// `num_gpu_blocks` of `vllm:cache_config_info`.
    private(set) var blocks: Int?
    /// Names of the served models, as the server was told them.
    private(set) var models: Set<String> = []
    /// Names of counters, by their `# TYPE`.
    private(set) var counters: Set<String> = []

    /// Reads a scrape's text.
    ///
    /// - Throws: `InputError` at the line for what is not a sample, and for buckets that decrease.
    init(_ text: String, path: String) throws {
        self.path = path
        var totals: [String: [Double: Double]] = [:]
        for (number, line) in TextLines(text) {
            let place = "\(path):\(number)"
            if line.first == "#" {
                let words = line.split(separator: " ")
                if words.count == 4, words[1] == "TYPE", words[3] == "counter" {
                    counters.insert(String(words[2]))
                }
                continue
            }
            guard line.hasPrefix("vllm:") else { continue }
            let sample = try Self.sample(line, place: place)
            if let model = sample.labels["model_name"] { models.insert(model) }
            if sample.name == "vllm:cache_config_info" {
                blocks = sample.labels["num_gpu_blocks"].flatMap { Int($0) } ?? blocks
            }
            guard sample.name.hasSuffix("_bucket") else {
                values[sample.name, default: 0] += sample.value
                continue
            }
            let word = sample.labels["le"] ?? ""
            guard let bound = word == "+Inf" ? .infinity : Double(word), !bound.isNaN else {
                throw InputError(
                    place, "the bucket's bound is \"\(word.echoed(atMost: 40))\"",
                    expected: "le with a number or +Inf")
            }
            totals[String(sample.name.dropLast(7)), default: [:]][bound, default: 0] += sample.value
        }
        buckets = totals.mapValues { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        try checkBuckets()
        guard values["vllm:spec_decode_num_accepted_tokens_total"] ?? 0 == 0 else {
            throw InputError(
                path, "the server drafts tokens: a step delivers several of a request",
                expected: "the /metrics of a server without speculative decoding")
        }
        guard values["vllm:time_to_first_token_seconds_count"] != nil else {
            throw InputError(
                path, "has no vllm:time_to_first_token_seconds",
                expected: "the /metrics of a vLLM server")
        }
    }

    private func checkBuckets() throws {
        for (name, list) in buckets.sorted(by: { $0.key < $1.key }) {
            for (one, next) in zip(list, list.dropFirst()) where next.count < one.count {
                throw InputError(
                    path, "the buckets of \(name) fall from \(one.count) to \(next.count)",
                    expected: "cumulative counts, le by le")
            }
            guard let last = list.last, last.bound == .infinity else {
                throw InputError(
                    path, "\(name) has no bucket le=\"+Inf\"", expected: "a whole scrape")
            }
            if let count = values[name + "_count"], last.count != count {
                throw InputError(
                    path, "\(name) has \(count) values and \(last.count) in its last bucket",
                    expected: "a whole scrape")
            }
        }
    }

    private struct Sample {
        var name: String
        var labels: [String: String] = [:]
        var value: Double
    }

    /// Reads `name{label="value",...} number [time]`.
    private static func sample(_ line: Substring, place: String) throws -> Sample {
        func problem(_ what: String) -> InputError {
            InputError(place, what, expected: "name{label=\"value\"} number")
        }
        var rest = line
        let name = rest.prefix { $0 != "{" && $0 != " " }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                guard let equals = rest.firstIndex(of: "=") else {
                    throw problem("the labels are cut off")
                }
                let key = rest[..<equals].drop { $0 == "," || $0 == " " }
                rest = rest[equals...].dropFirst()
                guard rest.first == "\"" else { throw problem("a label has no quoted value") }
                rest = rest.dropFirst()
                var value = ""
                while let next = rest.popFirst(), next != "\"" {
                    value.append(next == "\\" ? rest.popFirst() ?? next : next)
                }
                labels[String(key)] = value
                guard !rest.isEmpty else { throw problem("the labels are cut off") }
            }
            rest = rest.dropFirst()
        }
        let words = rest.split(separator: " ")
        guard let word = words.first, words.count <= 2, let value = Double(word), value.isFinite,
            value >= 0
        else {
            throw problem("\(String(rest).echoed(atMost: 40)) is not a finite number of at least 0")
        }
        return Sample(name: String(name), labels: labels, value: value)
    }

    /// Increase of a counter, or of a part of a histogram, since an earlier scrape; nil if either
    /// lacks it.
    ///
    /// - Throws: `InputError` for a value that decreased.
    func since(_ before: MetricsScrape, _ name: String) throws -> Double? {
        guard let now = values["vllm:" + name] else { return nil }
        let then = before.values["vllm:" + name] ?? 0
        guard now >= then else {
            throw InputError(
                path, "vllm:\(name) goes back from \(then) to \(now)",
                expected: "\(before.path) before \(path), of a server that was not restarted")
        }
        return now - then
    }

    /// The mean of a histogram's values between two scrapes, and their number; nil if there are
    /// none.
    ///
    /// - Throws: as `since`.
    func mean(since before: MetricsScrape, _ name: String) throws -> (mean: Double, count: Double)?
    {
        guard let count = try since(before, name + "_count"), count > 0,
            let sum = try since(before, name + "_sum")
        else { return nil }
        return (sum / count, count)
    }

    /// Throws if a bucket of any histogram decreased.
    func checkBuckets(since before: MetricsScrape) throws {
        for (name, list) in buckets.sorted(by: { $0.key < $1.key }) {
            let earlier = Dictionary(
                before.buckets[name]?.map { ($0.bound, $0.count) } ?? [],
                uniquingKeysWith: { first, _ in first })
            for (bound, count) in list where count < earlier[bound] ?? 0 {
                throw InputError(
                    path, "a bucket of \(name) goes back from \(earlier[bound]!) to \(count)",
                    expected: "\(before.path) before \(path), of a server that was not restarted")
            }
        }
    }
}
