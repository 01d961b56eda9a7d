import Foundation

/// Formats numbers with units for people. Independent of the locale.
package enum Quantity {
    /// A name with its indefinite article, where the name's first letter is spelled out: "an
    /// h100-sxm", "a b200-sxm".
    package static func withArticle(_ name: String) -> String {
        let sounds = "aefhilmnorsx"
        return (sounds.contains(name.lowercased().prefix(1)) ? "an " : "a ") + name
    }

    /// A count with its noun: "1 run", "2,000 runs".
    package static func counted(_ value: Int, _ unit: String) -> String {
        "\(count(value)) \(unit)\(value == 1 ? "" : "s")"
    }

    /// An integer with commas between thousands: "19,366".
    package static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return (value < 0 ? "-" : "") + grouped
    }

    /// A number with a fixed number of decimals and commas: "1,234.50".
    package static func decimal(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
        guard abs(value) < 1e15 else { return String(value) }
        let text = String(format: "%.\(decimals)f", abs(value))
        let parts = text.split(separator: ".")
        let sign = value < 0 && text.contains(where: { $0 != "0" && $0 != "." }) ? "-" : ""
        let whole = count(Int(parts[0]) ?? 0)
        return sign + whole + (parts.count > 1 ? "." + parts[1] : "")
    }

    /// A number to three significant digits, never in exponent form below 1e15: "41.2", "1,240".
    package static func significant(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return decimal(value, 0) }
        var decimals = 0
        var scaled = abs(value)
        while scaled < 99.95, decimals < 6 {
            scaled *= 10
            decimals += 1
        }
        return decimal(value, decimals)
    }

    /// Picoseconds with the unit that reads best: "812 µs", "41.2 ms", "3.05 s", "5 min 22 s".
    package static func duration(picoseconds: Int64) -> String {
        duration(seconds: Double(picoseconds) / 1e12)
    }

    /// Seconds with the unit that reads best. Minutes keep their seconds, hours their minutes,
    /// days their hours.
    package static func duration(seconds: Double) -> String {
        let size = abs(seconds)
        if size == 0 { return "0 s" }
        if size < 0.999_5e-3 { return significant(seconds * 1e6) + " µs" }
        if size < 0.999_5 { return significant(seconds * 1e3) + " ms" }
        guard size >= 119.95, size < 1e15 else { return significant(seconds) + " s" }
        let sign = seconds < 0 ? "-" : ""
        guard size >= 7199.5 else {
            let whole = Int(size.rounded())
            let rest = whole % 60 == 0 ? "" : " \(whole % 60) s"
            return "\(sign)\(whole / 60) min\(rest)"
        }
        let minutes = Int((size / 60).rounded())
        return size < 172_770
            ? "\(sign)\(minutes / 60) h \(minutes % 60) min"
            : "\(sign)\(minutes / (24 * 60)) d \(minutes / 60 % 24) h"
    }

    /// Bytes in decimal units: "327.7 kB", "80.0 GB".
    package static func bytes(_ value: Double) -> String {
        scaled(value, step: 1000, units: ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
    }

    /// Bytes in binary units, as memory is sold: "80.0 GiB".
    package static func binaryBytes(_ value: Double) -> String {
        scaled(value, step: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    }

    /// Floating-point operations: "10.7 GFLOP".
    package static func operations(_ value: Double) -> String {
        scaled(value, step: 1000, units: ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"])
    }

    /// A count of units of 10^-`decimals`, in full: "0.000000000001" for 1 and 12. For counts from
    /// 0 on.
    package static func exact(_ value: Int64, decimals: Int) -> String {
        let digits = String(value)
        let zeros = String(repeating: "0", count: max(0, decimals + 1 - digits.count))
        let padded = zeros + digits
        return padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// A share of one as a percentage: "37.4 %".
    package static func percent(_ share: Double, decimals: Int = 1) -> String {
        decimal(share * 100, decimals) + " %"
    }

    /// The same with more decimals close to 0 and to 1, so that only these two read as them.
    package static func share(_ value: Double) -> String {
        let off = min(abs(value), abs(1 - value))
        var (decimals, step) = (1, 0.001)
        while off > 0, off < step, decimals < 7 {
            decimals += 1
            step /= 10
        }
        return percent(value, decimals: decimals)
    }

    private static func scaled(_ value: Double, step: Double, units: [String]) -> String {
        var scaled = value
        var unit = 0
        while abs(scaled) >= step, unit + 1 < units.count {
            scaled /= step
            unit += 1
        }
        return (unit == 0 ? decimal(scaled, 0) : decimal(scaled, 1)) + " " + units[unit]
    }
}
