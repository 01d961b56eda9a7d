import Basics

/// A scale that maps values to positions, 0 at its low end and 1 at its high end, with ticks.
struct Axis: Sendable {
    /// A marked value.
    struct Tick: Sendable {
        let value: Double
        let label: String
    }

    let low: Double
    let high: Double
    let isLogarithmic: Bool
    /// Values with a label, from low to high.
    let ticks: [Tick]
    /// Values with a fainter line and no label.
    let minor: [Double]

    private init(
        low: Double, high: Double, isLogarithmic: Bool, ticks: [Tick], minor: [Double] = []
    ) {
        self.low = low
        self.high = high
        self.isLogarithmic = isLogarithmic
        self.ticks = ticks
        self.minor = minor
    }

    /// The position of a value, from 0 to 1; values beyond the ends are clamped.
    func place(_ value: Double) -> Double {
        guard value.isFinite else { return value > 0 ? 1 : 0 }
        let inside = min(max(value, low), high)
        guard isLogarithmic else { return (inside - low) / (high - low) }
        let first = PortableMath.log(low)
        return (PortableMath.log(inside) - first) / (PortableMath.log(high) - first)
    }

    /// The value at a position.
    func value(at place: Double) -> Double {
        guard isLogarithmic else { return low + place * (high - low) }
        let first = PortableMath.log(low)
        return PortableMath.exp(first + place * (PortableMath.log(high) - first))
    }

    /// Whether a value is between the ends.
    func contains(_ value: Double) -> Bool { value >= low && value <= high }

    /// From 0 to a round number at or above `most`, with at most five steps of 1, 2 or 5 times a
    /// power of ten.
    static func fromZero(
        to most: Double, steps: Int = 4, label: (Double) -> String = Drawn.short
    ) -> Axis {
        let most = most.isFinite && most > 0 ? most : 1
        let step = roundStep(most / Double(max(1, steps)))
        let count = max(1, Int((most / step - 1e-9).rounded(.up)))
        let ticks = (0...count).map {
            Tick(value: Double($0) * step, label: label(Double($0) * step))
        }
        return Axis(low: 0, high: Double(count) * step, isLogarithmic: false, ticks: ticks)
    }

    /// From 0 to 1 in quarters, as percentages.
    static let share = Axis(
        low: 0, high: 1, isLogarithmic: false,
        ticks: [0, 0.25, 0.5, 0.75, 1].map {
            Tick(value: $0, label: Drawn.number($0 * 100) + " %")
        })

    /// A logarithmic scale that contains both values, which are above 0. It runs between multiples
    /// 1, 2 or 5 of powers of ten. Powers of ten are labelled, and 2 and 5 too if there are few.
    static func logarithmic(
        from low: Double, to high: Double, label: (Double) -> String
    ) -> Axis {
        let low = low.isFinite && low > 0 ? low : 1e-3
        let high = high.isFinite && high > low ? high : low * 10
        let marks = decades(from: low, to: high)
        let first = marks.last { $0 <= low * (1 + 1e-9) } ?? marks[0]
        let last = marks.first { $0 >= high * (1 - 1e-9) && $0 > first } ?? marks[marks.count - 1]
        let inside = marks.filter { $0 >= first * (1 - 1e-9) && $0 <= last * (1 + 1e-9) }
        let powers = inside.filter(isPower)
        let labelled = powers.count >= 3 ? powers : inside
        let thinned =
            labelled.count <= 7
            ? labelled
            : labelled.enumerated()
                .filter { $0.offset % ((labelled.count + 6) / 7) == 0 }.map(\.element)
        let kept = Set(thinned)
        return Axis(
            low: first, high: last, isLogarithmic: true,
            ticks: thinned.map { Tick(value: $0, label: label($0)) },
            minor: inside.count > 40 ? [] : inside.filter { !kept.contains($0) })
    }

    /// Shares that fall from `high` to `low` on a logarithmic scale, in powers of ten.
    static func falling(from high: Double, to low: Double) -> Axis {
        logarithmic(from: low, to: high) { Drawn.short($0 * 100) + " %" }
    }

    /// Seconds from 0, in the most readable unit and the usual steps of time.
    static func time(_ seconds: Double) -> Axis {
        let span = seconds.isFinite && seconds > 0 ? seconds : 1
        let (unit, name) =
            span < 120
            ? (1.0, "s")
            : span < 7200 ? (60.0, "min") : span < 172_800 ? (3600.0, "h") : (86400.0, "d")
        let step = roundStep(span / unit / 6)
        let count = Int((span / unit / step + 1e-9).rounded(.down))
        let ticks = (0...max(1, count)).filter { Double($0) * step * unit <= span }.map { index in
            let value = Double(index) * step
            return Tick(
                value: value * unit,
                label: Drawn.number(value) + (index == count ? " " + name : ""))
        }
        return Axis(low: 0, high: span, isLogarithmic: false, ticks: ticks)
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is at least a number.
    static func roundStep(_ least: Double) -> Double {
        guard least.isFinite, least > 0 else { return 1 }
        var power = 1.0
        while power * 10 <= least { power *= 10 }
        while power > least { power /= 10 }
        for factor in [1.0, 2, 5, 10] where factor * power >= least * (1 - 1e-9) {
            return factor * power
        }
        return 10 * power
    }

    private static func decades(from low: Double, to high: Double) -> [Double] {
        var power = 1.0
        while power > low { power /= 10 }
        while power * 10 <= low { power *= 10 }
        var marks: [Double] = []
        while power <= high * 10, marks.count < 200 {
            // Divided where that is exact, so that 0.2 prints as such.
            marks += [1, 2, 5].map { power < 1 ? $0 / (1 / power).rounded() : $0 * power }
            power = power < 1 ? 1 / ((1 / power).rounded() / 10) : power * 10
            if power > 0.5, power < 2 { power = 1 }
        }
        return marks
    }

    private static func isPower(_ value: Double) -> Bool {
        var value = value
        while value < 0.999 { value *= 10 }
        while value > 9.99 { value /= 10 }
        return abs(value - 1) < 1e-6
    }
}
