import Basics
import Synchronization
import Testing

@Suite("Work on all cores")
struct OnAllCoresTests {
    private struct Failure: Error, Equatable { var element: Int }

    @Test("results are in order, and reported in order")
    func order() throws {
        let reported = Mutex<[Int]>([])
        let elements = Array(0..<500)
        let results = try mapOnAllCores(elements) {
            (0..<($0 * 7 % 1_000)).reduce($0) { $0 &* 31 &+ $1 }
        } each: { result in
            reported.withLock { $0.append(result) }
        }
        let expected = elements.map { (0..<($0 * 7 % 1_000)).reduce($0) { $0 &* 31 &+ $1 } }
        #expect(results == expected)
        #expect(reported.withLock { $0 } == expected)
        #expect(try mapOnAllCores([Int]()) { $0 }.isEmpty)
    }

    @Test("the first failure in order is thrown, and nothing past it reported")
    func failure() {
        let reported = Mutex<[Int]>([])
        #expect(throws: Failure(element: 40)) {
            try mapOnAllCores(Array(0..<300)) { element in
                if element >= 40, element.isMultiple(of: 20) { throw Failure(element: element) }
                return element
            } each: { result in
                reported.withLock { $0.append(result) }
            }
        }
        #expect(reported.withLock { $0 } == Array(0..<40))
    }

    @Test("what reporting throws ends the work")
    func reportFailure() {
        #expect(throws: Failure(element: 3)) {
            try mapOnAllCores(Array(0..<100)) {
                $0
            } each: {
                if $0 == 3 { throw Failure(element: $0) }
            }
        }
    }
}
