import Foundation

/// The program's own resource usage so far: for people, never part of a result.
package struct ProcessUsage: Sendable {
    /// Processor time since the program's start, all threads, seconds.
    package let processorSeconds: Double
    /// Peak memory, bytes.
    package let peakMemoryBytes: Int

    /// Processor time at the program's start. A process that becomes the program by exec, as `swift
    /// run` does, has already used some.
    private static let secondsBefore = processorTime

    /// Starts counting. Call it first in the program.
    package static func begin() { _ = secondsBefore }

    /// The usage up to now.
    package static var now: ProcessUsage {
        ProcessUsage(
            processorSeconds: processorTime - secondsBefore,
            peakMemoryBytes: peakOfThisProgram ?? peakOfProcess)
    }

    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Linux: VmHWM, which restarts at exec (proc_pid_status(5)).
    private static var peakOfThisProgram: Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
        else { return nil }
        return Int(kibibytes).map { $0 * 1024 }
    }

    /// ru_maxrss: kibibytes on Linux, bytes on Darwin (getrusage(2)).
    private static var peakOfProcess: Int {
        var usage = rusage()
        #if os(Linux)
            getrusage(RUSAGE_SELF.rawValue, &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}
