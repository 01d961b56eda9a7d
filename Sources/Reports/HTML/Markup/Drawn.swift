import Basics

/// Numbers as drawing attributes, and as the text of a page's axes and tables: short, and the same
/// on every machine.
enum Drawn {
    /// A coordinate with at most two decimals: "12.5", "0", "-3.07".
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let hundredths = Int((abs(value) * 100).rounded())
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        if rest == 0 { return "\(sign)\(whole)" }
        let digits = rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0\(rest)" : "\(rest)")
        return "\(sign)\(whole).\(digits)"
    }

    /// A share of a length: "12.5%".
    static func percent(_ share: Double) -> String { number(share * 100) + "%" }

    /// Milliseconds, in the most readable unit.
    static func milliseconds(_ value: Double) -> String {
        Quantity.duration(seconds: value / 1000)
    }

    /// Milliseconds on an axis or as a limit, without trailing zeros: "40 ms", "1 s", "200 µs".
    static func round(milliseconds value: Double) -> String {
        let size = abs(value)
        if size == 0 { return "0" }
        if size < 0.999 { return number(value * 1000) + " µs" }
        return size < 999 ? number(value) + " ms" : number(value / 1000) + " s"
    }

    /// A share for a table, with enough decimals to tell it from 0 and from 1.
    static func share(_ value: Double) -> String {
        let off = min(abs(value), abs(1 - value))
        if off == 0 { return Quantity.percent(value, decimals: 0) }
        let decimals = off >= 0.000_5 ? 1 : off >= 0.000_05 ? 2 : off >= 0.000_005 ? 3 : 4
        return Quantity.percent(value, decimals: decimals)
    }

    /// A time since the start: "0:05", "4:17", "1:02:03". Below two minutes, with as many decimals
    /// as needed to tell windows of `step` seconds apart.
    static func clock(_ seconds: Double, step: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return "–" }
        if step < 1 {
            return Quantity.decimal(seconds, step < 0.01 ? 4 : step < 0.1 ? 3 : 2) + " s"
        }
        let whole = Int(seconds.rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if hours >= 48 { return "\(hours / 24) d \(two(hours % 24)):\(two(minutes))" }
        return hours > 0
            ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    }

    /// A number in few characters, for an axis: "16k", "1.5M", "0.25".
    static func short(_ value: Double) -> String {
        let units: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        for (size, unit) in units where abs(value) >= size {
            return number(value / size) + unit
        }
        if value != 0, abs(value) < 0.01 { return Quantity.significant(value) }
        return number(value)
    }
}
