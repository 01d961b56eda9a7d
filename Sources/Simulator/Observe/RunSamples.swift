/// What an instance did in a window of time. A step counts in the window of its schedule call, GPU
/// time in the window in which it passed.
package struct WindowSample: Sendable, Equatable {
    /// Steps that computed something, and (request, step) pairs.
    package var steps = 0
    package var entries = 0
    /// Prompt tokens computed, including recomputation, and decode tokens.
    package var prefillTokens = 0
    package var decodeTokens = 0
    /// Tokens delivered.
    package var outputTokens = 0
    package var preemptions = 0
    /// For requests admitted for the first time: prefix tokens found, and prompt tokens.
    package var hitTokens = 0
    package var queriedTokens = 0
    /// Time during which the GPUs computed, in picoseconds.
    package var busyTime: Int64 = 0
    /// ∫ used blocks dt, in block-picoseconds.
    package var blockTime: UInt128 = 0
    /// At the window's end: waiting requests (including preempted ones), running requests, used
    /// blocks.
    package var waiting = 0
    package var running = 0
    package var usedBlocks = 0

    /// Zero everywhere.
    package init() {}

    /// Adds the work of another window.
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

    /// Takes over the state at the end of a later window.
    package mutating func end(as later: WindowSample) {
        waiting = later.waiting
        running = later.running
        usedBlocks = later.usedBlocks
    }

    /// The work since an earlier moment. Both samples are sums from the start.
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

/// The work of every instance in windows of equal length from the first arrival on. The last window
/// ends with the run, or with the last arrival if that is later.
package struct RunSamples: Sendable, Equatable {
    /// Start of the first window, and length of each, in picoseconds.
    package let start: Int64
    package let interval: Int64
    /// End of the last window.
    package let end: Int64
    /// By instance; every instance has the same number of windows.
    package let replicas: [[WindowSample]]

    /// The windows of all instances added up.
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

    /// The same with every `number` consecutive windows joined into one. O(windows).
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

/// The windows of one instance, during the run.
struct InstanceSamples: ~Copyable {
    private var windows = HotArray<WindowSample>()
    /// The instance's work from the start to the end of the last window.
    private var before = WindowSample()
    private(set) var sampling: Sampling?
    private(set) var start: Int64 = 0
    private(set) var interval: Int64 = 0
    /// End of the window under way; `Int64.max` without sampling.
    private(set) var next = Int64.max

    /// Starts the first window.
    mutating func begin(_ sampling: Sampling, at time: Int64) {
        precondition(sampling.interval > 0 && sampling.most > 1, "windows of no length")
        self.sampling = sampling
        start = time
        interval = sampling.interval
        next = time + interval
    }

    /// Whether another window would be too many.
    var isFull: Bool {
        guard let sampling else { return false }
        return !sampling.widens && windows.count >= sampling.most
    }

    /// Closes the window under way, given the work up to its end.
    mutating func close(_ now: WindowSample) {
        guard let sampling else { return }
        add(now)
        next = windows.count < sampling.most || !sampling.widens ? next + interval : widened()
    }

    /// Closes the last window at the end of the run, if there is any of it left.
    mutating func finish(_ now: WindowSample, at end: Int64) {
        if end > closed || windows.isEmpty { add(now) }
        if let sampling, sampling.widens, windows.count >= sampling.most { widen() }
        next = .max
    }

    /// The end of the last closed window, in picoseconds.
    var closed: Int64 { next - interval }

    private mutating func add(_ now: WindowSample) {
        var now = now
        // Sums must not fall: a step under way may have been delayed, and a client that gave up
        // before the window's end may be handled after it.
        now.busyTime = max(now.busyTime, before.busyTime)
        now.blockTime = max(now.blockTime, before.blockTime)
        windows.append(now.since(before))
        before = now
    }

    /// Joins windows in pairs. Returns when the window under way ends then.
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
