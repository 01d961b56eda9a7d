import Foundation

extension UnsafeRawBufferPointer {
    /// Whether the buffer contains a word, of at least one byte. O(bytes · word).
    func contains(word: String) -> Bool { place(of: word) != nil }

    /// The first place of a word; nil without it. O(bytes · word).
    func place(of word: String) -> Int? {
        let bytes = Array(word.utf8)
        guard let base = baseAddress, count >= bytes.count else { return nil }
        var at = 0
        while let found = memchr(base + at, Int32(bytes[0]), count - bytes.count + 1 - at) {
            at = UnsafeRawPointer(found) - base
            if memcmp(base + at, bytes, bytes.count) == 0 { return at }
            at += 1
        }
        return nil
    }
}
