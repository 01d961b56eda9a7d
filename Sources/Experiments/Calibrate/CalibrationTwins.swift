import Basics

/// Refuses measurements that stand on both sides of a calibration: they would count twice in the
/// fit, or turn held-out errors into those of the fit.
enum CalibrationTwins {
    /// Throws for a file with the same contents as another, also compressed. The scrape after one
    /// load may be the one before the next. O(bytes).
    static func refuseFiles(_ data: [String], heldOut: [String]) throws {
        let files = data + heldOut
        var known: [(file: String, bytes: [UInt8])] = []
        for (place, file) in files.enumerated() {
            let bytes = try CalibrationInput.bytes(file)
            let twin = known.first { $0.bytes == bytes }?.file
            known.append((file, bytes))
            guard let twin, try CalibrationInput.kind(file, bytes) != .scrape else { continue }
            throw InputError(
                file, twin == file ? "is given twice" : "holds the same as \(twin)",
                expected: place < data.count
                    ? "different measurements after --data"
                    : "measurements after --hold-out that --data does not have")
        }
    }

    /// Notes on held-out parts of which some rows were fitted too. Throws for a part of which all
    /// were: a copy in another order or format, or an excerpt. O(rows).
    static func notes(
        fitted: [any CalibrationEvidence], heldOut: [any CalibrationEvidence]
    ) throws -> [String] {
        try heldOut.compactMap { part in
            let rows = part.rows
            var best: (name: String, count: Int) = ("", 0)
            for other in fitted {
                let known = Set(other.rows)
                let count = rows.count { known.contains($0) }
                if count > best.count { best = (other.name, count) }
            }
            guard best.count > 0 else { return nil }
            guard best.count < rows.count else {
                throw InputError(
                    part.name.echoed(),
                    "all \(Quantity.counted(rows.count, "measurement")) are in "
                        + "\(best.name.echoed()) of --data too",
                    expected: "measurements after --hold-out that --data does not have")
            }
            return "\(Quantity.count(best.count)) of the "
                + "\(Quantity.counted(rows.count, "measurement")) of \(part.name.echoed()) are in "
                + "\(best.name.echoed()) of --data too: their errors are not held out"
        }
    }
}
