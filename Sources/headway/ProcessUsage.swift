import Foundation
import Reports

/// What the program itself has used so far: for people, never part of a result.
struct ProcessUsage {
    /// Time on the wall, seconds.
    let wallSeconds: Double
    /// Time on processors, all threads, seconds.
    let processorSeconds: Double
    /// Most memory in use at once, bytes.
    let peakMemoryBytes: Int

    /// The usage of the whole process, with the time on the wall since a moment.
    static func since(_ moment: ContinuousClock.Instant) -> ProcessUsage {
        var usage = rusage()
        #if os(Linux)
            let own = RUSAGE_SELF.rawValue
        #else
            let own = RUSAGE_SELF
        #endif
        getrusage(own, &usage)
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
        }
        // Linux counts ru_maxrss in kibibytes, Darwin in bytes (getrusage(2)).
        #if os(Linux)
            let unit = 1024
        #else
            let unit = 1
        #endif
        return ProcessUsage(
            wallSeconds: (ContinuousClock.now - moment) / .seconds(1),
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            peakMemoryBytes: usage.ru_maxrss * unit)
    }

    /// "1.92 s, 1.90 CPU-seconds, 84.2 MB".
    var description: String {
        "\(Quantity.duration(seconds: wallSeconds)), "
            + "\(Quantity.significant(processorSeconds)) CPU-seconds and "
            + "\(Quantity.bytes(Double(peakMemoryBytes))) of memory."
    }
}
