/// The candidate nearest to a mistyped word, or nil when none is near.
///
/// Near means an edit distance (insertions, deletions, substitutions) of at most a third of the
/// longer word, rounded up. Complexity: O(candidates × length²).
public func nearest(to word: String, among candidates: [String]) -> String? {
    let wanted = Array(word.lowercased().utf8)
    var best: (distance: Int, name: String)?
    for candidate in candidates {
        let distance = editDistance(wanted, Array(candidate.lowercased().utf8))
        let limit = (max(wanted.count, candidate.utf8.count) + 2) / 3
        if distance <= limit, best == nil || distance < best!.distance {
            best = (distance, candidate)
        }
    }
    return best?.name
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
