/// A value of a YAML text, with its line.
struct YAMLNode {
    enum Value {
        /// A value on one line or in brackets, or a text over several lines.
        case scalar(ConfigurationValue)
        case list([YAMLNode])
        case map([(key: String, value: YAMLNode)])
    }

    var value: Value
    var line: Int

    /// The value of a member; nil without it.
    subscript(key: String) -> YAMLNode? {
        switch value {
        case .map(let members): members.first { $0.key == key }?.value
        case .scalar(.object(let members)):
            members[key].map { YAMLNode(value: .scalar($0), line: line) }
        default: nil
        }
    }

    /// The members of a map.
    var members: [(key: String, value: YAMLNode)] {
        switch value {
        case .map(let members): members
        case .scalar(.object(let members)):
            members.keys.sorted().map { ($0, YAMLNode(value: .scalar(members[$0]!), line: line)) }
        default: []
        }
    }

    /// The items of a list; nil for anything else.
    var items: [YAMLNode]? {
        switch value {
        case .list(let items): items
        case .scalar(.list(let items)):
            items.map { YAMLNode(value: .scalar($0), line: line) }
        default: nil
        }
    }

    /// A value that is neither a list nor a map, as a word; nil for those, and for null.
    var word: String? {
        switch value {
        case .scalar(.list), .scalar(.object), .scalar(.null), .list, .map: nil
        case .scalar(.text(let text)): text
        case .scalar(let value): value.source
        }
    }

    /// The words of a list; nil for anything else.
    var words: [String]? {
        guard let items else { return nil }
        let words = items.compactMap(\.word)
        return words.count == items.count ? words : nil
    }

    /// The same without lines.
    var plain: ConfigurationValue {
        switch value {
        case .scalar(let value): return value
        case .list(let items): return .list(items.map(\.plain))
        case .map(let members):
            let pairs = members.map { ($0.key, $0.value.plain) }
            return .object(Dictionary(pairs) { first, _ in first })
        }
    }
}
