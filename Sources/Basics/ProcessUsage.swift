import Foundation

/// What the program itself has used so far: for people, never part of a result.
public struct ProcessUsage: Sendable {
    /// Time on processors, all threads, seconds.
    public let processorSeconds: Double
    /// Most memory in use at once, bytes.
    public let peakMemoryBytes: Int

    /// The usage of the whole process up to now.
    public static var now: ProcessUsage {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        var usage = rusage()
        // Linux counts ru_maxrss in kibibytes, Darwin in bytes (getrusage(2)).
        #if os(Linux)
            getrusage(RUSAGE_SELF.rawValue, &usage)
            let unit = 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            let unit = 1
        #endif
        return ProcessUsage(
            processorSeconds: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9,
            peakMemoryBytes: usage.ru_maxrss * unit)
    }
}
