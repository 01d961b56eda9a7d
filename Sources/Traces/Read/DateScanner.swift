/// The last date read, so that rows of one day convert it once.
struct DayCache {
    /// The ten bytes of YYYY-MM-DD.
    fileprivate var head: UInt64 = 0
    fileprivate var tail: UInt16 = 0
    /// Seconds since 1970 at its midnight.
    fileprivate var midnight: Int64 = 0
}

extension ByteCursor {
    /// A date and time (ISO 8601, with a space or T between them; up to nine fractional digits;
    /// optional Z or ±hh:mm) as nanoseconds since 1970. Years 1678 to 2261.
    @inline(__always) mutating func dateTime(_ cache: inout DayCache) throws -> Int64 {
        let start = at
        try date(&cache)
        guard skip(32) || skip(0x54), let second = timeOfDay() else {
            throw notADate(start)
        }
        var nanoseconds: Int64 = 0
        if skip(46) { nanoseconds = try fraction(start) }
        var seconds = cache.midnight + second
        if at < end, base[at] != 0x2c {
            seconds -= try apart { try $0.zone(start) }
        }
        return seconds * 1_000_000_000 + nanoseconds
    }

    @inline(__always) private mutating func date(_ cache: inout DayCache) throws {
        guard end - at >= 10 else { throw notADate(at) }
        let bytes = UnsafeRawPointer(base + at)
        let head = bytes.loadUnaligned(as: UInt64.self)
        let tail = bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        if head != cache.head || tail != cache.tail {
            cache.midnight = try apart { try $0.midnight() }
            cache.head = head
            cache.tail = tail
        } else {
            at &+= 10
        }
    }

    /// Seconds since 1970 at midnight of the ten-byte date at the position.
    @inline(never) private mutating func midnight() throws -> Int64 {
        let start = at
        guard let year = fixed(4), skip(0x2d), let month = fixed(2), skip(0x2d),
            let day = fixed(2), (1678...2261).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.days(in: month, of: year)
        else { throw notADate(start) }
        return Self.daysSince1970(year, month, day) * 86_400
    }

    /// HH:MM:SS as seconds.
    @inline(__always) private mutating func timeOfDay() -> Int64? {
        guard end &- at >= 8 else { return nil }
        let text = word(at)
        // The digits must be below 10, the tens of minutes and seconds below 6, the colons colons:
        // a byte that is too large carries into its high bit, as does any byte that had it set.
        let values = text ^ 0x3030_3a30_303a_3030
        let excess = (values &+ 0x767a_7f76_7a7f_7676) | values
        guard excess & 0x8080_8080_8080_8080 == 0 else { return nil }
        // Neighbouring digits in pairs: hours in byte 0, minutes in byte 3, seconds in byte 6.
        let pairs = values &* 10 &+ (values >> 8)
        let hour = Int64(pairs & 0xff)
        guard hour < 24 else { return nil }
        at &+= 8
        return hour &* 3_600 &+ Int64(pairs >> 24 & 0xff) &* 60 &+ Int64(pairs >> 48 & 0xff)
    }

    /// The digits after the point as nanoseconds.
    @inline(__always) private mutating func fraction(_ start: Int) throws -> Int64 {
        if at <= lastWord {
            let (count, value) = Self.digits(word(at))
            if count == 7 || count == 6 {
                at &+= count
                return Int64(value) &* (count == 7 ? 100 : 1_000)
            }
        }
        return try apart { try $0.slowFraction(start) }
    }

    @inline(never)
    private mutating func slowFraction(_ start: Int) throws -> Int64 {
        var value: Int64 = 0
        var index = at
        while index < end, base[index] &- 48 < 10, index &- at < 10 {
            value = value &* 10 &+ Int64(base[index] &- 48)
            index &+= 1
        }
        let digits = index &- at
        at = index
        switch digits {
        case 1...9:
            for _ in digits..<9 { value &*= 10 }
            return value
        default:
            throw ScanFailure(
                "bad fraction of a second: \(excerpt(from: start))", expected: "1 to 9 digits")
        }
    }

    /// Exactly `digits` digits.
    private mutating func fixed(_ digits: Int) -> Int64? {
        guard end - at >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            let digit = base[at] &- 48
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
            at += 1
        }
        return value
    }

    /// Seconds east of Greenwich.
    @inline(never) private mutating func zone(_ start: Int) throws -> Int64 {
        if skip(0x5a) { return 0 }
        let sign: Int64 = current == 43 ? 1 : current == 45 ? -1 : 0
        guard sign != 0 else { return 0 }
        at += 1
        guard let hours = fixed(2) else {
            throw ScanFailure("bad zone: \(excerpt(from: start))", expected: "Z or +hh:mm")
        }
        _ = skip(0x3a)
        let minutes = fixed(2) ?? 0
        return sign * (hours * 3_600 + minutes * 60)
    }

    private func notADate(_ start: Int) -> ScanFailure {
        ScanFailure(
            "not a date and time: \(excerpt(from: start))",
            expected: "YYYY-MM-DD HH:MM:SS.fffffff")
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days between 1970-01-01 and a date of the Gregorian calendar, by counting years from March
    /// so that the leap day comes last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear
            - 719_468
    }
}
