import Basics
import Testing

@Suite("Numbers for people")
struct QuantityTests {
    @Test("shares close to 0 and 1 do not read as them")
    func shares() {
        let texts = [1, 0.99995, 0.99996, 0.9992, 0.995, 0.5, 0.001, 0.0004, 0].map(Quantity.share)
        #expect(
            texts == [
                "100.0 %", "99.995 %", "99.996 %", "99.92 %", "99.5 %", "50.0 %", "0.1 %",
                "0.04 %", "0.0 %",
            ])
    }

    @Test(
        "group thousands",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func counts(value: Int, text: String) { #expect(Quantity.count(value) == text) }

    @Test(
        "keep three significant digits",
        arguments: [
            (0.0, "0"), (41.23, "41.2"), (412.3, "412"), (1234.5, "1,234"), (0.04123, "0.0412"),
            (99.97, "100"), (.infinity, "inf"), (.nan, "nan"), (-2.5, "-2.50"),
        ])
    func significant(value: Double, text: String) {
        #expect(Quantity.significant(value) == text)
    }

    @Test(
        "choose the unit that reads best",
        arguments: [
            (0.0, "0 s"), (8.12e-4, "812 µs"), (0.0412, "41.2 ms"), (3.05, "3.05 s"),
            (90.0, "90.0 s"), (600.0, "10 min"), (321.9, "5 min 22 s"), (-321.9, "-5 min 22 s"),
            (7199.4, "119 min 59 s"), (7199.7, "2 h 0 min"), (9000.0, "2 h 30 min"),
            (172_770.0, "2 d 0 h"), (200_000.0, "2 d 7 h"), (.infinity, "inf s"),
        ])
    func durations(seconds: Double, text: String) {
        #expect(Quantity.duration(seconds: seconds) == text)
    }

    @Test(
        "lose no digit where they are exact",
        arguments: [
            (0, "0.000000"), (1, "0.000001"), (999_999, "0.999999"), (12_000_001, "12.000001"),
        ])
    func exact(value: Int64, text: String) {
        #expect(Quantity.exact(value, decimals: 6) == text)
    }

    @Test("tell decimal from binary bytes")
    func bytes() {
        #expect(Quantity.bytes(327_680) == "327.7 kB")
        #expect(Quantity.binaryBytes(85_899_345_920) == "80.0 GiB")
        #expect(Quantity.bytes(12) == "12 B")
        #expect(Quantity.percent(0.3736) == "37.4 %")
    }
}
