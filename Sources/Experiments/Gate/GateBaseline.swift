import Basics
import Foundation
import Results

/// Measurements of a suite when it was blessed: a small JSON file under version control.
public struct GateBaseline: Sendable, Codable, Equatable {
    /// Version of the file's layout that is read and written.
    static let format = 1

    package var format = GateBaseline.format
    package var suite: String
    package var cases: [GateMeasurement]
    /// How the requests of each case fared; nil in files of earlier versions.
    package var costs: [GateCost]?

    /// A baseline of measurements, and of how the requests of each case fared.
    package init(suite: String, cases: [GateMeasurement], costs: [GateCost]? = nil) {
        self.suite = suite
        self.cases = cases
        self.costs = costs
    }

    /// Writes the file atomically, creating its folder if needed.
    public func write(to path: String) throws {
        try FileSystem.makeFolders(path.containingFolder)
        let file = try WholeFile(path)
        try file.writeLine(jsonText(self))
        try file.commit()
    }

    /// Reads the file. Throws `InputError` if it is missing, of another version, or not a baseline.
    public static func read(_ path: String, suite: String) throws -> GateBaseline {
        guard FileSystem.exists(path) else {
            throw InputError(
                path, "there is no such baseline",
                expected: "headway gate \(suite) --bless first, on the version to hold to")
        }
        let data = try Data(
            InputFile.contents(
                path, atMost: 100_000_000, expected: "a baseline, as --bless has written it"))
        struct Version: Decodable { var format: Int }
        let version = try decode(Version.self, data, path) {
            try JSON5.decode($0, from: $1, place: $2)
        }
        guard version.format == format else {
            throw InputError(
                path, "has format \(version.format)", expected: "\(format): bless it anew")
        }
        let baseline = try decode(GateBaseline.self, data, path) {
            try JSON5.decodeKnown($0, from: $1, place: $2)
        }
        guard baseline.cases.allSatisfy(\.isConsistent)
        else { throw InputError(path, "is damaged", expected: "what --bless has written") }
        return baseline
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ data: Data, _ path: String,
        by decoding: (Value.Type, Data, String) throws -> Value
    ) throws -> Value {
        do {
            return try decoding(type, data, path)
        } catch let error as InputError {
            throw InputError(
                error.place, "is damaged (\(error.problem))", expected: "what --bless has written")
        }
    }
}

extension GateMeasurement {
    fileprivate var isConsistent: Bool {
        let count = seeds.count
        return count > 0 && Set(seeds).count == count && workloads.count == count
            && digests.count == count && figures.values.allSatisfy { $0.count == count }
    }
}
