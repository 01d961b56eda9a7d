import Foundation
import TestSupport
import Testing

/// A page of the documentation whose commands are run.
///
/// Blocks fenced as `sh` hold commands, one a line. Blocks fenced as `console` hold commands after
/// `$ ` (a line may end in `\` and go on), and below each what the program prints. A line `…` there
/// stands for any lines.
struct Document: Sendable {
    /// One command with its output.
    struct Example: Sendable, CustomTestStringConvertible {
        let path: String
        /// Number of the line with the command, from 1.
        let line: Int
        let command: String
        /// The block's lines, the command's and the output's.
        let commandLines: [String]
        let output: [String]

        var testDescription: String { "\(path):\(line): \(command)" }
    }

    /// Path from the package's root.
    let path: String
    let text: String

    /// The pages that are run.
    static let all: [Document] = [
        "README.md", "Sources/Reports/Reports.docc/Cookbook.md",
        "Sources/Reports/Reports.docc/RunPage.md", "Sources/Reports/Reports.docc/Speed.md",
        "Sources/Simulator/Simulator.docc/Async.md",
        "Sources/Experiments/Experiments.docc/Upgrades.md",
    ].map(Document.init)

    init(_ path: String) {
        self.path = path
        let file = packageRoot.appendingPathComponent(path)
        text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    /// The blocks of one language: the number of their first line, and their lines.
    private func blocks(_ language: String) -> [(line: Int, lines: [String])] {
        var found: [(Int, [String])] = []
        var language: (wanted: String, current: String?) = (language, nil)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.hasPrefix("```") {
                language.current = language.current == nil ? String(line.dropFirst(3)) : nil
                if language.current == language.wanted { found.append((index + 2, [])) }
            } else if language.current == language.wanted {
                found[found.count - 1].1.append(String(line))
            }
        }
        return found
    }

    /// The files that it shows, as JSON5.
    var files: [String] { blocks("json5").map { $0.lines.joined(separator: "\n") } }

    /// Commands without an output.
    var commands: [String] { blocks("sh").flatMap(\.lines) }

    /// Commands of `headway` with their output.
    var examples: [Example] {
        blocks("console").flatMap { block in
            let starts = block.lines.indices.filter { block.lines[$0].hasPrefix("$ ") }
            return zip(starts, starts.dropFirst() + [block.lines.count]).compactMap { start, end in
                example(block.lines[start..<end], at: block.line + start)
            }
        }
    }

    /// A command and what stands below it; nil if it is no call of `headway`.
    private func example(_ lines: ArraySlice<String>, at line: Int) -> Example? {
        guard lines.first?.hasPrefix("$ headway ") == true else { return nil }
        let last = lines.firstIndex { !$0.hasSuffix("\\") } ?? lines.startIndex
        let command = lines[...last].map { $0.hasSuffix("\\") ? String($0.dropLast()) : $0 }
        return Example(
            path: path, line: line,
            command: String(command.joined().dropFirst(2)),
            commandLines: Array(lines[...last]), output: Array(lines[(last + 1)...]))
    }
}

extension Document.Example {
    /// Whether a line differs from run to run: how long the program took.
    private static func isTiming(_ line: String) -> Bool { line.hasPrefix("This run took") }

    /// What a line is about: what stands before its figures ("TTFT", "prefix cache"), or the first
    /// three words of a sentence; a rule of any length.
    private static func label(_ line: String) -> String {
        let text = line.drop { $0 == " " }
        if text.hasPrefix("─") { return "─" }
        if let gap = text.firstRange(of: "  ") { return String(text[..<gap.lowerBound]) }
        return text.split(separator: " ").prefix(3).joined(separator: " ")
    }

    /// Whether the program printed this, in this order.
    func agrees(with printed: [String]) -> Bool {
        var rest = printed.filter { !Self.isTiming($0) }[...]
        var mayJump = false
        for line in output where !Self.isTiming(line) {
            if line == "…" {
                mayJump = true
            } else {
                guard let place = mayJump ? rest.firstIndex(of: line) : rest.indices.first,
                    rest[place] == line
                else { return false }
                rest = rest[(place + 1)...]
                mayJump = false
            }
        }
        return mayJump || rest.isEmpty
    }

    /// The output as it should stand in the page: of a block with `…` the lines with the same
    /// labels, else all.
    func renewed(from printed: [String]) -> [String] {
        guard output.contains("…") else { return printed }
        var rest = printed[...]
        return output.compactMap { line in
            guard line != "…" else { return line }
            let place = rest.firstIndex { Self.label($0) == Self.label(line) }
            guard let place else { return nil }
            defer { rest = rest[(place + 1)...] }
            return rest[place]
        }
    }

    /// Writes it into its page. Not to be called from several threads.
    func write(_ lines: [String]) throws {
        let file = packageRoot.appendingPathComponent(path)
        let text = try String(contentsOf: file, encoding: .utf8)
        // A block of several commands has the next one where others have their end.
        let old = ([""] + commandLines + output + [""]).joined(separator: "\n")
        let new = ([""] + commandLines + lines + [""]).joined(separator: "\n")
        try text.replacing(old, with: new, maxReplacements: 1)
            .write(to: file, atomically: true, encoding: .utf8)
    }
}
