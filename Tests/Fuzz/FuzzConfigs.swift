// A libFuzzer target for config.json files: see Tests/Fuzz/README.md.
import Basics
import Foundation
import Models

/// Reads the bytes as a config.json, then asks everything that a run asks of a shape.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let data = Data(UnsafeBufferPointer(start: bytes, count: count))
    do {
        let model = try HuggingFaceConfig.model(data, place: "config.json")
        precondition(model.totalParameters >= 0 && model.activeParameters >= 0)
        precondition(model.maxContext > 0 && model.contextLimit >= model.maxContext)
        for size in [1, 2, 4, 8] {
            for layer in model.layers {
                let specs = layer.cacheSpecs(tensorParallel: size, cache: .bf16)
                precondition(specs.allSatisfy { $0.rowBytes >= 0 && $0.blockSize > 0 })
                precondition(!layer.attention.kindName.isEmpty)
            }
            let deployment = Deployment(tensorParallel: size)
            do {
                try deployment.check(model)
                precondition(KVCacheLayout(model, deployment).bytesPerToken >= 0)
                precondition(model.weightBytesPerGPU(deployment) > 0)
            } catch is InputError {
                // A layout that the shape does not allow.
            }
        }
    } catch is InputError {
        // One clear line is what bad input deserves.
    } catch {
        preconditionFailure("an error that is not the user's: \(error)")
    }
    return 0
}
