/// A trace in which requests of different LoRA adapters share no content.
///
/// The key of a KV block holds the adapter that computed it, so neither another adapter nor the
/// base model hits it (vLLM 0.33.0, `kv_cache_utils.py`). Here contents of requests with an adapter
/// get ids of their own for that adapter. Everything behind this source, from the prefix cache to
/// routers and studies of block sizes, then needs to know nothing of adapters. Batches without
/// adapters pass unchanged, in O(1).
package struct AdapterSource: RequestSource {
    private struct Key: Hashable {
        let adapter: Int32
        let content: Int64
    }

    private var source: any RequestSource
    private let adapters: RequestLabels
    private let notes: TraceNotes?
    private var contents: [Key: Int64] = [:]
    private var hasNoted = false

    /// `adapters` names the adapters of the source's requests; `notes` get a remark if there are
    /// any.
    package init(
        _ source: any RequestSource, _ adapters: RequestLabels, notes: TraceNotes? = nil
    ) {
        (self.source, self.adapters, self.notes) = (source, adapters, notes)
    }

    /// The next batch. O(segments) if requests have adapters.
    package mutating func next() throws -> Workload? {
        guard var batch = try source.next() else { return nil }
        guard adapters.hasNames else { return batch }
        for row in 0..<batch.count {
            let id = batch.ids[row]
            guard let adapter = adapters.adapter(of: id) else { continue }
            noteOnce()
            if !batch.outputContents.isEmpty {
                batch.outputContents[row] = own(batch.outputContents[row], adapter)
            }
            // A prompt that no other one quotes.
            let unshared = OwnContent.prompt(of: id)
            for place in batch.segments(of: row).indices
            where batch.segments[place].content != unshared {
                batch.segments[place].content = own(batch.segments[place].content, adapter)
            }
        }
        return batch
    }

    /// The id of a content as an adapter computes it.
    ///
    /// New ids count down from the ends of the two ranges of ids, which traces and readers fill
    /// from their beginnings.
    private mutating func own(_ content: Int64, _ adapter: Int32) -> Int64 {
        let key = Key(adapter: adapter, content: content)
        if let known = contents[key] { return known }
        let end = content < OwnContent.first ? OwnContent.first : Segment.privateContent
        let fresh = end - 1 - Int64(contents.count)
        contents[key] = fresh
        return fresh
    }

    private mutating func noteOnce() {
        guard !hasNoted else { return }
        hasNoted = true
        notes?.add(
            remark: "requests name LoRA adapters: those of different adapters share no KV blocks."
                + " Not modelled are the adapters' memory and time, and that requests of further"
                + " adapters wait while a server's --max-loras adapters run")
    }
}
