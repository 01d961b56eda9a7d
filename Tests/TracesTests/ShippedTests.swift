import Basics
import Foundation
import TestSupport
import Testing
import Traces

/// The traces that ship with the project.
@Suite struct ShippedTraces {
    @Test(arguments: [
        "chat", "code-completion", "tool-and-agent", "retrieval", "coding-agents",
        "offline-batch",
    ])
    func areWhatTheirRecipesMake(_ name: String) throws {
        let folder = packageRoot.appendingPathComponent("traces")
        let recipe = try Recipe.read(folder.appendingPathComponent(name + ".json5").path)
        let shipped = try InputFile(folder.appendingPathComponent(name + ".jsonl.gz").path)
        var writer = try TraceWriter(.native)
        var source = RecipeSource(recipe)
        // As `headway trace synth` writes them.
        let labels = recipe.classes.count > 1 ? RequestLabels(.session) : nil
        source.labels = labels
        writer.labels = labels.map { [$0] } ?? []
        var room = [UInt8](repeating: 0, count: 1 << 20)
        while let batch = try source.next() {
            let bytes = try writer.write(batch)
            if room.count < bytes.count { room = [UInt8](repeating: 0, count: bytes.count) }
            let read = try room.withUnsafeMutableBytes { target in
                try shipped.read(into: .init(rebasing: target[..<bytes.count]))
            }
            #expect(read == bytes.count)
            #expect(room[..<bytes.count].elementsEqual(bytes))
        }
        #expect(try room.withUnsafeMutableBytes { try shipped.read(into: $0) } == 0)
    }

    @Test func areSmallEnoughForGit() throws {
        let folder = packageRoot.appendingPathComponent("traces")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let bytes = try names.reduce(0) { sum, name in
            let path = folder.appendingPathComponent(name).path
            return sum + (try FileManager.default.attributesOfItem(atPath: path)[.size] as! Int)
        }
        #expect(bytes < 2_000_000)
    }
}
