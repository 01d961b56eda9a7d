import Basics
import Foundation
import Traces

/// One line of a decision log, as far as the schedule is concerned: which scheduler call of which
/// replica, when, and what it decided.
struct ScheduleLine {
    /// Number of the schedule call; nil for lines with only an update.
    var step: Int?
    /// Clock at the call, microseconds.
    var time: Int64 = 0
    var replica = 0
    /// Digest of the decision: aborted, scheduled and preempted requests.
    var decision: UInt64 = 0

    /// Most replicas in a run, as in `cluster.replicas`.
    private static let mostReplicas = 100_000

    /// Reads a line; nil if it is not one of a decision log. O(bytes).
    init?(_ bytes: UnsafeRawBufferPointer) {
        var digest = Fingerprint()
        var hasTime = false
        var isUpdate = false
        let isObject = JSONLine.eachMember(of: bytes) { key, value in
            switch String(decoding: key, as: UTF8.self) {
            case "ab", "sched", "nsched", "sched_fnv", "pre":
                for index in 0..<key.count { digest.add(UInt64(key[index])) }
                for index in 0..<value.count where value[index] != 0x20 {
                    digest.add(UInt64(value[index]))
                }
            case "s": step = Self.integer(value).map { Int($0) }
            case "t":
                guard let number = Self.integer(value) else { break }
                time = number
                hasTime = true
            case "replica": replica = Self.integer(value).map { Int($0) } ?? -1
            case "u": isUpdate = true
            default: break
            }
        }
        guard isObject, hasTime, isUpdate != (step != nil),
            (0..<Self.mostReplicas).contains(replica)
        else { return nil }
        decision = digest.value
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        Int64(String(decoding: bytes, as: UTF8.self))
    }
}

/// A logged step with its fields, for display.
package struct LoggedStep: Sendable, Encodable, Equatable {
    /// A request's share of the step.
    package struct Entry: Sendable, Encodable, Equatable {
        package var id: Int64
        package var tokens: Int
        package var computedBefore: Int
        /// "running", "admitted" or "resumed".
        package var kind: String
    }

    package var step: Int
    package var timeUs: Int64
    package var scheduled: [Entry]
    package var preempted: [Int64]
    package var aborted: [Int64]
    package var waiting: Int
    package var running: Int
    package var freeBlocks: Int

    /// Reads a line; nil if it is not a schedule call.
    init?(_ line: String) {
        guard
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
                as? [String: Any],
            let step = object["s"] as? Int, let time = object["t"] as? Int
        else { return nil }
        self.step = step
        timeUs = Int64(time)
        scheduled = (object["sched"] as? [[Any]] ?? []).compactMap { entry in
            guard entry.count >= 3, let id = entry[0] as? Int, let tokens = entry[1] as? Int,
                let computed = entry[2] as? Int
            else { return nil }
            let mark = entry.count > 3 ? entry[3] as? String : nil
            return Entry(
                id: Int64(id), tokens: tokens, computedBefore: computed,
                kind: mark == "N" ? "admitted" : mark == "P" ? "resumed" : "running")
        }
        preempted = (object["pre"] as? [Int] ?? []).map { Int64($0) }
        aborted = (object["ab"] as? [Int] ?? []).map { Int64($0) }
        waiting = object["w"] as? Int ?? 0
        running = object["r"] as? Int ?? 0
        freeBlocks = object["free"] as? Int ?? 0
    }
}
