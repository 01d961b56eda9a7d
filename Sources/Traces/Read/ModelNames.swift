import Basics

/// How many rows name each model. The trace's rows are all served by one model, whatever they name.
struct ModelNames {
    private var names: [(bytes: [UInt8], count: Int)] = []
    /// The place of the name counted last: rows of one model often follow one another.
    private var last = 0
    /// Rows with a further name.
    private var others = 0
    /// The only model whose rows are kept; nil: rows of all.
    private let kept: [UInt8]?
    /// Whether the row being read names that model.
    private var isKept = false
    /// Rows left out: of other models, and without a model's name.
    private var leftOut = 0
    private var leftOutUnnamed = 0
    private var isNamed = false

    /// Most names that are counted individually.
    private static let most = 16
    /// Most names in a sentence.
    private static let shown = 4

    /// No rows yet. `kept` is the only model to keep.
    init(kept: String? = nil) { self.kept = kept.map { Array($0.utf8) } }

    /// Begins a row, which has named no model so far.
    mutating func begin() { (isKept, isNamed) = (false, false) }

    /// Whether the row being read is to be left out. O(1).
    var leavesOut: Bool { kept != nil && !isKept }

    /// Counts a row that was left out.
    mutating func countLeftOut(named: Bool) {
        if named { leftOut += 1 } else { leftOutUnnamed += 1 }
    }

    /// Counts a row. O(1) if it names the model of the row before it. An empty name counts as none.
    mutating func add(_ name: UnsafeRawBufferPointer) {
        guard !name.isEmpty else { return }
        isNamed = true
        if let kept { isKept = kept.elementsEqual(name) }
        if last < names.count, names[last].bytes.elementsEqual(name) {
            names[last].count += 1
        } else if let place = names.firstIndex(where: { $0.bytes.elementsEqual(name) }) {
            names[place].count += 1
            last = place
        } else if names.count < Self.most {
            last = names.count
            names.append((Array(name), 1))
        } else {
            others += 1
        }
    }

    /// What to say of several models; nil for one or none, unless one alone is kept.
    var remark: String? {
        guard kept == nil else { return keptRemark }
        guard names.count > 1 else { return nil }
        return "rows name \(others > 0 ? "more than " : "")\(names.count) models (\(list)): "
            + "one model serves them all, and they share its cache (trace.model keeps one's)"
    }

    /// The first names with their rows.
    private var list: String {
        let list = names.prefix(Self.shown).map { name in
            let text = name.bytes.withUnsafeBytes { ByteCursor($0).printable(0..<$0.count) }
            return "\(text) \(name.count)"
        }
        let isCut = names.count > Self.shown || others > 0
        return list.joined(separator: ", ") + (isCut ? ", ..." : "")
    }

    /// What was left out beside the rows of the model that is kept; nil for nothing.
    private var keptRemark: String? {
        guard leftOut + leftOutUnnamed > 0, let kept else { return nil }
        let name = String(decoding: kept, as: UTF8.self).echoed()
        let others = leftOut > 0 ? Quantity.counted(leftOut, "row") + " of other models" : nil
        let unnamed =
            leftOutUnnamed > 0
            ? Quantity.counted(leftOutUnnamed, "row") + " without a model's name" : nil
        return "only the rows of \(name) are replayed (trace.model); left out: "
            + [others, unnamed].compactMap(\.self).joined(separator: " and ")
    }

    /// Why a trace without a row of the model that is to be kept has none; nil if all are kept.
    var nothingKept: (problem: String, expected: String)? {
        guard let kept else { return nil }
        let name = String(decoding: kept, as: UTF8.self).echoed()
        guard !names.isEmpty else {
            return ("no row names a model", "no trace.model (headway trace: --only-model)")
        }
        return ("no row of the model \"\(name)\" can be replayed", "one that rows name: \(list)")
    }

    /// Whether the row being read names a model.
    var hasName: Bool { isNamed }
}

extension TraceRow {
    /// Notes whether the row that was read is one of the model that is kept.
    mutating func take(_ models: ModelNames) {
        isOfOtherModel = models.leavesOut
        namesModel = models.hasName
    }
}

extension ByteCursor {
    /// Counts the model that a text names, which is next and is not passed.
    func countModel(_ counters: inout ReaderCounters) {
        var value = self
        guard value.current == 0x22, let text = try? value.stringRange() else { return }
        counters.models.add(raw(text))
    }

    /// The bytes of a range, where they lie.
    func raw(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }
}
