/// A step time from tables and integer coefficients, built once for a model on its GPUs.
///
///     T = table(tokens) + head(sampled) + perRequest · R + perFirst · min(R, first)
///       + decodes ? (fixed + perSequence · B + perContext · C + perWindowed · Cw)
///                   · (1 + mixed · chunk tokens / (chunk tokens + half))
///       + chunks ? fixed + max(pairs + tokens + past, cache) (+ scores)
///
/// in picoseconds. Affine in decode context, so that a span of decode-only steps has a closed form.
@usableFromInline package struct TabulatedStepTime: Sendable, Equatable {
    /// Fractional bits of the slopes per pair, which are only a few picoseconds.
    @usableFromInline static let pairFractionBits = 20

    /// Costs that grow with the decodes, for one number of micro-batches in flight.
    @usableFromInline struct DecodeSlopes: Sendable, Equatable {
        @usableFromInline var perSequence: Int64 = 0
        @usableFromInline var perContext: Int64 = 0
        @usableFromInline var perWindowed: Int64 = 0
    }

    /// Host, matrices, element-wise work, all-reduces and experts, by tokens of a micro-batch.
    @usableFromInline var byTokens: IntegerTable
    /// The output head by sampled tokens.
    @usableFromInline var bySampled: IntegerTable
    @usableFromInline var perRequest: Int64 = 0
    @usableFromInline var perFirst: Int64 = 0
    @usableFromInline var first = 0
    /// Extra time of decodes beside very many tokens of chunks, in `mixedUnit`ths, and the tokens
    /// beside which they take half of it.
    @usableFromInline var mixedDecode: Int64 = 0
    /// The square of the tokens beside which half of it applies.
    @usableFromInline var mixedSquare: Int64 = 0
    /// Beyond so many tokens of chunks the share is all but whole, and squares stay small.
    @usableFromInline static let mostBeside = 1 << 20
    @usableFromInline static let mixedUnit: Int64 = 1 << 16
    @usableFromInline var decodeFixed: Int64 = 0
    /// Indexed by micro-batches − 1; one entry without pipeline stages.
    @usableFromInline var decode: [DecodeSlopes]
    @usableFromInline var prefillFixed: Int64 = 0
    /// Per chunk token: in recurrent layers, in layers without a window and with one.
    @usableFromInline var perScanToken: Int64 = 0
    @usableFromInline var perChunkToken: Int64 = 0
    @usableFromInline var perWindowedToken: Int64 = 0
    @usableFromInline var perPastToken: Int64 = 0
    /// Reading a cached token before a chunk, in layers without a window and with one.
    @usableFromInline var perPastRead: Int64 = 0
    @usableFromInline var perWindowedRead: Int64 = 0
    /// Picoseconds · 2^`pairFractionBits`.
    @usableFromInline var perPair: Int64 = 0
    @usableFromInline var perWindowedPair: Int64 = 0
    @usableFromInline var perScore: Int64 = 0
    @usableFromInline var perWindowedScore: Int64 = 0
    /// Window to which windowed sums are clipped, tokens; 0: none.
    @usableFromInline var window = 0
    /// False: decodes are priced as prefills of their whole context.
    @usableFromInline var usesCache = true

    /// A clock on which every step takes no time.
    static let free = TabulatedStepTime(
        byTokens: IntegerTable(through: 1) { _ in 0 },
        bySampled: IntegerTable(through: 1) { _ in 0 }, decode: [DecodeSlopes()])

    /// The step's time in picoseconds. O(1). Inlined into the scheduler: a call would copy the
    /// whole value.
    @inlinable @inline(__always)
    func picoseconds(_ load: StepLoad) -> Int64 {
        usesCache ? picosecondsWithCache(load) : picosecondsWithoutCache(load)
    }

    @usableFromInline @inline(never)
    func picosecondsWithoutCache(_ load: StepLoad) -> Int64 {
        picosecondsWithCache(load.withoutCache(window: window))
    }

    @inlinable @inline(__always)
    func picosecondsWithCache(_ load: StepLoad) -> Int64 {
        let lanes = min(decode.count, max(1, load.requests))
        var sum = byTokens[lanes == 1 ? load.tokens : load.tokensOfLane(lanes)]
        sum += bySampled[load.sampled] + perRequest * Int64(load.requests)
        sum += perFirst * Int64(min(load.requests, first))
        if load.decodes > 0 {
            let slopes = decode[lanes - 1]
            var share = decodeFixed + slopes.perSequence * Int64(load.decodes)
            share += slopes.perContext * Int64(load.decodeContext)
            share += slopes.perWindowed * Int64(load.decodeWindowedContext)
            sum += share
            if load.chunks > 0, mixedDecode > 0 {
                let beside = Int64(min(load.chunkTokens, Self.mostBeside))
                let square = beside * beside
                sum += share / Self.mixedUnit * (mixedDecode * square / (square + mixedSquare))
            }
        }
        if load.chunks > 0 { sum += chunks(load) }
        return sum
    }

    @inlinable @inline(__always)
    func chunks(_ load: StepLoad) -> Int64 {
        let past = load.context - load.decodeContext - load.chunkTokens
        let tokens = Int64(load.chunkTokens)
        var sum = prefillFixed + perScanToken * tokens
        // Neither the pairs nor the bytes of the cache can be done in less time.
        let computed =
            perChunkToken * tokens + perPastToken * Int64(past)
            + Self.scaled(load.chunkPairs, perPair)
        sum += max(computed, perPastRead * Int64(past))
        if window > 0 {
            let keys = min(past, window * load.chunks)
            let computed =
                perWindowedToken * tokens + Self.scaled(load.chunkWindowedPairs, perWindowedPair)
            sum += max(computed, perWindowedRead * Int64(keys))
        }
        if perScore > 0 {
            // Σ c·(past + c) is half of Σ c·(2·past + c) + Σ c². The last sum is taken for equal
            // chunks, its least value.
            let squares = load.chunkTokens * load.chunkTokens / load.chunks
            sum += Self.scaled((load.chunkPairs + squares) / 2, perScore)
        }
        if perWindowedScore > 0 {
            // The same for Σ c·min(past + c, window). Only the r tokens of a chunk within the first
            // window see a growing number of keys, and leave out r².
            let rising = min(max(window - past / load.chunks, 0), load.chunkTokens / load.chunks)
            let squares = load.chunks * rising * rising
            sum += Self.scaled((load.chunkWindowedPairs + squares) / 2, perWindowedScore)
        }
        return sum
    }

    /// An upper bound for any step of that many tokens and sequences with contexts of `length`, in
    /// picoseconds. Infinite if a coefficient exceeds `IntegerTable.most`.
    func most(tokens: Double, sequences: Double, length: Double) -> Double {
        let slopes = [
            perRequest, perFirst, decodeFixed, prefillFixed, perScanToken, perChunkToken,
            perWindowedToken, perPastToken, perPastRead, perWindowedRead, perPair, perWindowedPair,
            perScore, perWindowedScore, decode[0].perSequence, decode[0].perContext,
            decode[0].perWindowed,
        ]
        guard slopes.allSatisfy({ $0 < IntegerTable.most }) else { return .infinity }
        let context = sequences * length
        let chunk = usesCache ? tokens : context
        let keys = window > 0 ? min(length, Double(window)) : length
        var sum = byTokens.bound(chunk) + bySampled.bound(sequences)
        sum += Double(perRequest) * sequences + Double(perFirst) * Double(first)
        sum += Double(prefillFixed)
        var share = Double(decodeFixed) + Double(decode[0].perSequence) * sequences
        share += Double(decode[0].perContext) * context
        share += Double(decode[0].perWindowed) * sequences * keys
        sum += share * (1 + Double(mixedDecode) / Double(Self.mixedUnit))
        sum += Double(perScanToken + perChunkToken + perWindowedToken) * chunk
        sum += Double(perPastToken + perPastRead) * context
        sum += Double(perWindowedRead) * sequences * keys
        let unit = Double(1 << Self.pairFractionBits)
        sum += (2 * Double(perPair) + Double(perScore)) * chunk * length / unit
        sum += (2 * Double(perWindowedPair) + Double(perWindowedScore)) * chunk * keys / unit
        return sum
    }

    /// count · slope / 2^20 in 128 bits, so that no trace can overflow it.
    @inlinable @inline(__always)
    static func scaled(_ count: Int, _ slope: Int64) -> Int64 {
        let product = Int64(count).multipliedFullWidth(by: slope)
        return (product.high << Int64(64 - pairFractionBits))
            | Int64(product.low >> UInt64(pairFractionBits))
    }

    /// The price of decode-only steps as a line in their context; nil if it is not one.
    func decodeLine(decodes: Int) -> DecodeLine? {
        guard usesCache else { return nil }
        let lanes = min(decode.count, max(1, decodes))
        let slopes = decode[lanes - 1]
        var load = StepLoad()
        load.tokens = decodes
        load.requests = decodes
        load.sampled = decodes
        load.decodes = decodes
        return DecodeLine(
            base: picosecondsWithCache(load), numerator: slopes.perContext, denominator: 1,
            unit: 1, windowedSlope: slopes.perWindowed)
    }
}

extension StepLoad {
    /// The same step without a cache: every decode becomes a prefill of its whole context (at the
    /// batch's mean length, which is all that the sums tell), every chunk one of past and chunk
    /// together.
    @usableFromInline
    func withoutCache(window: Int) -> StepLoad {
        var load = StepLoad()
        load.requests = requests
        load.sampled = sampled
        load.context = context
        load.tokens = context
        load.chunks = requests
        load.chunkTokens = context
        load.mostChunkTokens = (context + max(1, requests) - 1) / max(1, requests)
        load.chunkPairs = context * context / max(1, requests)
        if window > 0, requests > 0 {
            var one = StepLoad()
            one.addChunk(context / requests, past: 0, window: window)
            load.chunkWindowedPairs = requests * one.chunkWindowedPairs
        }
        return load
    }
}
