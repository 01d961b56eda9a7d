import Basics
import Experiments

/// A run's latency distribution and load over time as one SVG for a README: dark text on its own
/// light background, so that it is readable on light and dark pages.
package struct RunPicture: Sendable {
    private let run: ReportedRun

    package init(_ run: ReportedRun) { self.run = run }

    private static let colours = [
        "queue": "#7d5ba6", "tpot": "#c14a00", "ttft": "#0b5f99", "e2el": "#0a6b4f",
        "running": "#0b5f99", "wait": "#c14a00",
    ]

    /// A box of the picture with its axes.
    private struct Frame {
        let left: Double
        let top: Double
        let width: Double
        let height: Double
        let x: Axis
        let y: Axis

        /// The grid lines, and the labels of both axes.
        var grid: HTML {
            let below = top + height
            let columns = x.ticks.map { tick -> HTML in
                let place = Drawn.number(left + x.place(tick.value) * width)
                let foot = Drawn.number(below + 17)
                return """
                    <path class="g" d="M\(place) \(Drawn.number(top))V\(Drawn.number(below))"/>\
                    <text class="m" x="\(place)" y="\(foot)">\(tick.label)</text>
                    """
            }
            let rows = y.ticks.map { tick -> HTML in
                let place = top + (1 - y.place(tick.value)) * height
                return """
                    <path class="g" d="M\(Drawn.number(left)) \(Drawn.number(place))\
                    h\(Drawn.number(width))"/><text class="e" x="\(Drawn.number(left - 7))" \
                    y="\(Drawn.number(place + 4))">\(tick.label)</text>
                    """
            }
            return "\(columns)\(rows)"
        }

        /// A line in the frame's own coordinates.
        func line(_ curve: Curve, _ colour: String) -> HTML {
            let path = curve.line(x, y, width: width, height: height)
            return """
                <path transform="translate(\(Drawn.number(left)) \(Drawn.number(top)))" \
                fill="none" stroke="\(colour)" stroke-width="2.2" stroke-linejoin="round" \
                d="\(path.data)"/>

                """
        }
    }

    /// The file's text.
    package var text: String {
        let svg: HTML = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 336" width="860" height="336" \
            role="img" font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,\
            sans-serif" font-size="12.5">
            <title>Latency and load of \(run.traceName) on \(run.gpus) × \
            \(run.configuration.hardware.gpu.echoed(atMost: 40)), digest \(run.digest)</title>
            <style>.g{stroke:#e4e1da}text{fill:#5b636d}.m{text-anchor:middle}.e{text-anchor:end}\
            .h{fill:#16191d;font-size:15px;font-weight:600}</style>
            <rect x=".5" y=".5" width="859" height="335" rx="10" fill="#fbfaf7" stroke="#d5d1c8"/>
            \(latency)\(load)</svg>

            """
        return svg.text
    }

    private func heading(_ x: Double, _ title: String, _ note: String) -> HTML {
        """
        <text class="h" x="\(Drawn.number(x))" y="32">\(title)</text>\
        <text x="\(Drawn.number(x))" y="50">\(note)</text>

        """
    }

    private func legend(_ x: Double, _ entries: [(String, String)]) -> HTML {
        var place = x
        return entries.map { name, colour -> HTML in
            defer { place += 34 + Double(name.count) * 7.4 }
            return """
                <path d="M\(Drawn.number(place)) 68h18" stroke="\(colour)" stroke-width="2.6"/>\
                <text x="\(Drawn.number(place + 23))" y="72" fill="#16191d">\(name)</text>

                """
        }.joined
    }

    private var latency: HTML {
        let lines = [
            ("queueing", "queue"), ("TPOT", "tpot"), ("TTFT", "ttft"), ("E2E", "e2el"),
        ].compactMap { name, key -> (String, String, Distribution)? in
            guard let data = run.data.latencies[key], data.count > 0 else { return nil }
            return (name, Self.colours[key] ?? "#16191d", Distribution(data))
        }
        guard !lines.isEmpty else { return heading(24, "Latency", "no request finished") }
        let most = lines.compactMap { $0.2.points.last?.value }.max() ?? 1
        let least = lines.map { max($0.2.value(at: 0.05), most / 1e5) }.min() ?? 1
        let frame = Frame(
            left: 66, top: 102, width: 372, height: 196,
            x: .logarithmic(from: least, to: most, label: Drawn.round(milliseconds:)), y: .share)
        let limits = [("TPOT", "tpot"), ("TTFT", "ttft")].compactMap { name, key -> HTML? in
            guard let limit = run.eachLimit(key), frame.x.contains(limit) else { return nil }
            let place = Drawn.number(frame.left + frame.x.place(limit) * frame.width)
            let colour = Self.colours[key] ?? ""
            return """
                <path d="M\(place) 88V298" stroke="\(colour)" stroke-width="1.4" \
                stroke-dasharray="5 4"/><text x="\(place)" y="94" \
                dx="\(key == "tpot" ? "-5" : "5")" style="fill:\(colour);text-anchor:\
                \(key == "tpot" ? "end" : "start")">\(name) ≤ \
                \(Drawn.round(milliseconds: limit))</text>

                """
        }
        return """
            \(heading(24, "Latency of \(run.count("completed")) requests", "share within a time"))\
            \(legend(24, lines.map { ($0.0, $0.1) }))\(frame.grid)\
            \(lines.map { frame.line($0.2.curve, $0.1) })\(limits)
            """
    }

    private var load: HTML {
        guard let series = run.data.series else { return .none }
        let width = Double(series.arrivals.count - 1) * series.windowS + series.lastWindowS
        let most = zip(series.running, series.queue).map { max($0, $1) }.max() ?? 1
        let frame = Frame(
            left: 512, top: 102, width: 318, height: 196, x: .time(width), y: .fromZero(to: most))
        func curve(_ values: [Double]) -> Curve {
            Curve(
                values.enumerated().map {
                    (Double($0.offset) * series.windowS + series.seconds($0.offset) / 2, $0.element)
                })
        }
        let area = curve(series.running).area(
            frame.x, frame.y, width: frame.width, height: frame.height)
        let running = Self.colours["running"] ?? ""
        let waiting = Self.colours["wait"] ?? ""
        return """
            \(heading(480, "Load over time", "requests on \(run.gpus) × "
                + run.configuration.hardware.gpu.echoed(atMost: 24)))\
            \(legend(480, [("running", running), ("waiting", waiting)]))\(frame.grid)\
            <path transform="translate(512 102)" fill="\(running)" fill-opacity=".13" \
            d="\(area.data)"/>\(frame.line(curve(series.running), running))\
            \(frame.line(curve(series.queue), waiting))
            """
    }
}
