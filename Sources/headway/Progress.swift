import Basics
import Dispatch
import Foundation
import Reports
import Synchronization

/// The progress line on a terminal, for commands that take longer than a second: the share done,
/// the time left, and the verb's own text.
///
/// Verbs only report (`report`); a timer draws. If a verb reports no share, `WorkShare` counts.
enum Progress {
    private struct State {
        /// Nil: nothing is drawn.
        var began: ContinuousClock.Instant?
        var share: Double?
        var text = ""
        var isShown = false
    }

    private static let state = Mutex(State())
    private static let queue = DispatchQueue(label: "progress")
    nonisolated(unsafe) private static var timer: (any DispatchSourceTimer)?

    /// Starts drawing after a moment, if standard error is a terminal.
    static func begin() {
        guard Console.showsProgress else { return }
        state.withLock { $0.began = .now }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        // Five lines a second are as many as an eye can follow; short commands show none.
        timer.schedule(deadline: .now() + .milliseconds(300), repeating: .milliseconds(200))
        timer.setEventHandler { draw() }
        timer.resume()
        self.timer = timer
    }

    /// Reports progress: the share done, 0 to 1, and a few words. O(1).
    static func report(share: Double?, _ text: String = "") {
        state.withLock {
            $0.share = share
            $0.text = text
        }
    }

    /// The same for `done` parts of a whole.
    static func report(_ done: Int, of whole: Int, _ unit: String) {
        report(
            share: Double(done) / Double(max(1, whole)),
            "\(Quantity.count(done)) of \(Quantity.count(whole)) \(unit)")
    }

    /// Writes something else: removes the line first; it returns if the work goes on.
    static func withoutLine<Result>(_ write: () throws -> Result) rethrows -> Result {
        // Does not wait for the lock: an interruption must be able to write whatever is being
        // written.
        let hidden: Void? = state.withLockIfAvailable { state in
            if state.isShown { Console.show(progress: "") }
            state.isShown = false
        }
        _ = hidden
        return try write()
    }

    /// Removes the line for good.
    static func end() {
        state.withLock { state in
            if state.isShown { Console.show(progress: "") }
            state = State()
        }
    }

    private static func draw() {
        state.withLock { state in
            guard let began = state.began else { return }
            let passed = (ContinuousClock.now - began) / .seconds(1)
            let line = line(
                passed: passed, share: state.share ?? WorkShare.share, text: state.text)
            let width = (Console.columns(of: STDERR_FILENO) ?? 80) - 1
            Console.show(progress: String(line.prefix(max(1, width))))
            state.isShown = true
        }
    }

    /// For example "42 %, 12 s left; 42,000 of 100,000 requests".
    static func line(passed: Double, share: Double?, text: String) -> String {
        guard let share, share.isFinite else {
            return "still working after \(rounded(passed))" + (text.isEmpty ? "" : "; " + text)
        }
        let done = min(1, max(0, share))
        var parts = "\(Int(done * 100)) %"
        if done >= 1 {
            parts += ", still working"
        } else if done > 0 {
            parts += ", \(rounded(passed / done - passed)) left"
        } else {
            parts += ", time left unknown"
        }
        return text.isEmpty ? parts : parts + "; " + text
    }

    private static func rounded(_ seconds: Double) -> String {
        seconds < 120
            ? "\(Int(seconds.rounded(.up))) s" : Quantity.duration(seconds: seconds)
    }
}
