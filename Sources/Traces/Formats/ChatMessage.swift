import Basics

/// One message of a chat: its speaker, its length, and the identity of its text.
struct ChatMessage {
    enum Speaker { case system, user, assistant }
    var speaker = Speaker.user
    var bytes = 0
    var hash: UInt64 = 0

    /// UTF-8 bytes per token.
    private static let bytesPerToken = 4
    static let assumption = "token counts are estimated at \(bytesPerToken) bytes a token"

    /// Estimated number of tokens.
    var tokens: Int { (bytes + Self.bytesPerToken - 1) / Self.bytesPerToken }
    /// The content id of its text: equal texts have equal ids, below 2⁶⁰.
    var content: Int64 { Int64(hash >> 4) }

    init(_ cursor: inout ByteCursor) throws {
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "from") || cursor.matches(key, "role") {
                let name = try cursor.stringRange()
                if cursor.matches(name, "gpt") || cursor.matches(name, "assistant")
                    || cursor.matches(name, "chatgpt") || cursor.matches(name, "bing")
                    || cursor.matches(name, "bard")
                {
                    speaker = .assistant
                } else if cursor.matches(name, "system") {
                    speaker = .system
                }
            } else if cursor.matches(key, "value") || cursor.matches(key, "content") {
                try measure(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    /// Adds up a text, or the `text` values in a list of content parts.
    private mutating func measure(_ cursor: inout ByteCursor) throws {
        if cursor.current == 0x22 {
            let range = try cursor.stringRange()
            bytes += cursor.decodedLength(range)
            hash = hash &* 31 &+ cursor.hash(range)
        } else if cursor.current == 0x5b {
            var isFirst = true
            try cursor.openArray("the content")
            while try cursor.nextElement(0x5d, &isFirst) {
                guard cursor.current == 0x7b else {
                    try cursor.skipValue()
                    continue
                }
                var isFirstKey = true
                try cursor.openObject()
                while try cursor.nextElement(0x7d, &isFirstKey) {
                    let key = try cursor.key()
                    if cursor.matches(key, "text"), cursor.current == 0x22 {
                        let range = try cursor.stringRange()
                        bytes += cursor.decodedLength(range)
                        hash = hash &* 31 &+ cursor.hash(range)
                    } else {
                        try cursor.skipValue()
                    }
                }
            }
        } else {
            try cursor.skipValue()
        }
    }
}

extension ByteCursor {
    /// UTF-8 bytes of a JSON string after unescaping: \uXXXX counts as three (a surrogate pair as
    /// six, although it is four), other escapes as one.
    func decodedLength(_ range: Range<Int>) -> Int {
        var length = 0
        var index = range.lowerBound
        while index < range.upperBound {
            if base[index] == 0x5c, index + 1 < range.upperBound {
                let isUnicode = base[index + 1] == 0x75
                length += isUnicode ? 3 : 1
                index += isUnicode ? 6 : 2
            } else {
                length += 1
                index += 1
            }
        }
        return length
    }
}
