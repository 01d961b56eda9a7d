/// What an instance did in a window of time. A step counts where the scheduler was called for it,
/// the GPUs' time where it passed.
package struct WindowSample: Sendable, Equatable {
    /// Steps that computed something, and (request, step) pairs.
    package var steps = 0
    package var entries = 0
    /// Tokens computed of prompts, recomputation included, and those of decodes.
    package var prefillTokens = 0
    package var decodeTokens = 0
    /// Tokens delivered.
    package var outputTokens = 0
    package var preemptions = 0
    /// Of requests admitted for the first time: prefix tokens found, and prompt tokens.
    package var hitTokens = 0
    package var queriedTokens = 0
    /// Picoseconds in which the GPUs computed.
    package var busyTime: Int64 = 0
    /// ∫ used blocks dt, block-picoseconds.
    package var blockTime: UInt128 = 0
    /// At the window's end: requests that wait, preempted ones included, and that run; used blocks.
    package var waiting = 0
    package var running = 0
    package var usedBlocks = 0

    /// Nothing.
    package init() {}

    /// Takes what was done in another window in.
    package mutating func add(_ other: WindowSample) {
        steps += other.steps
        entries += other.entries
        prefillTokens += other.prefillTokens
        decodeTokens += other.decodeTokens
        outputTokens += other.outputTokens
        preemptions += other.preemptions
        hitTokens += other.hitTokens
        queriedTokens += other.queriedTokens
        busyTime += other.busyTime
        blockTime += other.blockTime
    }

    /// Takes the state at the end of a later window over.
    package mutating func end(as later: WindowSample) {
        waiting = later.waiting
        running = later.running
        usedBlocks = later.usedBlocks
    }

    /// What was done since an earlier moment, where both are sums from the start.
    func since(_ earlier: WindowSample) -> WindowSample {
        var sample = self
        sample.steps -= earlier.steps
        sample.entries -= earlier.entries
        sample.prefillTokens -= earlier.prefillTokens
        sample.decodeTokens -= earlier.decodeTokens
        sample.outputTokens -= earlier.outputTokens
        sample.preemptions -= earlier.preemptions
        sample.hitTokens -= earlier.hitTokens
        sample.queriedTokens -= earlier.queriedTokens
        sample.busyTime -= earlier.busyTime
        sample.blockTime -= earlier.blockTime
        return sample
    }
}

/// What every instance did, window by window from the first arrival on, all of equal length but
/// that the last ends with the run, or with the last arrival where that was later.
package struct RunSamples: Sendable, Equatable {
    /// When the first window begins, and how long each lasts, picoseconds.
    package let start: Int64
    package let interval: Int64
    /// When the last one ends.
    package let end: Int64
    /// By instance, each with the same number of windows.
    package let replicas: [[WindowSample]]

    /// The windows of all instances together.
    package var sums: [WindowSample] {
        var sums = [WindowSample](repeating: WindowSample(), count: replicas.first?.count ?? 0)
        for windows in replicas {
            for (place, window) in windows.enumerated() {
                sums[place].add(window)
                sums[place].waiting += window.waiting
                sums[place].running += window.running
                sums[place].usedBlocks += window.usedBlocks
            }
        }
        return sums
    }

    /// The same with so many windows in a row as one. O(windows).
    package func joined(by number: Int) -> RunSamples {
        precondition(number > 0, "windows of nothing")
        let joined = replicas.map { windows in
            stride(from: 0, to: windows.count, by: number).map { first in
                var sample = windows[first]
                for later in windows[first..<min(first + number, windows.count)].dropFirst() {
                    sample.add(later)
                    sample.end(as: later)
                }
                return sample
            }
        }
        return RunSamples(
            start: start, interval: interval * Int64(number), end: end, replicas: joined)
    }
}

/// The windows of one instance, while the run goes on.
struct InstanceSamples: ~Copyable {
    private var windows = HotArray<WindowSample>()
    /// What the instance had done by the end of the last window, from the start.
    private var before = WindowSample()
    private(set) var sampling: Sampling?
    private(set) var start: Int64 = 0
    private(set) var interval: Int64 = 0
    /// When the window under way ends; `Int64.max`: nobody asks.
    private(set) var next = Int64.max

    /// Begins with the first window.
    mutating func begin(_ sampling: Sampling, at time: Int64) {
        precondition(sampling.interval > 0 && sampling.most > 1, "windows of no length")
        self.sampling = sampling
        start = time
        interval = sampling.interval
        next = time + interval
    }

    /// Whether one more window would be too many.
    var isFull: Bool {
        guard let sampling else { return false }
        return !sampling.widens && windows.count >= sampling.most
    }

    /// Ends the window under way with what was done by its end.
    mutating func close(_ now: WindowSample) {
        guard let sampling else { return }
        add(now)
        next = windows.count < sampling.most || !sampling.widens ? next + interval : widened()
    }

    /// Ends the last window, which ends with the run, if anything is left of it.
    mutating func finish(_ now: WindowSample, at end: Int64) {
        if end > closed || windows.isEmpty { add(now) }
        if let sampling, sampling.widens, windows.count >= sampling.most { widen() }
        next = .max
    }

    /// Up to when windows have ended, picoseconds.
    var closed: Int64 { next - interval }

    private mutating func add(_ now: WindowSample) {
        var now = now
        // What has passed does not come back: a step under way may have been put off, and a client
        // that gave up before the window's end be seen to after it.
        now.busyTime = max(now.busyTime, before.busyTime)
        now.blockTime = max(now.blockTime, before.blockTime)
        windows.append(now.since(before))
        before = now
    }

    /// Makes two windows one, and tells when the one under way ends then.
    private mutating func widened() -> Int64 {
        widen()
        return start + Int64(windows.count + 1) * interval
    }

    private mutating func widen() {
        let half = (windows.count + 1) / 2
        for place in 0..<half {
            var sample = windows[2 * place]
            if 2 * place + 1 < windows.count {
                sample.add(windows[2 * place + 1])
                sample.end(as: windows[2 * place + 1])
            }
            windows[place] = sample
        }
        windows.removeLast(windows.count - half)
        interval *= 2
    }

    /// All windows.
    var elements: [WindowSample] { windows.elements }
}
