extension TransformerModel {
    /// Bytes of weights on one GPU of a replica: the first pipeline stage's share, which holds
    /// the most layers and the embedding.
    ///
    /// Embeddings, head and norms are bf16 whatever the format of the rest.
    public func weightBytesPerGPU(_ deployment: Deployment) -> Int64 {
        let tensorParallel = Int64(deployment.tensorParallel)
        let stages = deployment.pipelineParallel
        let stage = layers.prefix((layers.count + stages - 1) / stages)
        var sum = 2 * (embeddingParameters + tensorParallel - 1) / tensorParallel
        if stages == 1 && !tiesEmbeddings { sum += 2 * headParameters / tensorParallel }
        sum += 2 * Int64(hiddenSize)
        for layer in stage {
            sum += 2 * Int64(layer.normWeights + layer.attention.otherWeights)
            for matrix in layer.matrices(hidden: hiddenSize) {
                let share = matrix.shardParameters(tensorParallel: deployment.tensorParallel)
                sum += matrix.format(deployment.weights).bytes(share)
            }
            if case .experts(let experts) = layer.feedForward {
                let all = Int64(experts.count) * experts.weightsPerExpert(hidden: hiddenSize)
                sum += deployment.weights.bytes(all) / deployment.expertShare
            }
        }
        return sum
    }
}

extension Deployment {
    /// GPUs over which the routed experts' weights are spread.
    var expertShare: Int64 { Int64(max(tensorParallel, expertParallel)) }
}
