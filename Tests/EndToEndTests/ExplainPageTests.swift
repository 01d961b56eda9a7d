import Foundation
import TestSupport
import Testing

@Suite("The page of explain --html")
struct ExplainPageTests {
    private func page(in folder: ScratchFolder) throws -> String {
        let path = folder.path + "/step.html"
        let outcome = try Executable.run(["explain", "--html", path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return path
    }

    @Test("its table holds what explain prints, and it loads nothing from elsewhere")
    func table() throws {
        let folder = try ScratchFolder()
        let text = try String(contentsOfFile: try page(in: folder), encoding: .utf8)
        #expect(text.utf8.count < 2_000_000)
        #expect(!text.contains("http://") && !text.contains("https://"))
        let start = try #require(text.range(of: "<script type=\"application/json\" id=\"d\">"))
        let end = try #require(text[start.upperBound...].range(of: "</script>"))
        let data = Data(text[start.upperBound..<end.lowerBound].utf8)
        let grid = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let models = try #require(grid["models"] as? [[String: Any]])
        let names = models.compactMap { $0["name"] as? String }
        #expect(names.first == "llama-3.1-8b" && names.contains("deepseek-v3"))
        let (batches, contexts) = (
            try #require(grid["batches"] as? [Int]), try #require(grid["contexts"] as? [Int])
        )
        for (model, format, size, batch, context) in [
            (0, 0, 0, 0, 1), (1, 0, 2, 5, 4), (3, 0, 3, 3, 2), (4, 0, 3, 8, 0),
        ] {
            let formats = try #require(models[model]["formats"] as? [[String: Any]])
            let sizes = try #require(formats[format]["sizes"] as? [[String: Any]])
            let times = try #require(sizes[size]["time_us"] as? [[[Double]]])
            let explained = try Executable.run([
                "explain", "--json", "--model", names[model], "--weights",
                formats[format]["weights"] as? String ?? "", "--tp", "\(1 << size)", "--batch",
                "\(batches[batch])", "--context", "\(contexts[context])",
            ])
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(explained.output.utf8))
                    as? [String: Any])
            let whole = try #require(json["step_us"] as? Double)
            let sum = times.reduce(0) { $0 + $1[batch][context] }
            #expect(abs(sum - whole) < 0.02, "\(names[model])")
            let phases = try #require(json["phases"] as? [[String: Any]])
            let bytes = try #require(formats[format]["weight_bytes"] as? [[Double]])
            let read = bytes.reduce(0) { $0 + $1[batch] }
            let wanted = phases.reduce(0.0) { $0 + ($1["weight_bytes"] as? Double ?? 0) }
            #expect(abs(read - wanted) <= 1e-9 * wanted)
        }
    }

    /// Writes into the page what the test reads.
    private static let probe = """
        var root = document.documentElement;
        window.addEventListener('error', function(e) { root.dataset.error = e.message });
        window.addEventListener('load', function() {
          root.dataset.wide = root.scrollWidth > window.innerWidth;
          root.dataset.rows = document.querySelectorAll('#body tr').length;
          root.dataset.step = document.querySelector('#a .sum b').textContent });
        """

    @Test("a browser shows it whole, at a desk and on a phone, without an error")
    func browser() throws {
        guard try Executable.shell("command -v chromium").status == 0 else {
            print("skipped: chromium is not installed, the page was not opened")
            return
        }
        let folder = try ScratchFolder()
        let path = try page(in: folder)
        // A copy that says what it found.
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text = text.replacing("<body>", with: "<body><script>\(Self.probe)</script>")
        let copy = try folder.write("copy.html", Data(text.utf8))
        for width in [1280, 390] {
            let shown = try Executable.shell(
                "chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=4000 "
                    + "--window-size=\(width),900 --dump-dom file://\(copy) 2>/dev/null",
                seconds: 60)
            #expect(shown.output.contains("data-wide=\"false\""), "\(width)")
            #expect(!shown.output.contains("data-error"))
            #expect(shown.output.contains("data-rows=\"16\""))
            #expect(shown.output.contains("data-step=\"6.63 ms\""))
        }
    }

    @Test("a file that cannot be written, and flags that do not go with it, are refused")
    func refusals() throws {
        for arguments in [
            ["--html", "/nowhere/page.html"], ["--html", "/"], ["--html", ""],
            ["--html", "x.html", "--over", "tp=1,2"], ["--html", "x.html", "--model", "none"],
        ] {
            let outcome = try Executable.run(["explain"] + arguments)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }
}
