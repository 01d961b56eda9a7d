import Foundation
import TestSupport
import Testing
import Traces

@testable import Reports

/// The pieces that pages are made of.
@Suite("Pieces of a page")
struct PageMarkupTests {
    @Test("what is put into a literal is escaped, markup is not")
    func escaping() {
        let name = "<script>alert('1')</script> & \"x\"\u{202E}\u{7}"
        let piece: HTML = "<b title=\"\(name)\">\(name)\("<i>ok</i>" as HTML)</b>"
        let safe =
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;\u{FFFD}\u{FFFD}"
        #expect(piece.text == "<b title=\"\(safe)\">\(safe)<i>ok</i></b>")
        // A byte of a path that is no UTF-8.
        #expect(HTML.escaped("a\u{10FEE9}<") == "a\\xE9&lt;")
    }

    @Test("a coordinate has at most two decimals and no zeros at the end")
    func numbers() {
        let cases: [(Double, String)] = [
            (0, "0"), (-0.001, "0"), (12.5, "12.5"), (12.345, "12.35"), (-3.07, "-3.07"),
            (1000, "1000"), (0.004, "0"), (0.999, "1"), (.nan, "0"), (.infinity, "0"),
            (1e12, "0"),
        ]
        for (value, text) in cases { #expect(Drawn.number(value) == text) }
        #expect(Drawn.share(1) == "100 %")
        #expect(Drawn.share(0.99998) == "99.998 %")
        #expect(Drawn.share(0.5312) == "53.1 %")
        #expect(Drawn.round(milliseconds: 40) == "40 ms")
        #expect(Drawn.round(milliseconds: 0.2) == "200 µs")
        #expect(Drawn.round(milliseconds: 10_000) == "10 s")
        #expect(Drawn.short(16_000) == "16k" && Drawn.short(1.5e6) == "1.5M")
        #expect(Drawn.clock(322, step: 2) == "5:22" && Drawn.clock(3725, step: 60) == "1:02:05")
    }

    @Test("axes begin and end at round numbers and hold their values")
    func axes() {
        let axis = Axis.fromZero(to: 84.5, steps: 2)
        #expect(axis.ticks.map(\.value) == [0, 50, 100])
        #expect(axis.place(50) == 0.5 && axis.place(-1) == 0 && axis.place(1e9) == 1)
        #expect(Axis.fromZero(to: 0).high == 1)
        let log = Axis.logarithmic(from: 0.7, to: 4200) { "\($0)" }
        #expect(log.low == 0.5 && log.high == 5000 && log.ticks.map(\.value) == [1, 10, 100, 1000])
        #expect(abs(log.place(50) - 0.5) < 1e-9)
        #expect(abs(log.value(at: log.place(123)) - 123) < 1e-9)
        for (low, high) in [(1e-9, 1e12), (5, 5), (0, 0), (-1, .nan), (1, 1.0001)] {
            let axis = Axis.logarithmic(from: low, to: high, label: Drawn.short)
            #expect(axis.low > 0 && axis.high > axis.low && !axis.ticks.isEmpty)
            #expect(axis.ticks.count <= 9 && axis.place(axis.high) == 1)
        }
        for seconds in [1e-6, 0.3, 59, 322, 7000, 90_000, 3e6, .infinity] {
            let axis = Axis.time(seconds)
            #expect((2...9).contains(axis.ticks.count), "\(seconds)")
            #expect(axis.ticks.allSatisfy { axis.contains($0.value) })
        }
    }

    @Test("a step is 1, 2 or 5 times a power of ten")
    func steps() {
        for (least, step) in [(0.89, 1.0), (1, 1), (1.01, 2), (2.1, 5), (5.5, 10), (0.03, 0.05)] {
            #expect(abs(Axis.roundStep(least) - step) < 1e-12 * step, "\(least)")
        }
    }

    @Test("a distribution never falls and reaches 1 at its largest value")
    func distributions() {
        var state: UInt64 = 7
        for count in [1, 2, 3, 50, 99, 100, 101, 1000, 20_000] {
            var values: [Double] = (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Double(state >> 40) / 1000 + 1
            }
            values.sort()
            let quantiles = (0...200).map { values[min(count - 1, $0 * (count - 1) / 200)] }
            let distribution = Distribution(
                .init(
                    count: count, meanMs: 0, quantilesMs: quantiles,
                    worstMs: values.suffix(100).reversed()))
            let shares = distribution.points.map(\.share)
            #expect(shares == shares.sorted(), "\(count) values, seed 7")
            #expect(distribution.share(within: values[count - 1]) == 1)
            #expect(distribution.share(within: 0) == 0)
            if count > 1, values[count - 1] > values[count - 2] {
                let between = (values[count - 1] + values[count - 2]) / 2
                let share = Double(count - 1) / Double(count)
                #expect(distribution.share(within: between) == share, "\(count) values")
            }
            for share in [0.1, 0.5, 0.9, 0.99] where count > 200 {
                let within = distribution.share(within: values[Int(share * Double(count))])
                #expect(abs(within - share) < 0.011, "\(count) values, \(share)")
            }
        }
        let none = Distribution(.init(count: 0, meanMs: 0, quantilesMs: [], worstMs: []))
        #expect(none.points.isEmpty && none.share(within: 1) == 0)
    }

    @Test("a page of a shipped trace is well formed, small, and fetches nothing")
    func tracePage() throws {
        let path = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path
        var options = TraceOptions()
        options.limit = 500
        let page = try TracePage(path, options: options).text
        let markup = PageMarkup(page)
        #expect(markup.problems == [])
        #expect(markup.fetched == ["data:,"])
        #expect(page.utf8.count < 300_000)
        for id in ["rate", "lengths", "reuse", "blocks", "next"] {
            #expect(markup.ids.contains(id), "\(id)")
        }
        #expect(page.contains("<b>500 requests</b>"))
        // What blocks lose counts from the finest, as in `headway trace cache`.
        let log = try ReuseLog(openTrace(path, options: options).source)
        var setting = PageStudy.Setting(capacityTokens: 600_000)
        setting.pageSizes = [1, 16, 1024]
        let lost = try PageStudy(log, setting: setting).rows.map { Drawn.share($0.lostHits) }
        let shown = lost[1].replacing(" ", with: "\u{A0}")
        #expect(lost[1] != "0 %" && page.contains("<td>\(shown)</td>"))
        #expect(!page.contains("<th scope=\"row\">1 tokens"))
    }

    @Test("a page of a sweep shows its fronts and what keys change")
    func sweepPage() {
        let points = (0..<40).map { number -> SweepReportPage.Point in
            let gpus = Double(1 + number % 8)
            let size = String(16 << (number % 4))
            return .init(
                number: number, values: [size, "<b>"], gpus: gpus, perUser: 20 + Double(number),
                perGPU: 3000 - Double(number * number), p99TTFT: 900 / gpus,
                meets: number % 3 > 0)
        }
        func page(_ points: [SweepReportPage.Point], front: [Int]) -> String {
            SweepReportPage(
                file: "points.csv", keys: ["engine.block_size", "model.name"], runs: 80, failed: 2,
                points: points, throughputFront: front, latencyFront: front,
                changes: [
                    .init(
                        keys: "engine.block_size", figure: "p99_ttft_ms", share: 0.41, lowest: 20,
                        highest: 80)
                ], notes: ["2 runs: <script>"]
            ).text
        }
        let text = page(points, front: [0, 9, 39])
        let markup = PageMarkup(text)
        #expect(markup.problems == [])
        for id in ["top", "throughput", "ttft", "sensitivity", "notes", "next"] {
            #expect(markup.ids.contains(id), "\(id)")
        }
        #expect(text.contains("26 of 40 configurations hold the SLO"))
        #expect(text.contains("&lt;script&gt;") && !text.contains("<script>alert"))
        #expect(PageMarkup(page([], front: [])).problems == [])
    }

    @Test("the reader of markup sees what is wrong")
    func seesProblems() {
        for bad in [
            "<p><b></p></b>", "<p", "<p>", "</p>", "<i id=\"a\"></i><i id=\"a\"></i>",
            "<a href=\"#x\"></a>", "<p title=\"a<b\"></p>", "<p onclick=\"x\"></p>", "<p a=b></p>",
            "<script>",
        ] {
            #expect(!PageMarkup(bad).problems.isEmpty, "\(bad)")
        }
        #expect(PageMarkup("<!doctype html><p id=\"a\" hidden>a<br><svg/></p>").problems == [])
    }
}
