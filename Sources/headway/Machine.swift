import Foundation

/// The machine on which times were measured, included in every measurement's result.
struct Machine: Encodable {
    /// The processor's name from the system, or else its architecture.
    let processor: String
    /// Processors available to the program.
    let processors: Int
    let memoryGigabytes: Int
    let system: String

    init() {
        let process = ProcessInfo.processInfo
        processor = Self.processorName() ?? Self.architecture
        processors = process.activeProcessorCount
        memoryGigabytes = Int((Double(process.physicalMemory) / 1e9).rounded())
        system = process.operatingSystemVersionString
    }

    /// On one line.
    var description: String {
        "\(processor), \(processors) processors, \(memoryGigabytes) GB, \(system)"
    }

    private static func processorName() -> String? {
        #if os(Linux)
            guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
                return nil
            }
            let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
            let name = line?.split(separator: ":").dropFirst().joined(separator: ":")
            return name?.trimmingCharacters(in: .whitespaces)
        #else
            return nil
        #endif
    }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #elseif arch(x86_64)
            "x86_64"
        #else
            "unknown processor"
        #endif
    }
}
