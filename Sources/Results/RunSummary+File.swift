import Basics

extension RunSummary {
    /// The figures with the digests of a folder's files.
    private struct File: Encodable {
        let summary: RunSummary
        let digests: [String: String]

        private struct Key: CodingKey {
            let stringValue = FolderManifest.key
            var intValue: Int? { nil }
            init() {}
            init?(stringValue: String) { return nil }
            init?(intValue: Int) { return nil }
        }

        func encode(to encoder: any Encoder) throws {
            try summary.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(digests, forKey: Key())
        }
    }

    /// The text of summary.json: the output of `--json`, and the digest of each file of the folder.
    package func text(digests: [String: String]) throws -> String {
        try jsonText(File(summary: self, digests: digests)) + "\n"
    }
}
