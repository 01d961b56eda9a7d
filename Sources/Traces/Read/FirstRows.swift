/// What the first rows of a JSON-lines trace tell about what its format leaves open: the unit of
/// times and the tokens per hash id.
struct FirstRows {
    /// A recorded time in the file's own unit.
    struct Time {
        var value: Double
        var isWhole: Bool
    }

    private(set) var times: [Time] = []
    /// Prompt lengths and id counts of the rows that have both.
    private(set) var blocks: [(prompt: Int, ids: Int)] = []
    /// `block_size` of the first row that has it.
    private(set) var blockSize: Int?
    private(set) var hasPriorities = false

    /// Most rows looked at.
    static let most = 32
    /// Most bytes looked at.
    static let preview = 1 << 20

    /// No rows yet.
    init() {}

    /// Adds a row as it is in a file, with `time` in the file's unit.
    mutating func add(time: Double, prompt: Int, ids: Int) {
        times.append(Time(value: time, isWhole: time == time.rounded()))
        blocks.append((prompt, ids))
    }

    /// Looks at the rows at hand. Anything unreadable is left to the reader. O(preview).
    init(_ reader: LineReader, columns: TraceColumns? = nil) {
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: reader.preview.prefix(Self.preview)))
        let time = columns?.time ?? "timestamp"
        let prompt = columns?.prompt ?? "input_length"
        for _ in 0..<Self.most {
            cursor.skipSpaces()
            guard !cursor.isAtEnd, (try? read(&cursor, time: time, prompt: prompt)) != nil else {
                return
            }
        }
    }

    private mutating func read(
        _ cursor: inout ByteCursor, time: String, prompt: String
    ) throws {
        var length: Int?
        var ids: Int?
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = cursor.text(try cursor.key())
            switch key {
            case time, "created_time":
                let start = cursor.at
                try cursor.skipValue()
                if let value = Double(cursor.text(start..<cursor.at)) {
                    times.append(Time(value: value, isWhole: value == value.rounded()))
                }
            case prompt, "input_tokens":
                length = Int(try cursor.integer("a length"))
            case "block_size":
                let size = try cursor.integer("a block size")
                if blockSize == nil, (1...1 << 20).contains(size) { blockSize = Int(size) }
            case "hash_ids" where cursor.current == 0x5b: ids = try Self.count(&cursor)
            default:
                if key == "priority" { hasPriorities = true }
                try cursor.skipValue()
            }
        }
        if let length, length > 0, let ids, ids > 0 { blocks.append((length, ids)) }
    }

    private static func count(_ cursor: inout ByteCursor) throws -> Int {
        var count = 0
        var isFirst = true
        try cursor.openArray("hash_ids")
        while try cursor.nextElement(0x5d, &isFirst) {
            _ = try cursor.integer("an id")
            count += 1
        }
        return count
    }

    /// Tokens per block: `block_size`, or else the first usual size that gives all rows at hand the
    /// right number of ids, or else the first that fits the first row. Nil without ids.
    var blockTokens: Int? {
        if let blockSize { return blockSize }
        guard let first = blocks.first else { return nil }
        // 512 first: a prompt of less than 17 tokens fits every size.
        let sizes = [512, 16, 64, 128, 256, 32, 1024]
        func fits(_ row: (prompt: Int, ids: Int), _ size: Int) -> Bool {
            (row.prompt - 1) / size + 1 == row.ids
        }
        return sizes.first { size in blocks.allSatisfy { fits($0, size) } }
            ?? sizes.first { fits(first, $0) }
            ?? sizes.first { first.prompt / $0 == first.ids }
    }

    /// The note on priorities, which other tools order the other way round.
    static let priorityAssumption =
        "priorities are taken as vLLM's: a smaller number comes first"

    /// The note on a block size that was inferred.
    static func assumption(blockTokens: Int) -> String {
        "hash ids are taken as blocks of \(blockTokens) tokens, by the first rows (another:"
            + " trace.block_size; headway trace: --block-size)"
    }
}
