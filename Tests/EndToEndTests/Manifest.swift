import Foundation

/// The YAML of a manifest as paths and texts: "spec.containers.0.name". Block mappings and
/// sequences, folded scalars (`>-`), sequences in brackets, plain and quoted scalars: what the
/// manifests of this package have.
struct Manifest {
    private struct Line {
        var indent: Int
        var text: Substring
    }

    /// A line that is none of what is read.
    struct Problem: Error {
        var line: String
    }

    private(set) var leaves: [(path: String, value: String)] = []
    private var lines: [Line] = []
    private var position = 0

    init(_ text: String) throws {
        for line in text.split(separator: "\n") {
            let body = line.drop { $0 == " " }
            if body.isEmpty || body.hasPrefix("#") { continue }
            lines.append(Line(indent: line.count - body.count, text: body))
        }
        try block(under: "", indent: 0)
        guard position == lines.count else { throw Problem(line: String(lines[position].text)) }
    }

    subscript(path: String) -> String? { leaves.first { $0.path == path }?.value }

    private static func joined(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : path + "." + name
    }

    private mutating func block(under path: String, indent: Int) throws {
        var number = 0
        while position < lines.count, lines[position].indent == indent {
            let line = lines[position]
            if line.text.hasPrefix("- ") {
                let body = line.text.dropFirst(2)
                let place = Self.joined(path, String(number))
                number += 1
                guard body.firstMatch(of: /^[\w]+:( |$)/) != nil else {
                    position += 1
                    try value(body, under: place, indent: indent)
                    continue
                }
                // A mapping whose first key stands behind the dash.
                lines[position] = Line(indent: indent + 2, text: body)
                try block(under: place, indent: indent + 2)
            } else {
                guard let match = line.text.wholeMatch(of: /(\w+):(?: (.*))?/) else {
                    throw Problem(line: String(line.text))
                }
                position += 1
                let place = Self.joined(path, String(match.1))
                try value(match.2 ?? "", under: place, indent: indent)
            }
        }
    }

    private mutating func value(_ text: Substring, under path: String, indent: Int) throws {
        if text.isEmpty {
            guard position < lines.count, lines[position].indent > indent else {
                throw Problem(line: path)
            }
            return try block(under: path, indent: lines[position].indent)
        }
        if text == ">-" {
            var parts: [Substring] = []
            while position < lines.count, lines[position].indent > indent {
                parts.append(lines[position].text)
                position += 1
            }
            leaves.append((path, parts.joined(separator: " ")))
            return
        }
        if text.hasPrefix("["), text.hasSuffix("]") {
            for (number, part) in text.dropFirst().dropLast().split(separator: ",").enumerated() {
                leaves.append(
                    (path + ".\(number)", part.trimmingCharacters(in: .whitespaces)))
            }
            return
        }
        let isQuoted = text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"")
        leaves.append((path, String(isQuoted ? text.dropFirst().dropLast() : text)))
    }
}
