import Models

extension ServerMemory {
    /// A server of vLLM 0.`minor`: its release's rules, and what GPU and model decide of its graphs
    /// and its context. `gpu`: nil for one that is not known.
    ///
    /// One place for `run`, `explain` and `validate`, so that all three see the same graphs.
    package init(_ model: TransformerModel, minor: Int, on gpu: GPU?, tensorParallel: Int) {
        self.init()
        rules = .release(minor: minor)
        release = minor
        hasFabric = gpu?.hasFabric(over: tensorParallel) ?? false
        runsFlashAttention2 = gpu?.runsFlashAttention2 ?? true
        largestGraph = max(model.largestGraph, gpu?.largestGraph(minor: minor) ?? 0)
    }
}
