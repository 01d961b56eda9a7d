import Basics

/// Where two schedules first differ, what each decided there, and which requests are affected.
public struct ScheduleDifference: Sendable, Encodable {
    /// The first call whose decisions differ.
    package struct Parting: Sendable, Encodable {
        package var replica: Int
        /// The last step with equal decisions; nil if the first differs.
        package var lastCommon: LoggedStep?
        /// The decisions of each; nil if that run had ended.
        package var before: LoggedStep?
        package var after: LoggedStep?
    }

    /// A request whose times or counts differ.
    package struct Affected: Sendable, Encodable {
        package var id: Int64
        package var arrivalS: Double
        /// Changes, after minus before, in milliseconds; nil if one run lacks the event.
        package var ttftChangeMs: Double?
        package var e2elChangeMs: Double?
        package var preemptionsBefore: Int
        package var preemptionsAfter: Int
    }

    /// Names of the two runs.
    package var before: String
    package var after: String
    package var configurationChanges: [ConfigurationChange]
    /// Schedule calls of both runs.
    package var stepsBefore: Int
    package var stepsAfter: Int
    /// Simulated time of the first call whose clocks differ although decisions agree, seconds.
    package var clocksPartAtS: Double?
    /// Nil if all decisions are the same.
    package var parting: Parting?
    /// Number of affected requests.
    package var affectedRequests: Int
    /// The first affected requests, in order of arrival.
    package var affected: [Affected]

    /// Whether the runs differ in anything.
    public var isDifferent: Bool {
        parting != nil || clocksPartAtS != nil || affectedRequests > 0
    }

    /// Finds where two runs first differ: folders with a decision log, or configurations with
    /// `changes` (`key.path=value`).
    ///
    /// Reads each run twice: for digests, then for the steps to show. Throws `InputError` for a
    /// path that is neither, and for runs over different requests.
    package init(
        _ before: String, _ after: String, changes: [String] = [], keeping most: Int = 10
    ) throws {
        try self.init(
            [try LoggedRun(before, changes: changes), try LoggedRun(after, changes: changes)],
            keeping: most)
    }

    /// The same for two opened runs.
    init(_ runs: [LoggedRun], keeping most: Int) throws {
        let tracks = try runs.map(Self.track)
        let (left, right) = (tracks[0], tracks[1])
        _ = try Comparison.checkPairs(left.run, right.run)
        before = runs[0].name
        after = runs[1].name
        configurationChanges = ConfigurationChange.between(
            left.run.configuration, right.run.configuration)
        stepsBefore = left.track.replicas.reduce(0) { $0 + $1.count }
        stepsAfter = right.track.replicas.reduce(0) { $0 + $1.count }
        let place = ScheduleTrack.parting(left.track, right.track) {
            $0.decision != $1.decision
        }
        let clocks = ScheduleTrack.parting(left.track, right.track) {
            $0.decision != $1.decision || $0.time != $1.time
        }
        if let clocks, clocks != place { clocksPartAtS = Double(clocks.time) / 1e6 }
        if let place {
            let sides = try runs.map { try Self.steps($0, at: place) }
            parting = Parting(
                replica: place.replica, lastCommon: sides[0].previous,
                before: sides[0].step, after: sides[1].step)
        }
        let moved = Comparison.pairs(left.run, right.run).filter { $0.0 != $0.1 }
            .sorted {
                ($0.0.arrival, $0.0.id, $0.0.attempt) < ($1.0.arrival, $1.0.id, $1.0.attempt)
            }
        affectedRequests = moved.count
        affected = moved.prefix(most).map(Self.affected)
    }

    private static func affected(_ a: ComparedRequest, _ b: ComparedRequest) -> Affected {
        func change(_ old: Double?, _ new: Double?) -> Double? {
            guard let old, let new else { return nil }
            return new - old
        }
        return Affected(
            id: a.id, arrivalS: Double(a.arrival) / 1e6,
            ttftChangeMs: change(a.timeToFirstToken, b.timeToFirstToken),
            e2elChangeMs: change(a.endToEnd, b.endToEnd),
            preemptionsBefore: a.preemptions, preemptionsAfter: b.preemptions)
    }

    /// A run and its condensed schedule.
    static func track(_ run: LoggedRun) throws -> (run: ComparedRun, track: ScheduleTrack) {
        var track = ScheduleTrack()
        let compared = try run.scan { bytes in
            guard let line = ScheduleLine(bytes) else { throw LoggedRun.NotALine() }
            track.add(line)
        }
        return (compared, track)
    }

    /// The step at a place, and the one before it.
    private static func steps(
        _ run: LoggedRun, at place: ScheduleTrack.Place
    ) throws -> (previous: LoggedStep?, step: LoggedStep?) {
        var index = 0
        var found: (previous: LoggedStep?, step: LoggedStep?) = (nil, nil)
        _ = try run.scan { bytes in
            guard let line = ScheduleLine(bytes), line.step != nil, line.replica == place.replica
            else { return }
            if index == place.index - 1 {
                found.previous = LoggedStep(String(decoding: bytes, as: UTF8.self))
            } else if index == place.index {
                found.step = LoggedStep(String(decoding: bytes, as: UTF8.self))
            }
            index += 1
        }
        return found
    }
}
