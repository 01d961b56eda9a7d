import Basics
import Foundation
import TestSupport
import Testing

private var snakeCase: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
}

@Suite("The page of explain --html")
struct ExplainPageTests {
    private func page(in folder: ScratchFolder, _ flags: [String] = []) throws -> String {
        let path = folder.path + "/step.html"
        let outcome = try Executable.run(["explain", "--html", path] + flags)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return path
    }

    /// The data of a page.
    private struct Data: Decodable {
        struct Model: Decodable {
            var name: String
            var command: String
            var formats: [Format]
        }
        struct Format: Decodable {
            var weights: String
            var sizes: [Size]
        }
        struct Size: Decodable {
            var tp: Int
            var gpus: Int
            var fit: Int
            var phases: [Phase]
        }
        struct Phase: Decodable {
            var name: String
            var parameters: Int64
            var flops: Int
            var weights: Int
            var kv: Int
            var time: Int
            var bound: Int
        }

        var contexts: [Int]
        var batches: [Int]
        var models: [Model]
        var boundNames: [String]
        var grids: [[[Double?]]]

        init(_ page: String) throws {
            let start = try #require(page.range(of: "<script type=\"application/json\" id=\"d\">"))
            let end = try #require(page[start.upperBound...].range(of: "</script>"))
            self = try snakeCase.decode(
                Self.self, from: Foundation.Data(page[start.upperBound..<end.lowerBound].utf8))
        }
    }

    /// What `explain --json` prints, as far as a page has it.
    private struct Explained: Decodable {
        struct Phase: Decodable {
            var name: String
            var parameters: Int64
            var flops: Double
            var weightBytes: Double
            var kvBytes: Double
            var timeUs: Double
            var bound: String
        }
        var sequencesThatFit: Int?
        var hostUs: Double
        var stepUs: Double
        var phases: [Phase]

        init(_ command: [String]) throws {
            let outcome = try Executable.run(command + ["--json"])
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            self = try snakeCase.decode(Self.self, from: Foundation.Data(outcome.output.utf8))
            guard hostUs > 0 else { return }
            phases.append(
                Phase(
                    name: "host", parameters: 0, flops: 0, weightBytes: 0, kvBytes: 0,
                    timeUs: hostUs, bound: "latency"))
        }
    }

    /// Compares every figure of one scenario of a page with what its command prints.
    private func compare(
        _ data: Data, _ model: Data.Model, _ format: Data.Format, _ size: Data.Size,
        batch: Int, context: Int
    ) throws {
        let command =
            model.command.split(separator: " ").dropFirst().map(String.init) + [
                "--weights", format.weights, "--tp", "\(size.tp)", "--context",
                "\(data.contexts[context])", "--batch", "\(data.batches[batch])",
            ]
        let explained = try Explained(command)
        func cell(_ grid: Int) -> Double? { data.grids[grid][batch][context] }
        let shown = size.phases.filter { cell($0.time) != nil }
        #expect(shown.map(\.name) == explained.phases.map(\.name), "\(command)")
        for (phase, wanted) in zip(shown, explained.phases) {
            let place: Comment = "\(command): \(phase.name)"
            #expect(phase.parameters == wanted.parameters, place)
            #expect(cell(phase.flops) == wanted.flops, place)
            #expect(cell(phase.weights) == wanted.weightBytes, place)
            #expect(cell(phase.kv) == wanted.kvBytes, place)
            #expect(abs(cell(phase.time)! - wanted.timeUs) < 0.000_6, place)
            #expect(data.boundNames[Int(cell(phase.bound)!)] == wanted.bound, place)
        }
        let sum = shown.reduce(0) { $0 + cell($1.time)! }
        #expect(abs(sum - explained.stepUs) < 0.02, "\(command)")
        #expect(cell(size.fit).map { Int($0) } == explained.sequencesThatFit, "\(command)")
    }

    @Test("every cell is what explain prints, on 1 to 8 GPUs, and nothing is loaded")
    func table() throws {
        let folder = try ScratchFolder()
        let text = try String(contentsOfFile: try page(in: folder), encoding: .utf8)
        #expect(text.utf8.count < 2_000_000)
        #expect(!text.contains("http://") && !text.contains("https://"))
        let data = try Data(text)
        let names = data.models.map(\.name)
        #expect(names.first == "llama-3.1-8b" && names.contains("deepseek-v3"))
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededRandom(seed: seed, stream: 0)
        // Every model on one size, every fourth on the same: the seed says which.
        for (index, model) in data.models.enumerated() {
            let format = model.formats[random.below(model.formats.count)]
            #expect(format.sizes.map(\.tp) == [1, 2, 4, 8])
            try compare(
                data, model, format, format.sizes[(index + Int(seed % 4)) % 4],
                batch: random.below(data.batches.count),
                context: random.below(data.contexts.count))
        }
    }

