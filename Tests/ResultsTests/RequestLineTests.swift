import Basics
import Results
import Simulator
import Testing

@Suite("A row of requests.csv")
struct RequestLineTests {
    @Test("a class's name begins no formula in a spreadsheet")
    func formulas() {
        #expect(RequestLine.cell(class: "=cmd|x") == "'=cmd|x")
        #expect(RequestLine.cell(class: "@a,b") == "\"'@a,b\"")
        #expect(RequestLine.cell(class: "-5") == "-5" && RequestLine.cell(class: "gold") == "gold")
    }

    private func row(_ record: RequestRecord) -> String {
        var bytes: [UInt8] = []
        RequestLine.append(record, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same with more columns.
    private func row(_ record: RequestRecord, _ columns: RequestLine.Columns) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: RequestLine.longest) { memory, count in
            var text = TextRoom(UnsafeMutableRawBufferPointer(memory))
            RequestLine.put(record, columns, into: &text)
            count = text.count
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("has seconds to the microsecond, rounded")
    func finished() {
        var record = RequestRecord(id: 7, arrival: 1_500_000_499_999, promptTokens: 100)
        record.admitted = 1_500_000_500_000
        record.firstToken = 2_000_000_000_000
        record.finish = 3_999_999_999_999
        record.hitTokens = 64
        record.outputTokens = 5
        record.preemptions = 1
        record.replica = 3
        record.priority = -2
        record.outcome = .finished
        #expect(
            row(record)
                == "7,1.500000,1.500001,2.000000,4.000000,100,64,5,1,3,finished,,-2\n")
    }

    @Test("leaves empty what never happened, and says why")
    func rejected() {
        var record = RequestRecord(id: -1, arrival: 0, promptTokens: 9)
        record.outcome = .rejected
        record.rejection = .needsMoreBlocksThanThePool
        #expect(row(record) == "-1,0.000000,,,,9,0,0,0,,rejected,exceeds_kv_pool,0\n")
    }

    @Test("tells last when the request was due, where a cap held it back")
    func due() {
        var record = RequestRecord(id: 1, arrival: 3_000_000_000_000, promptTokens: 9)
        record.clientWait = 1_250_000_000_000
        record.outcome = .unfinished
        let row = row(record, .due)
        #expect(row == "1,3.000000,,,,9,0,0,0,,unfinished,,0,1.750000\n")
        let columns = RequestLine.header(.due).count { $0 == UInt8(ascii: ",") }
        #expect(columns == row.count { $0 == "," })
    }

    @Test("tells where reuse went, and has room for the longest of it")
    func reuse() {
        var record = RequestRecord(id: 1, arrival: 3_000_000_000_000, promptTokens: 90)
        (record.hitTokens, record.outcome) = (16, .finished)
        record.lostReuse.lastToken = 1
        record.lostReuse.blockSize = 15
        record.lostReuse.otherReplica = 2
        record.lostReuse.evicted = 32
        record.lostReuse.notComputed = 4
        record.lostReuse.window = 8
        #expect(row(record, .reuse) == "1,3.000000,,,,90,16,0,0,,finished,,0,78,1,15,2,32,4,8\n")
        let header = String(decoding: RequestLine.header(.reuse), as: UTF8.self)
        #expect(header.count { $0 == "," } == row(record, .reuse).count { $0 == "," })
        record.id = .min
        record.arrival = .max
        (record.admitted, record.firstToken, record.finish) = (.max, .max, .max)
        (record.promptTokens, record.hitTokens, record.outputTokens) = (.min, .min, .min)
        (record.preemptions, record.replica, record.priority) = (.min, .max, .min)
        record.lostReuse = RequestReuse()
        record.lostReuse.lastToken = .min
        record.outcome = .unfinished
        record.rejection = .promptExceedsStepBudget
        (record.stage, record.attempt) = (.max - 1, .max)
        let longest = row(record, [.due, .stage, .attempt, .reuse])
        #expect(longest.utf8.count + 5 * 11 + TextRoom.slack <= RequestLine.longest)
    }

    /// A row as one would write it without a thought for speed.
    private func naiveRow(_ record: RequestRecord) -> String {
        func seconds(_ picoseconds: Int64) -> String {
            guard picoseconds >= 0 else { return "" }
            let microseconds = (UInt64(picoseconds) + 500_000) / 1_000_000
            let fraction = String(microseconds % 1_000_000)
            let zeros = String(repeating: "0", count: 6 - fraction.count)
            return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
        }
        let cells = [
            "\(record.id)", seconds(record.arrival), seconds(record.admitted),
            seconds(record.firstToken), seconds(record.finish), "\(record.promptTokens)",
            "\(record.hitTokens)", "\(record.outputTokens)", "\(record.preemptions)",
            record.replica < 0 ? "" : "\(record.replica)", record.outcome.name,
            record.rejection.name, "\(record.priority)",
        ]
        return cells.joined(separator: ",") + "\n"
    }

    @Test("is what a plain formatter makes of any record")
    func random() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        /// Numbers of every length, both limits and both sides of zero.
        func wild() -> Int64 {
            switch random.below(8) {
            case 0: [0, -1, 1, .max, .min, .max - 1][random.below(6)]
            case 1: -Int64(bitPattern: random.next() >> UInt64(1 + random.below(63)))
            case 2:
                // Powers of ten and their neighbours, where lengths change.
                (0..<random.below(19)).reduce(Int64(1)) { power, _ in power * 10 }
                    - Int64(random.below(2))
            default: Int64(bitPattern: random.next() >> UInt64(1 + random.below(63)))
            }
        }
        for _ in 0..<20_000 {
            var record = RequestRecord(
                id: wild(), arrival: wild(), promptTokens: Int32(truncatingIfNeeded: wild()))
            record.admitted = wild()
            record.firstToken = wild()
            record.finish = wild()
            record.hitTokens = Int32(truncatingIfNeeded: wild())
            record.outputTokens = Int32(truncatingIfNeeded: wild())
            record.preemptions = Int32(truncatingIfNeeded: wild())
            record.replica = Int32(truncatingIfNeeded: wild())
            record.priority = Int32(truncatingIfNeeded: wild())
            record.outcome = Outcome.allCases[random.below(Outcome.allCases.count)]
            record.rejection =
                RejectionReason.allCases[
                    random.below(RejectionReason.allCases.count)]
            let text = row(record)
            #expect(text == naiveRow(record), "seed \(seed)")
            guard text == naiveRow(record) else { return }
            #expect(text.utf8.count + TextRoom.slack <= RequestLine.longest, "seed \(seed)")
        }
    }
}
