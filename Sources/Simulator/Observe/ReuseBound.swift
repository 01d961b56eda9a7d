import Traces

/// Every beginning of a prompt or answer that some requests had, those of a run or of one of its
/// replicas: a bound of what prefix caches can hit, told request by request.
///
/// Exact for the latest pieces of content, a million of a run; what came back later than that
/// counts as new. So memory stays below 200 MB, and below 70 MB where requests have ten pieces or
/// more.
struct ReuseBound: ~Copyable {
    /// Where a request ends in the trees, by which it can be found again.
    struct Place {
        /// Which of the trees have been `recent` when it was entered.
        var generation: Int32 = 0
        /// The last node of it in `recent`, and the last one of what `older` knew; below 0: none.
        var node: Int32 = -1
        var olderNode: Int32 = -1
        /// Tokens entered, and those of them that were known.
        var tokens: Int32 = 0
        var known: Int32 = 0
    }

    /// Whether there is anything to tell.
    let isOn: Bool
    private var recent = SeenPrefixes()
    /// What the latest `most` pieces before those of `recent` were.
    private var older = SeenPrefixes()
    private let most: Int
    private var generation: Int32 = 0
    /// The request being followed: its prompt, and its answer where others may quote it.
    private var tokens = HotArray<Segment>()

    /// Nothing seen. `most`: pieces of content of each of the two trees.
    init(isOn: Bool, most: Int) {
        self.isOn = isOn
        self.most = most
    }

    /// Pieces of a run's content, and of one of its replicas'.
    static let mostPieces = 1 << 20
    static func mostPieces(of replicas: Int) -> Int { max(1024, mostPieces / replicas) }

    /// Notes what a request begins with, and tells what was known of that. `answer`: what of its
    /// answer others may quote. O(segments + nodes passed).
    mutating func see(
        _ prompt: ArraySlice<Segment>, _ promptTokens: Int32, answer: Segment?
    ) -> Place {
        tokens.removeAll()
        tokens.append(contentsOf: prompt)
        var place = Place(generation: generation, tokens: promptTokens)
        if let answer {
            tokens.append(answer)
            place.tokens += answer.length
        }
        if !older.isEmpty {
            let before = older.follow(tokens)
            (place.known, place.olderNode) = (before.tokens, before.node)
        }
        let entered = recent.enter(tokens, place.tokens)
        place.known = max(place.known, entered.known)
        place.node = entered.node
        if recent.count >= most {
            swap(&recent, &older)
            recent = SeenPrefixes()
            generation &+= 1
        }
        return place
    }

    /// Notes that the first tokens of a request have been computed. O(1) amortised.
    @inline(__always)
    mutating func compute(_ tokens: Int32, of place: Place) {
        let tokens = min(tokens, place.tokens)
        guard tokens > 0 else { return }
        if place.generation == generation {
            recent.compute(tokens, to: place.node)
        } else if place.generation &+ 1 == generation {
            older.compute(tokens, to: place.node)
        }
    }

    /// How many of a request's first tokens have been computed by any request. O(nodes).
    func computed(of place: Place) -> Int32 {
        if place.generation == generation {
            let before = min(older.computed(to: place.olderNode), place.known)
            return min(place.tokens, max(before, recent.computed(to: place.node)))
        }
        guard place.generation &+ 1 == generation else { return 0 }
        return min(place.tokens, older.computed(to: place.node))
    }
}
