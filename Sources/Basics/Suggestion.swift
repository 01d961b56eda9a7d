/// The candidate nearest to a mistyped word, or nil if none is near.
///
/// Near means an edit distance (insertions, deletions, substitutions) of at most a third of the
/// longer word, rounded up; failing that, the shortest candidate that contains the word, of at
/// least three letters ("h100" in "h100-sxm"). Letter case and `_`, `-`, `.` or blanks between
/// words do not count. A word of more than 100 bytes has no near candidate. Complexity:
/// O(candidates × length²).
package func nearest(to word: String, among candidates: [String]) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    let wanted = letters(word)
    var best: (distance: Int, name: String)?
    for candidate in candidates {
        let distance = editDistance(wanted, letters(candidate))
        let limit = (max(wanted.count, letters(candidate).count) + 2) / 3
        if distance <= limit, best == nil || distance < best!.distance {
            best = (distance, candidate)
        }
    }
    if let best { return best.name }
    guard wanted.count >= 3 else { return nil }
    let containing = candidates.filter { contains(letters($0), wanted) }
    return containing.min { $0.utf8.count < $1.utf8.count }
}

/// Up to `count` candidates near to a mistyped word, by edit distance; equally near ones keep their
/// order. Complexity: O(candidates × length²).
package func nearest(_ count: Int, to word: String, among candidates: [String]) -> [String] {
    guard word.utf8.count <= 100 else { return [] }
    let wanted = letters(word)
    let near = candidates.enumerated().compactMap { index, candidate in
        let letters = letters(candidate)
        let distance = editDistance(wanted, letters)
        let limit = (max(wanted.count, letters.count) + 2) / 3
        return distance <= limit ? (distance, index) : nil
    }
    return near.sorted { $0 < $1 }.prefix(count).map { candidates[$0.1] }
}

/// A word's significant letters, in lower case.
private func letters(_ word: String) -> [UInt8] {
    word.lowercased().utf8.filter { !"_-. ".utf8.contains($0) }
}

private func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    text.indices.contains { text[$0...].starts(with: word) }
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let substituted = diagonal + (x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, min(row[j], row[j + 1]) + 1)
        }
    }
    return row[b.count]
}
