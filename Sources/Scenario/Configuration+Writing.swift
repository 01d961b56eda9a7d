extension Configuration {
    /// The configuration as an object of sections, with every key.
    package var asValue: ConfigurationValue {
        var root: [String: ConfigurationValue] = [:]
        for key in ConfigurationKey.all {
            Self.insert(
                key.value(self), at: key.path.split(separator: ".").map(String.init)[...],
                into: &root)
        }
        return .object(root)
    }

    /// The configuration as a commented JSON5 file: every key with its value and its meaning.
    /// Reading it gives the same configuration.
    package var commented: String {
        var lines = ["{"]
        var open: [String] = []
        for key in ConfigurationKey.all {
            let parts = key.path.split(separator: ".").map(String.init)
            let sections = Array(parts.dropLast())
            while open != Array(sections.prefix(open.count)) || open.count > sections.count {
                lines.append(indent(open.count) + "},")
                open.removeLast()
            }
            while open.count < sections.count {
                lines.append(indent(open.count + 1) + sections[open.count] + ": {")
                open.append(sections[open.count])
            }
            for line in key.meaning.split(separator: "\n") {
                lines.append(indent(open.count + 1) + "// " + line)
            }
            lines.append(indent(open.count + 1) + "// Allowed: \(key.expected).")
            lines.append(indent(open.count + 1) + "\(parts.last!): \(key.value(self).source),")
        }
        lines.append("}")
        return lines.joined(separator: "\n")
    }

    private func indent(_ depth: Int) -> String { String(repeating: "    ", count: depth) }

    private static func insert(
        _ value: ConfigurationValue, at path: ArraySlice<String>,
        into members: inout [String: ConfigurationValue]
    ) {
        let name = path.first!
        guard path.count > 1 else {
            members[name] = value
            return
        }
        var inner: [String: ConfigurationValue] = [:]
        if case .object(let existing)? = members[name] { inner = existing }
        insert(value, at: path.dropFirst(), into: &inner)
        members[name] = .object(inner)
    }
}
