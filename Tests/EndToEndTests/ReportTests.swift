import Basics
import Foundation
import TestSupport
import Testing

/// `headway report`, from run folders to pages that a browser opens.
@Suite("Reports, end to end")
struct ReportTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func shell(_ line: String, seconds: Double = 200) throws -> Executable.Outcome {
        try Executable.shell(line, in: scratch.path, seconds: seconds)
    }

    /// Makes a run and says whether it can be drawn.
    private func run(_ name: String, _ arguments: String) throws -> Bool {
        let outcome = try shell("\"$HEADWAY\" run --quiet \(arguments) --out '\(name)'")
        try #require(outcome.status == 0, "\(outcome.errors)")
        guard FileManager.default.fileExists(atPath: "\(scratch.path)/\(name)/report.json") else {
            print("skipped: headway run --out writes no report.json yet, so nothing is drawn")
            return false
        }
        return true
    }

    private func report(_ arguments: String) throws -> String {
        let outcome = try shell("\"$HEADWAY\" report \(arguments) -o page.html")
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("page.html: ") && outcome.output.contains("kB"))
        return try scratch.text("page.html")
    }

    private static let divided = "--limit 400 --set output.latency_breakdown=true"

    private static let sections = [
        "trust", "latency", "time", "replicas", "parts", "slow", "run", "next",
    ]

    /// What every page is held to.
    private func check(_ page: String, sections: [String]) {
        let markup = PageMarkup(page)
        #expect(markup.problems == [])
        #expect(markup.fetched == ["data:,"], "nothing is fetched")
        #expect(!page.contains("@import") && !page.contains("url("))
        #expect(page.utf8.count < 2_000_000)
        #expect(page.contains("default-src 'none'"))
        for id in sections { #expect(markup.ids.contains(id), "the section \(id)") }
    }

    @Test("a page tells that the hits of a trace without content are not known")
    func noContent() throws {
        let rows = (0..<9).map { "2023-11-16 18:15:4\($0),374,4\n" }.joined()
        let text = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + rows
        _ = try scratch.write("t.csv", Array(text.utf8))
        guard try run("r", "--trace t.csv --set cluster.replicas=1") else { return }
        let page = try report("r")
        #expect(page.contains("not known, the trace holds no content"))
        #expect(!page.contains("Prefix cache hits"))
    }

    @Test("a page of a run is whole, and the same every time")
    func page() throws {
        guard try run("r", Self.divided) else { return }
        let page = try report("r")
        check(page, sections: Self.sections)
        #expect(try report("r") == page)
        let summary = try JSONSerialization.jsonObject(
            with: Data(try scratch.text("r/summary.json").utf8))
        let figures = try #require(summary as? [String: Any])
        #expect(page.contains("digest \(figures["digest"] as? String ?? "none")"))
    }

    @Test("says what the run page says at its top and in its notes")
    func parity() throws {
        for (name, keys, words) in [
            (
                "growing", "trace.rate_scale=2.9",
                ["Growing.", "Requests stay behind, ", "99 % is taken"]
            ),
            ("over", "trace.rate_scale=8 trace.limit=3000 cluster.replicas=1", ["Overloaded."]),
            ("calm", "trace.limit=300", ["The SLO holds.", "99 % is taken"]),
        ] {
            let line = "\"$HEADWAY\" run --quiet --set \(keys) --out \(name)"
            let text = try shell(line).output
            let page = try report(name).replacing(/<[^>]*>/, with: "")
                .replacing("&#39;", with: "'").replacing("&gt;", with: ">")
                .replacing("\u{A0}", with: " ").replacing("’", with: "'")
            // The words of the page's lines, however they are broken.
            func joined(_ text: some StringProtocol) -> String {
                text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
            }
            let all = joined(page)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let start = try #require(lines.firstIndex { $0.hasPrefix("Bound by ") })
            let bound = lines[start...].prefix {
                !$0.isEmpty && ($0.hasPrefix("Bound by ") || $0.hasPrefix("    "))
            }
            #expect(all.contains(joined(bound.joined(separator: " "))), "\(bound)")
            for words in words { #expect(all.contains(words), "\(name): \(words)") }
            #expect(text.contains("GROWING") == all.contains("Growing."), "\(name)")
            #expect(text.contains("OVERLOADED") == all.contains("Overloaded."), "\(name)")
            if let growth = text.components(separatedBy: "GROWING ").dropFirst().first {
                let sentence = joined(growth.components(separatedBy: "Bound by")[0])
                #expect(all.contains(String(sentence.dropFirst())), "\(sentence)")
            }
            let notes = text.components(separatedBy: "Note: ").dropFirst()
            for note in notes {
                let sentence = joined(note.components(separatedBy: "\n\n")[0])
                #expect(all.contains(sentence), "\(name): \(sentence)")
            }
            #expect(!notes.isEmpty)
        }
    }

    @Test("a slow first token is laid to what came before it, others' prefill too")
    func slowFirstTokens() throws {
        let crowd = """
            --set cluster.replicas=1 trace.random_input_len=4000 trace.random_output_len=40 \
            trace.limit=16 engine.long_prefill_token_threshold=256
            """
        guard try run("crowd", crowd) else { return }
        let page = try report("crowd")
        let begin = try #require(page.range(of: "By time to first token")?.upperBound)
        let end = try #require(page.range(of: "By end-to-end latency")?.lowerBound)
        let table = page[begin..<end]
        // Sixteen prompts are computed in turn, a piece a step: the others' pieces are the wait.
        #expect(table.contains("prefill") && table.contains("others"))
        #expect(!table.contains("own decode"))
    }

    @Test("commands of a page can be pasted")
    func commands() throws {
        guard try run("r r", Self.divided) else { return }
        let page = try report("'r r'")
        let pre = try #require(page.matches(of: /(?s)<pre tabindex="0">(.*?)<\/pre>/).last).1
        let lines = pre.replacing("&#39;", with: "'").replacing("&amp;", with: "&")
            .split(separator: "\n").filter { $0.hasPrefix("headway ") }
        #expect(lines.count >= 3 && lines.contains { $0.contains("trace.rate_scale=") })
        for line in lines {
            let call = String(line).replacing(
                "headway run", with: "\"$HEADWAY\" run --quiet --limit 100"
            )
            .replacing("headway report", with: "\"$HEADWAY\" report")
            let outcome = try shell(call)
            #expect(outcome.status == 0, "\(line): \(outcome.errors)")
        }
    }

    @Test("in a browser: no error, no request, figures of summary.json, nothing overlaps")
    func browser() throws {
        guard Browser.path != nil else {
            print("skipped: no chromium is installed, so pages are not opened in a browser")
            return
        }
        guard try run("r", Self.divided) else { return }
        let page = try report("r")
        let object = try JSONSerialization.jsonObject(
            with: Data(try scratch.text("r/summary.json").utf8))
        let summary = try #require(object as? [String: Any])
        for (width, dark) in [(390, false), (1280, true)] {
            let visit = try #require(
                try Browser.visit(page, width: width, in: scratch, dark: dark), "\(width)")
            #expect(visit.errors == [], "\(width)")
            #expect(visit.fetched == [], "\(width)")
            #expect(visit.width == width && visit.scrollWidth <= width, "\(visit.scrollWidth)")
            #expect(visit.overlaps == [], "\(width)")
            #expect(visit.readings.count >= 12 && !visit.readings.contains(""), "\(width)")
            #expect(Set(visit.sections.keys) == Set(Self.sections))
            for (key, text) in visit.figures {
                let value = try #require(summary[key] as? Double, "\(key)")
                #expect(Self.isSame(text, value), "\(key): \(text) of \(value)")
            }
            #expect(visit.figures.count >= 30)
        }
    }

    @Test("in a browser: comparisons and traces are as sound, on a phone and on a desk")
    func otherPages() throws {
        guard Browser.path != nil,
            try run("a", Self.divided),
            try run("b", Self.divided + " engine.max_num_batched_tokens=512")
        else { return }
        let chat = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path
        for operands in ["a b", "a b a", "'\(chat)' --limit 1000"] {
            let page = try report(operands)
            for width in [390, 1280] {
                let visit = try #require(try Browser.visit(page, width: width, in: scratch))
                #expect(visit.errors == [] && visit.fetched == [], "\(operands), \(width)")
                #expect(visit.scrollWidth <= width, "\(operands), \(width)")
                #expect(visit.overlaps == [], "\(operands), \(width)")
                #expect(!visit.readings.contains(""), "\(operands), \(width)")
            }
        }
    }

    @Test("the browser's eyes see what is wrong with a page")
    func broken() throws {
        guard Browser.path != nil else { return }
        let page = """
            <!doctype html><html><head><meta http-equiv="Content-Security-Policy" \
            content="default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline'">\
            </head><body><main><h1 style="position:absolute;top:0">one</h1>\
            <h2 style="position:absolute;top:5px">two</h2><div style="width:900px">wide</div>\
            <img src="http://127.0.0.1:9/x.png"><script>nothing()</script></main></body></html>
            """
        let visit = try #require(try Browser.visit(page, width: 390, in: scratch))
        #expect(visit.errors.contains { $0.contains("nothing") }, "\(visit.errors)")
        #expect(visit.errors.contains { $0.contains("img-src") }, "\(visit.errors)")
        #expect(visit.scrollWidth >= 900)
        #expect(visit.overlaps == ["one | two"])
    }

    /// Whether a text is a number, to the three digits that it shows.
    static func isSame(_ text: String, _ value: Double) -> Bool {
        let text = text.replacing("\u{A0}", with: " ")
        let units: [(String, Double)] = [
            (" µs", 1e-3), (" ms", 1), (" s", 1000), (" %", 0.01), (" requests/s", 1),
            (" tokens/s", 1), (" requests", 1),
        ]
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = text.prefix { "0123456789.,-".contains($0) }.replacing(",", with: "")
        guard let number = Double(digits) else { return false }
        let shown = number * (unit?.1 ?? 1)
        return abs(shown - value) <= max(0.006 * abs(value), 0.000_51)
    }

    @Test("two runs are overlaid with a verdict; more stand side by side")
    func several() throws {
        guard try run("a", Self.divided),
            try run("b", Self.divided + " engine.max_num_batched_tokens=512"),
            try run("c", "--limit 300")
        else { return }
        let pair = try report("a b")
        check(
            pair,
            sections: ["keys", "change", "latency", "time", "replicas", "parts", "next", "top"])
        #expect(pair.contains("engine.max_num_batched_tokens"))
        #expect(pair.contains("95 % interval"))
        let three = try report("a b c")
        check(three, sections: ["figures", "latency", "next"])
        #expect(three.contains("A and C are not paired."))
        #expect(three.contains("C c</th>"))
        let same = try report("a a")
        #expect(same.contains("B is identical to A."))
    }

    @Test("runs without an answer, with one request, and on 256 replicas")
    func extremes() throws {
        guard try run("one", "--limit 1"),
            try run("none", "--limit 20 --set engine.max_model_len=10"),
            // A file: the built-in recipe at such a rate has a long warm-up to draw.
            try run(
                "wide",
                "--trace \(packageRoot.path)/traces/chat.jsonl.gz --limit 300"
                    + " --set cluster.replicas=256 hardware.nodes=32 trace.rate_scale=50")
        else { return }
        let one = try report("one")
        check(one, sections: Self.sections)
        #expect(one.contains("output.latency_breakdown=true"))
        let none = try report("none")
        check(none, sections: ["trust", "latency", "run", "next"])
        #expect(none.contains("No request finished."))
        let wide = try report("wide")
        check(wide, sections: Self.sections)
        #expect(wide.contains("mean of 8 neighbouring replicas"))
        #expect(wide.contains("replica 248–255"))
    }

    @Test("names of traces and folders never become markup")
    func hostile() throws {
        let name = "<script>alert(1)<\\/script>&\"'<img src=x onerror=alert(2)>.csv"
            .replacing("\\/", with: "")
        let rows = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,5\n1,200,5\n"
        _ = try scratch.write(name, Data(rows.utf8))
        _ = try scratch.write("list.txt", Data(name.utf8))
        let outcome = try shell(
            "\"$HEADWAY\" report \"$(cat list.txt)\" -o page.html")
        try #require(outcome.status == 0, "\(outcome.errors)")
        let trace = try scratch.text("page.html")
        check(trace, sections: ["rate", "lengths", "next"])
        #expect(!trace.contains("<script>alert") && !trace.contains("<img"))
        let made = try shell(
            "\"$HEADWAY\" run --quiet --trace \"$(cat list.txt)\" --out '<b>&r'")
        try #require(made.status == 0, "\(made.errors)")
        let page = try shell("\"$HEADWAY\" report '<b>&r' -o page.html")
        guard page.status == 0 else {
            #expect(page.errors.contains("report.json"))
            return
        }
        let run = try scratch.text("page.html")
        check(run, sections: Self.sections)
        #expect(!run.contains("<script>alert") && !run.contains("<img") && !run.contains("<b>&r"))
        #expect(run.contains("&lt;script&gt;"))
    }

    @Test("the picture is one small SVG of its own")
    func picture() throws {
        guard try run("r", "--limit 300") else { return }
        let outcome = try shell("\"$HEADWAY\" report r --picture run.svg")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("run.svg: "))
        let svg = try scratch.text("run.svg")
        #expect(PageMarkup(svg).problems == [])
        #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(svg.utf8.count < 100_000 && !svg.contains("<script") && !svg.contains("href"))
    }

    /// Calls that are refused, what is made before, and a word of the answer.
    private static let refused: [(setUp: String, call: String, answer: String)] = [
        ("", "", "no operand"),
        ("", "x", "no file to write"),
        ("", "nowhere -o p.html", "nowhere: is not there"),
        ("mkdir d", "d -o p.html", "no summary.json"),
        ("mkdir d; echo x > d/summary.json", "d -o p.html", "not the summary"),
        ("mkdir d .d; mkdir d/.headway-partial-1", "d -o p.html", "interrupted"),
        ("echo x > summary.json", "summary.json -o p.html", "the run's folder"),
        ("echo 'not a trace' > t.csv", "t.csv -o p.html", "t.csv:1"),
        (": > t.csv", "t.csv -o p.html", "t.csv"),
        ("", "\"$CHAT\" -o nowhere/p.html", "nowhere/p.html"),
        ("mkdir d", "\"$CHAT\" -o d", "it is a folder"),
        ("", "\"$CHAT\" -o ''", "--out"),
        ("", "\"$CHAT\" -o -", "-"),
        ("", "\"$CHAT\" -o", "no value"),
        ("", "\"$CHAT\" -o a --out b", "given twice"),
        ("", "\"$CHAT\" -o p.html --picture p.html", "the same file"),
        ("", "\"$CHAT\" --picture p.svg", "one run"),
        ("", "\"$CHAT\" \"$CHAT\" -o p.html", "not a run"),
        ("", "\"$CHAT\" -o p.html --limit 0", "--limit"),
        ("", "a b c d e f g h i j k l m -o p.html", "13 operands"),
        ("\"$HEADWAY\" run --quiet --limit 5 --out r", "r -o p.html --limit 3", "for traces only"),
        (
            "\"$HEADWAY\" run --quiet --limit 5 --out r; echo >> r/requests.csv", "r -o p.html",
            "not as the run wrote it"
        ),
        (
            "\"$HEADWAY\" run --quiet --limit 5 --out r; rm -f r/report.json", "r -o p.html",
            "report.json"
        ),
        ("mkfifo pipe", "pipe -o p.html", "read twice"),
        ("cp \"$CHAT\" c.gz", "c.gz -o c.gz", "c.gz"),
    ]

    @Test("what cannot be drawn is refused in one line, and nothing is written")
    func refusals() throws {
        let chat = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path
        for (number, item) in Self.refused.enumerated() {
            let setUp = item.setUp.isEmpty ? ":" : item.setUp
            let outcome = try shell(
                "CHAT='\(chat)'; mkdir \(number) && cd \(number) && { \(setUp); } "
                    + "&& \"$HEADWAY\" report \(item.call)")
            #expect(outcome.status == 2, "\(item.call): \(outcome.output)")
            #expect(outcome.errors.hasPrefix("headway: "), "\(item.call)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains(item.answer), "\(item.call): \(outcome.errors)")
            let names = try FileManager.default.contentsOfDirectory(
                atPath: "\(scratch.path)/\(number)")
            #expect(!names.contains { $0.hasPrefix("p.") || $0.contains("headway-partial") })
        }
    }
}
