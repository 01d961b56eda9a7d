import Foundation

/// The markup of an HTML page, parsed strictly: every tag closed, ids unique, attributes quoted.
public struct PageMarkup: Sendable {
    /// What is wrong with the markup, one sentence each.
    public private(set) var problems: [String] = []
    public private(set) var ids: Set<String> = []
    /// Targets of links, and resources that would be fetched.
    public private(set) var links: [String] = []
    public private(set) var fetched: [String] = []

    private static let void: Set = [
        "meta", "link", "br", "hr", "img", "input", "wbr", "!doctype",
    ]
    private static let raw: Set = ["script", "style"]

    /// Parses a page. O(length).
    public init(_ page: String) {
        var open: [String] = []
        var rest = Substring(page)
        while let start = rest.firstIndex(of: "<") {
            rest = rest[rest.index(after: start)...]
            guard let end = Self.end(of: rest) else {
                problems.append("a tag without its end: \(rest.prefix(40))")
                return
            }
            let tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                let name = String(tag.dropFirst()).lowercased()
                if open.last == name {
                    open.removeLast()
                } else {
                    problems.append("</\(name)> closes \(open.last ?? "nothing")")
                }
                continue
            }
            let name = tag.prefix { !$0.isWhitespace && $0 != "/" }.lowercased()
            read(attributes: tag.dropFirst(name.count), of: name)
            if Self.void.contains(name) || tag.hasSuffix("/") { continue }
            open.append(name)
            guard Self.raw.contains(name) else { continue }
            guard let close = rest.range(of: "</\(name)") else {
                problems.append("<\(name)> is not closed")
                return
            }
            rest = rest[close.lowerBound...]
        }
        if !open.isEmpty { problems.append("not closed: \(open.joined(separator: " "))") }
        for link in links where link.hasPrefix("#") && !ids.contains(String(link.dropFirst())) {
            problems.append("\(link) leads nowhere")
        }
    }

    /// The end of a tag: the next `>` outside quotes.
    private static func end(of text: Substring) -> Substring.Index? {
        var quote: Character?
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == ">" {
                return index
            }
            index = text.index(after: index)
        }
        return nil
    }

    private mutating func read(attributes: Substring, of name: String) {
        guard name != "!doctype" else { return }
        let (found, leftover) = Self.parts(Array(attributes.utf8))
        var seen: Set<String> = []
        for (key, value) in found {
            if !seen.insert(key).inserted { problems.append("<\(name)> has \(key) twice") }
            if value.contains("<") { problems.append("\(key) holds a <") }
            if key.hasPrefix("on") { problems.append("<\(name)> has the handler \(key)") }
            switch key {
            case "id":
                if !ids.insert(value).inserted { problems.append("the id \(value) twice") }
            case "href" where name == "a": links.append(value)
            case "src", "srcset", "href", "xlink:href": fetched.append(value)
            default: break
            }
        }
        if !leftover.isEmpty {
            problems.append("<\(name)> has odd attributes: \(leftover.prefix(60))")
        }
    }

    /// Attributes, `key` or `key="value"`, and what else stands there but spaces and slashes.
    private static func parts(
        _ text: [UInt8]
    ) -> (found: [(key: String, value: String)], leftover: String) {
        var found: [(String, String)] = []
        var leftover: [UInt8] = []
        var at = 0
        while at < text.count {
            let start = at
            while at < text.count, isKey(text[at]) { at += 1 }
            guard at > start else {
                if !" \t\n\r/".utf8.contains(text[at]) { leftover.append(text[at]) }
                at += 1
                continue
            }
            let key = String(decoding: text[start..<at], as: UTF8.self)
            var value = ""
            let first = at + 2
            if first < text.count, text[at] == UInt8(ascii: "="),
                text[at + 1] == UInt8(ascii: "\""),
                let end = text[first...].firstIndex(of: UInt8(ascii: "\""))
            {
                value = String(decoding: text[first..<end], as: UTF8.self)
                at = end + 1
            }
            found.append((key, value))
        }
        return (found, String(decoding: leftover, as: UTF8.self))
    }

    private static func isKey(_ byte: UInt8) -> Bool {
        byte &- 97 < 26 || byte &- 65 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":")
    }
}
