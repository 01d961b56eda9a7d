/// How a group of layers keeps its keys and values, as the block pool sees it.
package enum CacheGroup: Equatable, Hashable, Sendable {
    /// Every token of the context is kept.
    case full
    /// Only the last `window` tokens are kept.
    case sliding(window: Int)
}
