/// How many rows name each model. The trace's rows are all served by one model, whatever they name.
struct ModelNames {
    private var names: [(bytes: [UInt8], count: Int)] = []
    /// The place of the name counted last: rows of one model often follow one another.
    private var last = 0
    /// Rows with a further name.
    private var others = 0

    /// Most names that are counted individually.
    private static let most = 16
    /// Most names in a sentence.
    private static let shown = 4

    /// Counts a row. O(1) if it names the model of the row before it. An empty name counts as none.
    mutating func add(_ name: UnsafeRawBufferPointer) {
        guard !name.isEmpty else { return }
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

    /// What to say of several models; nil for one or none.
    var remark: String? {
        guard names.count > 1 else { return nil }
        let list = names.prefix(Self.shown).map { name in
            let text = name.bytes.withUnsafeBytes { ByteCursor($0).printable(0..<$0.count) }
            return "\(text) \(name.count)"
        }
        let isCut = names.count > Self.shown || others > 0
        return "rows name \(others > 0 ? "more than " : "")\(names.count) models ("
            + list.joined(separator: ", ") + (isCut ? ", ..." : "")
            + "): one model serves them all, and they share its cache"
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
