import Basics
import Testing

/// The conversions that stand in for the standard library's generic ones say what those say.
@Suite("Conversions between integers")
struct IntegerConversionsTests {
    /// The standard library's initialiser, which a generic caller always gets.
    private func standard<To: FixedWidthInteger, From: FixedWidthInteger>(
        _ value: From, _ type: To.Type = To.self
    ) -> To? { To(exactly: value) }

    @Test("widen to the same number") func widening() {
        for value in [Int32.min, -1, 0, 1, .max] {
            #expect(Int(value) == standard(value))
            #expect(Int64(value) == standard(value))
        }
        for value in [Int64.min, -1, 0, 1, .max] { #expect(Int(value) == standard(value)) }
        for value in [Int.min, -1, 0, 1, .max] { #expect(Int64(value) == standard(value)) }
        for value in [UInt8.min, 1, .max] { #expect(UInt64(value) == standard(value)) }
        for value in [UInt32.min, 1, .max] { #expect(UInt64(value) == standard(value)) }
    }

    @Test("narrow what fits") func narrowing() {
        for value in [Int(Int32.min), -1, 0, 1, Int(Int32.max)] {
            #expect(Int32(value) == standard(value))
            #expect(Int32(Int64(value)) == standard(value))
        }
        for value in [0, 1, Int.max] {
            #expect(UInt64(value) == standard(value))
            #expect(UInt64(Int64(value)) == standard(value))
            #expect(Int64(UInt64(value)) == standard(value))
        }
    }

    @Test("trap outside of the range") func traps() async {
        await #expect(processExitsWith: .failure) { _ = Int32(Int(Int32.max) + 1) }
        await #expect(processExitsWith: .failure) { _ = Int32(Int64(Int32.min) - 1) }
        await #expect(processExitsWith: .failure) { _ = UInt64(Int.min) }
        await #expect(processExitsWith: .failure) { _ = UInt64(Int64.min) }
        await #expect(processExitsWith: .failure) { _ = Int64(UInt64.max) }
    }
}