    @Test(
        "a page is priced with the flags of its call, and shows the same model without them",
        arguments: [
            (["--kv", "fp8", "--mha"], "--kv fp8 --mha"),
            (
                ["--weights", "int4", "--no-kv-cache", "--gpu-memory-utilization", "0.5"],
                "--gpu-memory-utilization 0.5 --no-kv-cache"
            ),
            (["--mqa", "--no-window", "--model", "gpt-oss-20b"], "--mqa --no-window"),
            (
                ["--tokens", "512", "--context", "3000", "--attention-kernel", "naive"],
                "--attention-kernel naive"
            ),
            (
                ["--spec-method", "mtp", "--spec-tokens", "1", "--model", "deepseek-v3"],
                "--spec-method mtp --spec-tokens 1"
            ),
            (
                ["--pp", "2", "--block-size", "32", "--model", "mixtral-8x7b"],
                "--pp 2 --block-size 32"
            ),
            (["--gpu", "a100-sxm", "--batch", "2000"], ""),
        ])
    func flags(_ flags: [String], _ told: String) throws {
        let folder = try ScratchFolder()
        let path = try page(in: folder, flags)
        let data = try Data(String(contentsOfFile: path, encoding: .utf8))
        func value(_ flag: String) -> String? {
            flags.firstIndex(of: flag).map { flags[$0 + 1] }
        }
        let name = value("--model") ?? "llama-3.1-8b"
        #expect(data.models[0].name == (told.isEmpty ? name : name + " " + told))
        #expect((data.models[1].name == name) == !told.isEmpty)
        if let weights = value("--weights") {
            #expect(data.models.allSatisfy { $0.formats[0].weights == weights })
        }
        let batch = try #require(data.batches.firstIndex(of: Int(value("--batch") ?? "1")!))
        let context = try #require(
            data.contexts.firstIndex(of: Int(value("--context") ?? "2048")!))
        for model in data.models.prefix(2) {
            let format = model.formats[0]
            let (first, last) = (format.sizes[0], format.sizes[format.sizes.count - 1])
            try compare(data, model, format, last, batch: batch, context: context)
            try compare(data, model, format, first, batch: 0, context: data.contexts.count - 1)
        }
    }

    /// Writes into the page what the test reads.
    private static let probe = """
        var root = document.documentElement;
        window.addEventListener('error', function(e) { root.dataset.error = e.message });
        window.addEventListener('load', function() {
          root.dataset.wide = root.scrollWidth > window.innerWidth;
          root.dataset.step = document.querySelector('#a .sum b').textContent;
          root.dataset.line = document.querySelector('#a .line').textContent;
          root.dataset.rows = [...document.querySelectorAll('#body tr')].map(function(row) {
            return [...row.children].map(function(c) { return c.textContent }).join('|')
          }).join(';') });
        """

    private func attribute(_ name: String, _ page: String) throws -> String {
        let start = try #require(page.range(of: "data-\(name)=\""))
        let end = try #require(page[start.upperBound...].firstIndex(of: "\""))
        return String(page[start.upperBound..<end])
    }

    /// Microseconds of a cell.
    private func microseconds(_ text: String) throws -> Double {
        let words = text.split(separator: " ")
        let units = ["µs": 1.0, "ms": 1e3, "s": 1e6]
        return try #require(
            Double(words[0].replacing(",", with: ""))) * units[String(words[1]), default: .nan]
    }

    @Test("a browser shows it whole, at a desk and on a phone, without an error")
    func browser() throws {
        guard try Executable.shell("command -v chromium").status == 0 else {
            print("skipped: chromium is not installed, the page was not opened")
            return
        }
        let folder = try ScratchFolder()
        for (flags, width) in [
            ([], 1280), (["--tp", "8", "--batch", "64"], 390),
            (["--model", "deepseek-v3", "--tp", "8", "--batch", "4"], 1280),
        ] {
            let path = try page(in: folder, flags)
            // A copy that says what it found.
            var text = try String(contentsOfFile: path, encoding: .utf8)
            text = text.replacing("<body>", with: "<body><script>\(Self.probe)</script>")
            let copy = try folder.write("copy.html", Foundation.Data(text.utf8))
            let shown = try Executable.shell(
                "chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=4000 "
                    + "--window-size=\(width),900 --dump-dom file://\(copy) 2>/dev/null",
                seconds: 60
            ).output
            #expect(shown.contains("data-wide=\"false\""), "\(flags)")
            #expect(!shown.contains("data-error"))
            let line = try attribute("line", shown)
            let explained = try Explained(line.split(separator: " ").dropFirst().map(String.init))
            let step = try microseconds(attribute("step", shown))
            #expect(abs(step / explained.stepUs - 1) < 0.006, "\(line)")
            let rows = try attribute("rows", shown).split(separator: ";").map {
                $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            }
            #expect(rows.dropLast().map { $0[0] } == explained.phases.map(\.name), "\(line)")
            for (row, phase) in zip(rows, explained.phases) {
                #expect(row[6] == (phase.timeUs > 0 ? phase.bound : ""), "\(line): \(row)")
                let time = row[5].isEmpty ? 0 : try microseconds(row[5])
                #expect(abs(time - phase.timeUs) <= 0.006 * phase.timeUs, "\(line): \(row)")
            }
        }
    }

    @Test("a file that cannot be written, and flags that do not go with it, are refused")
    func refusals() throws {
        for arguments in [
            ["--html", "/nowhere/page.html"], ["--html", "/"], ["--html", ""],
            ["--html", "x.html", "--over", "tp=1,2"], ["--html", "x.html", "--model", "none"],
            ["--html", "x.html", "--chunk", "512"], ["--html", "x.html", "--tp", "3"],
            ["--html", "x.html", "--input", "512", "--output", "5"],
        ] {
            let outcome = try Executable.run(["explain"] + arguments)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }
}
