extension Arrivals {
    /// Notes what a request shares with earlier ones of the run, where there are several replicas:
    /// one alone tells it itself. O(segments + nodes passed).
    @inline(__always)
    mutating func noteShared(_ request: inout ArrivingRequest) {
        guard reuse.isOn, !request.content.isEmpty else { return }
        request.shared = min(reuse.see(request).known, request.promptTokens)
    }
}
