import Traces

/// Every prefix of a prompt or output that requests had, in a run or on one of its replicas: an
/// upper bound on what prefix caches can hit, request by request.
///
/// Exact for the latest pieces of content, a million per run; content that comes back later counts
/// as new. So memory stays below 200 MB, and below 70 MB if requests have ten pieces or more.
struct ReuseBound: ~Copyable {
    /// Where a request ends in the trees, so that it can be found again.
    struct Place {
        /// Which of the successive `recent` trees it was added to.
        var generation: Int32 = 0
        /// Its last node in `recent`, and the last node that `older` knew; below 0 for none.
        var node: Int32 = -1
        var olderNode: Int32 = -1
        /// Tokens added, and how many of them were known.
        var tokens: Int32 = 0
        var known: Int32 = 0
    }

    /// Whether this bound is used at all.
    let isOn: Bool
    private var recent = SeenPrefixes()
    /// The latest `most` pieces before those of `recent`.
    private var older = SeenPrefixes()
    private let most: Int
    private var generation: Int32 = 0
    /// The request being followed: its prompt, and its output if others may quote it.
    private var tokens = HotArray<Segment>()

    /// Nothing seen. `most` is the number of pieces of content in each of the two trees.
    init(isOn: Bool, most: Int) {
        self.isOn = isOn
        self.most = most
    }

    /// Pieces of content for a run, and for one of its replicas.
    static let mostPieces = 1 << 20
    static func mostPieces(of replicas: Int) -> Int { max(1024, mostPieces / replicas) }

    /// Adds a request's prefix and returns what was known of it. `answer` is the part of its output
    /// that others may quote. O(segments + nodes passed).
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

    /// Notes that the first `tokens` tokens of a request have been computed. O(1) amortised.
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

    /// How many of a request's first tokens any request has computed. O(nodes).
    func computed(of place: Place) -> Int32 {
        if place.generation == generation {
            let before = min(older.computed(to: place.olderNode), place.known)
            return min(place.tokens, max(before, recent.computed(to: place.node)))
        }
        guard place.generation &+ 1 == generation else { return 0 }
        return min(place.tokens, older.computed(to: place.node))
    }
}
