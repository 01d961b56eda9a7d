import Basics
import Simulator

/// Finds the requests of a question, from the rows of requests.csv or a run's records in order of
/// arrival.
struct WhyChoice {
    /// The data needed of a request. Times are picoseconds, -1 for events that never happened.
    struct Row {
        var id: Int64
        var arrival: Int64
        var finish: Int64
        var replica: Int
    }

    /// A chosen request, with its position in arrival order.
    struct Chosen {
        var sequence: Int64
        var row: Row

        /// From its arrival to its end; -1 without an end.
        var latency: Int64 { row.finish < 0 ? -1 : row.finish - row.arrival }
    }

    private let question: WhyQuestion
    private let ids: Set<Int64>
    private var chosen: [Chosen] = []
    private var count: Int64 = 0
    private var first = Int64.max
    private var last: Int64 = 0

    init(_ question: WhyQuestion) {
        self.question = question
        if case .ids(let ids) = question { self.ids = Set(ids) } else { ids = [] }
    }

    /// Takes the next request. O(1) amortised, or O(log n) for the n worst.
    mutating func add(_ row: Row) {
        let next = Chosen(sequence: count, row: row)
        count += 1
        first = min(first, row.arrival)
        last = max(last, row.finish, row.arrival)
        switch question {
        case .ids: if ids.contains(row.id) { chosen.append(next) }
        case .moment(let seconds):
            let time = seconds * 1e12
            if Double(row.arrival) <= time, time < Double(row.finish) { chosen.append(next) }
        case .worst(let number):
            guard row.finish >= 0 else { return }
            chosen.append(next)
            if chosen.count >= 2 * min(number, .max / 4) + 1_024 { sift(number) }
        }
    }

    private mutating func sift(_ number: Int) {
        chosen.sort { ($0.latency, $1.sequence) > ($1.latency, $0.sequence) }
        chosen.removeLast(max(0, chosen.count - number))
    }

    /// The chosen requests. Throws `InputError` for an id that no request has, and for a moment
    /// before the first arrival or after the last end.
    mutating func finish() throws -> [Chosen] {
        switch question {
        case .worst(let number): sift(number)
        case .ids(let ids):
            let found = Set(chosen.map(\.row.id))
            if let id = ids.first(where: { !found.contains($0) }) {
                throw InputError(
                    "--request", "no request of the run has the id \(id)",
                    expected: count == 0
                        ? "a run with requests"
                        : "the id of one of the \(count) rows of requests.csv")
            }
        case .moment(let seconds):
            let time = seconds * 1e12
            guard time >= Double(first), time < Double(max(last, 1)), count > 0 else {
                throw InputError(
                    "--at", "\(seconds) s is not in the run",
                    expected: count == 0
                        ? "a run with requests"
                        : "seconds from \(Self.seconds(first)) to \(Self.seconds(last))")
            }
        }
        return chosen
    }

    private static func seconds(_ picoseconds: Int64) -> String {
        Quantity.exact(picoseconds / 1_000_000, decimals: 6)
    }
}
