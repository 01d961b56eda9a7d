/// Which spans of an OpenTelemetry trace contain which.
struct SpanTree {
    /// The identities of a span and of the one around it, if recorded.
    struct IDs {
        private var trace: UInt64 = 0
        private var span: UInt64?
        private var parent: UInt64?

        /// The span's own identity; nil if it has none.
        var own: UInt64? { span.map { Self.join(trace, $0) } }
        /// The identity of the span around it.
        var outer: UInt64? { parent.map { Self.join(trace, $0) } }

        /// Span ids are unique only within a trace.
        private static func join(_ trace: UInt64, _ span: UInt64) -> UInt64 {
            (trace &* 0x9e37_79b9_7f4a_7c15) ^ span
        }

        /// Reads the value of a key that holds an id. Returns false for any other key, with nothing
        /// read.
        mutating func read(_ key: Range<Int>, _ cursor: inout ByteCursor) throws -> Bool {
            if cursor.matches(key, "traceId") || cursor.matches(key, "trace_id")
                || cursor.matches(key, "traceID")
            {
                trace = try cursor.optionalIdentity() ?? 0
            } else if cursor.matches(key, "spanId") || cursor.matches(key, "span_id")
                || cursor.matches(key, "spanID")
            {
                span = try cursor.optionalIdentity()
            } else if cursor.matches(key, "parentSpanId") || cursor.matches(key, "parent_span_id")
                || cursor.matches(key, "parent_id") || cursor.matches(key, "parentSpanID")
            {
                parent = try cursor.optionalIdentity()
            } else if cursor.matches(key, "references"), cursor.current == 0x5b {
                try readReferences(&cursor)
            } else if cursor.matches(key, "context"), cursor.current == 0x7b {
                // The form in which the SDKs print spans.
                var isFirst = true
                try cursor.openObject()
                while try cursor.nextElement(0x7d, &isFirst) {
                    let inner = try cursor.key()
                    if try !read(inner, &cursor) { try cursor.skipValue() }
                }
            } else {
                return false
            }
            return true
        }

        /// Jaeger's references: the span around is the first that this one is the child of.
        private mutating func readReferences(_ cursor: inout ByteCursor) throws {
            var isFirst = true
            try cursor.openArray("references")
            while try cursor.nextElement(0x5d, &isFirst) {
                var id: UInt64?
                var isParent = true
                var isFirstKey = true
                try cursor.openObject()
                while try cursor.nextElement(0x7d, &isFirstKey) {
                    let key = try cursor.key()
                    let start = cursor.at
                    if cursor.matches(key, "spanID") {
                        id = try cursor.optionalIdentity()
                    } else {
                        try cursor.skipValue()
                        let isType = cursor.matches(key, "refType")
                        if isType { isParent = cursor.matches(start..<cursor.at, "\"CHILD_OF\"") }
                    }
                }
                if parent == nil, isParent { parent = id }
            }
        }
    }

    private var outer: [UInt64: UInt64] = [:]
    private var covering: Set<UInt64> = []

    /// Adds a span, whether or not it is a request.
    mutating func add(_ ids: IDs) {
        if let own = ids.own, let parent = ids.outer, own != parent { outer[own] = parent }
    }

    /// Marks every span around a request. O(spans) for all requests together.
    mutating func cover(_ ids: IDs) {
        var next = ids.outer
        while let id = next, id != ids.own, covering.insert(id).inserted { next = outer[id] }
    }

    /// Whether a span has a request inside it.
    func covers(_ id: UInt64) -> Bool { covering.contains(id) }

    /// The first value of a span around another. Spans in a cycle have none.
    func nearest<Value>(above ids: IDs, _ value: (UInt64) -> Value?) -> Value? {
        var next = ids.outer
        // No program nests deeper than this.
        for _ in 0..<1_000 {
            guard let id = next else { return nil }
            if let found = value(id) { return found }
            next = outer[id]
        }
        return nil
    }
}

extension ByteCursor {
    /// The identity of a text or number; nil for null, an empty text and other values.
    fileprivate mutating func optionalIdentity() throws -> UInt64? {
        let start = at
        try skipValue()
        let range = start..<at
        if matches(range, "null") || matches(range, "\"\"") { return nil }
        return hash(range)
    }
}
