import Basics

/// Measured steps of a server, and the clock fitted to them.
///
/// The file is a CSV with the columns `tokens` (in the step), `decodes` (sequences that decode),
/// `context` (sum of the decodes' contexts, tokens) and `microseconds`. The fitted form is
///
///     T = table(tokens) + perSequence · decodes + perContext · context
///
/// with a non-decreasing table, linear between the measured token counts. Several rows with the
/// same numbers are allowed; the fit takes their median.
package struct StepTimeTable: Sendable {
    /// One measured step.
    package struct Row: Sendable, Equatable {
        package var tokens: Int
        package var decodes: Int
        package var context: Int
        package var microseconds: Double

        package init(tokens: Int, decodes: Int, context: Int, microseconds: Double) {
            self.tokens = tokens
            self.decodes = decodes
            self.context = context
            self.microseconds = microseconds
        }
    }

    static let columns = ["tokens", "decodes", "context", "microseconds"]

    package let rows: [Row]
    /// Distinct token counts, ascending, with the table's microseconds at each.
    package private(set) var knots: [(tokens: Int, microseconds: Double)] = []
    /// Microseconds per decoding sequence, and per token of context.
    package private(set) var perSequence = 0.0
    package private(set) var perContext = 0.0
    /// Whether rows with equal token counts differ in decodes, and in context. If not, that slope
    /// stays 0 and its time is part of the table.
    private var determinesDecodes = false
    private var determinesContext = false

    /// What the rows cannot determine, one sentence each.
    package var notDetermined: [String] {
        func sentence(_ column: String, _ isDetermined: Bool) -> String? {
            guard !isDetermined else { return nil }
            return
                "time per \(column) is not determined and taken as 0: that needs steps of equally"
                + " many tokens that differ in it alone"
        }
        let one = "steps of one size: each step without decodes takes as long"
        return [
            knots.count == 1 ? one : nil, sentence("decode", determinesDecodes),
            sentence("token of context", determinesContext),
        ].compactMap(\.self)
    }

    /// Median absolute error of the fit, percent.
    package var medianErrorPercent: Double { Self.median(errorsPercent.map(abs)) }

    /// Reads and fits a table file. O(rows log rows).
    ///
    /// - Throws: `InputError` naming the file and the line.
    package init(file path: String) throws {
        try self.init(ColumnFile(path, requiring: Self.columns))
    }

    /// Fits the text of a table file; `place` names it in errors.
    package init(_ text: String, place: String) throws {
        try self.init(ColumnFile(text: text, path: place, requiring: Self.columns))
    }

    private init(_ file: ColumnFile) throws {
        let order = Self.columns.map { file.column($0) }
        rows = try file.rows.indices.map { try Self.row(file, $0, order) }
        guard !rows.isEmpty else {
            throw InputError(
                file.path, "has no rows",
                expected: "a header and rows of " + Self.columns.joined(separator: ","))
        }
        fit()
    }

    /// Reads one row. Bounds: 2^24 tokens and an hour per step, both far beyond any real step. The
    /// clock counts picoseconds.
    private static func row(_ file: ColumnFile, _ row: Int, _ order: [Int]) throws -> Row {
        func count(_ column: Int, _ bounds: ClosedRange<Double>) throws -> Int {
            let value = try file.number(row, order[column], in: bounds)
            guard let count = Int(exactly: value) else {
                throw InputError(
                    file.place(row), "\(columns[column]) is \(value)", expected: "a whole number")
            }
            return count
        }
        let tokens = try count(0, 1...0x1p24)
        let decodes = try count(1, 0...0x1p24)
        guard decodes <= tokens else {
            throw InputError(
                file.place(row), "\(decodes) decodes in a step of \(tokens) tokens",
                expected: "a token or more of each sequence that decodes")
        }
        return try Row(
            tokens: tokens, decodes: decodes, context: count(2, 0...0x1p40),
            microseconds: file.number(row, order[3], in: 1e-6...3.6e9))
    }

    /// Fits the slopes on steps with equal token counts, where differences cancel the table. The
    /// table is then the median of the rest, made non-decreasing.
    private mutating func fit() {
        let counts = Set(rows.map(\.tokens)).sorted()
        var place: [Int: Int] = [:]
        for (index, count) in counts.enumerated() { place[count] = index }
        fitSlopes(place, centres: centres(place))
        var rests = Array(repeating: [Double](), count: counts.count)
        for row in rows {
            rests[place[row.tokens]!].append(row.microseconds - slopes(row))
        }
        let medians = rests.map { Self.median($0) }
        let level = Self.nonDecreasing(medians, weights: rests.map { Double($0.count) })
        knots = zip(counts, level).map { ($0, max(0, $1)) }
    }

    /// The weighted means of one knot's rows, from which their differences are taken.
    private struct Centre {
        var weight = 0.0
        var decodes = 0.0
        var context = 0.0
        var microseconds = 0.0
    }

    private func centres(_ place: [Int: Int]) -> [Centre] {
        var centres = Array(repeating: Centre(), count: place.count)
        for row in rows {
            let index = place[row.tokens]!
            let weight = 1 / (row.microseconds * row.microseconds)
            centres[index].weight += weight
            centres[index].decodes += weight * Double(row.decodes)
            centres[index].context += weight * Double(row.context)
            centres[index].microseconds += weight * row.microseconds
        }
        return centres.map { sum in
            Centre(
                weight: sum.weight, decodes: sum.decodes / sum.weight,
                context: sum.context / sum.weight, microseconds: sum.microseconds / sum.weight)
        }
    }

    private func slopes(_ row: Row) -> Double {
        perSequence * Double(row.decodes) + perContext * Double(row.context)
    }

    /// Least squares of relative errors for both slopes, neither negative, as far as the rows
    /// determine them.
    private mutating func fitSlopes(_ place: [Int: Int], centres: [Centre]) {
        var (bb, bc, cc, br, cr) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var (scale, decodeScale) = (0.0, 0.0)
        for row in rows {
            let weight = 1 / (row.microseconds * row.microseconds)
            let centre = centres[place[row.tokens]!]
            let b = Double(row.decodes) - centre.decodes
            let c = Double(row.context) - centre.context
            let rest = row.microseconds - centre.microseconds
            bb += weight * b * b
            bc += weight * b * c
            cc += weight * c * c
            br += weight * b * rest
            cr += weight * c * rest
            scale += weight * Double(row.context) * Double(row.context)
            decodeScale += weight * Double(row.decodes) * Double(row.decodes)
        }
        let determinant = bb * cc - bc * bc
        determinesContext = cc > 1e-9 * scale
        determinesDecodes = bb > 1e-9 * decodeScale
        guard determinesContext, determinesDecodes, determinant > 1e-9 * bb * cc else {
            // If both only change together, their effects cannot be separated: assign all to the
            // context.
            if determinesContext {
                perContext = max(0, cr / cc)
                determinesDecodes = false
            } else if determinesDecodes {
                perSequence = max(0, br / bb)
            }
            return
        }
        let both = ((br * cc - cr * bc) / determinant, (cr * bb - br * bc) / determinant)
        if both.0 >= 0, both.1 >= 0 {
            (perSequence, perContext) = both
        } else if both.1 < 0 {
            (perSequence, perContext) = (max(0, br / bb), 0)
        } else {
            (perSequence, perContext) = (0, max(0, cr / cc))
        }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The nearest non-decreasing sequence (pool adjacent violators).
    static func nonDecreasing(_ values: [Double], weights: [Double]) -> [Double] {
        var blocks: [(mean: Double, weight: Double, count: Int)] = []
        for (value, weight) in zip(values, weights) {
            blocks.append((value, weight, 1))
            while blocks.count > 1, blocks[blocks.count - 2].mean > blocks[blocks.count - 1].mean {
                let last = blocks.removeLast()
                let previous = blocks.removeLast()
                let weight = last.weight + previous.weight
                let mean = (last.mean * last.weight + previous.mean * previous.weight) / weight
                blocks.append((mean, weight, last.count + previous.count))
            }
        }
        return blocks.flatMap { Array(repeating: $0.mean, count: $0.count) }
    }

    /// The fitted microseconds of a step of `tokens`, without the decodes' terms: linear between
    /// knots, constant before the first, with the last slope beyond the last.
    package func microseconds(tokens: Double) -> Double {
        guard knots.count > 1 else { return knots[0].microseconds }
        if tokens <= Double(knots[0].tokens) { return knots[0].microseconds }
        var (low, high) = (0, knots.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Double(knots[middle].tokens) <= tokens { low = middle } else { high = middle }
        }
        let (from, to) = (knots[low], knots[high])
        let slope = (to.microseconds - from.microseconds) / Double(to.tokens - from.tokens)
        return from.microseconds + slope * (tokens - Double(from.tokens))
    }

    /// Errors of the fit per row, (fitted − measured) / measured in percent.
    package var errorsPercent: [Double] {
        rows.map { row in
            let fitted = microseconds(tokens: Double(row.tokens)) + slopes(row)
            return 100 * (fitted / row.microseconds - 1)
        }
    }

    /// The clock, with tables for up to `maxTokens` tokens per step.
    package func stepTime(maxTokens: Int) -> StepTime {
        var slopes = TabulatedStepTime.DecodeSlopes()
        slopes.perSequence = IntegerTable.picoseconds(perSequence * 1e-6)
        slopes.perContext = IntegerTable.picoseconds(perContext * 1e-6)
        let tables = TabulatedStepTime(
            byTokens: IntegerTable(through: maxTokens) { microseconds(tokens: $0) * 1e-6 },
            bySampled: IntegerTable(through: 1) { _ in 0 }, decode: [slopes])
        var provenance = Provenance(
            kind: "table",
            source: "\(Quantity.counted(rows.count, "measured step")), fitted, median error "
                + "\(Quantity.decimal(medianErrorPercent, 1)) %")
        provenance.assumptions = notDetermined
        provenance.mostTokens = knots.last!.tokens
        provenance.mostDecodes = rows.map(\.decodes).max()
        return StepTime(tables, window: 0, provenance: provenance)
    }
}
