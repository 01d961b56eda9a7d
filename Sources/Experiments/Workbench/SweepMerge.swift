import Basics

/// Merges the tables of a sweep's shards into one, with the same bytes as an unsharded sweep.
package enum SweepMerge {
    /// One shard's rows, with the next row read ahead.
    private struct Shard {
        let file: String
        let records: CSVRecords
        var next: [UInt8]?
        var run = 0
        /// From one of its runs to the next: the number of shards.
        var stride: Int?

        /// Advances to the next row. `space`: set from the first row of all.
        mutating func advance(_ space: inout Space?, width: Int) throws {
            let before = next == nil ? -1 : run
            guard let record = try records.next() else {
                next = nil
                return
            }
            let place = "\(file):\(records.line)"
            let fields = CSVRecords.fields(record)
            guard CSVRecords.isWhole(record), fields.count == width else {
                throw InputError(
                    place, "is cut", expected: "a shard that has ended: run it again to go on")
            }
            guard SweepColumns.isSealed(record) else {
                throw InputError(
                    place, "was edited: its row_xxh64 is of other bytes",
                    expected: "rows as headway sweep wrote them")
            }
            let texts = fields.prefix(3).map(CSVRecords.text)
            guard let runs = Int(texts[1]), let run = Int(texts[2]), (0..<runs).contains(run)
            else {
                throw InputError(place, "is no row of a sweep", expected: "space,runs,run,...")
            }
            let own = Space(name: texts[0], runs: runs, file: file)
            if let space, space.name != own.name || space.runs != own.runs {
                throw InputError(
                    file,
                    "is of the space \(own.name.echoed()), and \(space.file) of \(space.name)",
                    expected: "shards of one space, made by one version of headway")
            }
            space = space ?? own
            guard run > before else {
                throw InputError(
                    place, "holds run \(run) after run \(before)",
                    expected: "rows as headway sweep wrote them")
            }
            if before >= 0 { stride = run - before }
            (next, self.run) = (record, run)
        }
    }

    private struct Space {
        let name: String
        let runs: Int
        let file: String
    }

    /// Merges shards into a table and returns its number of runs. O(bytes + runs x shards); memory
    /// for one row of each.
    ///
    /// - Throws: `InputError` for shards of different spaces, duplicate runs, and missing runs;
    ///   nothing is written then.
    package static func merge(_ files: [String], to path: String) throws -> Int {
        var shards: [Shard] = []
        var header: [UInt8] = []
        var space: Space?
        for file in files {
            let records = try CSVRecords(file)
            let first = try records.next() ?? []
            guard CSVRecords.text(CSVRecords.fields(first)[0]) == "space",
                CSVRecords.isWhole(first)
            else {
                throw InputError(
                    file, "is no table of a sweep", expected: "what headway sweep --shard wrote")
            }
            if header.isEmpty { header = first }
            guard first == header else {
                throw InputError(
                    file, "has other columns than \(files[0])", expected: "shards of one space")
            }
            shards.append(Shard(file: file, records: records))
        }
        let width = CSVRecords.fields(header).count
        for index in shards.indices { try shards[index].advance(&space, width: width) }
        let output = try WholeFile(path)
        try output.write(header)
        let runs = space?.runs ?? 0
        for run in 0..<runs {
            let holders = shards.indices.filter { shards[$0].next != nil && shards[$0].run == run }
            guard let holder = holders.first else {
                // A second row tells how many shards there are.
                for index in shards.indices where shards[index].stride == nil {
                    try? shards[index].advance(&space, width: width)
                }
                throw missing(run, of: runs, shards: shards.compactMap(\.stride).first)
            }
            guard holders.count == 1 else {
                throw InputError(
                    shards[holders[1]].file,
                    "holds run \(run), and so does \(shards[holder].file)",
                    expected: "each shard once, all of one --shard I/N")
            }
            try output.write(shards[holder].next!)
            try shards[holder].advance(&space, width: width)
        }
        guard runs > 0 else {
            throw InputError(
                "merge", "the files hold no run", expected: "all shards of a sweep")
        }
        try output.commit()
        return runs
    }

    private static func missing(_ run: Int, of runs: Int, shards: Int?) -> InputError {
        let shard =
            shards.map { "shard \(run % $0 + 1)/\($0)" }
            ?? "shard I/N with I = \(run) mod N + 1"
        return InputError(
            "merge", "run \(run) of \(runs) (0 to \(runs - 1)) stands in none of the files",
            expected: "all shards, each ended: it is in \(shard)")
    }
}
