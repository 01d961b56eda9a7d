import Basics

/// The user's names for time, prompt and output length in a trace: columns of a CSV, or keys of
/// JSON lines.
package struct TraceColumns: Equatable, Sendable {
    /// The arrival time's name; nil if the trace has no times.
    package let time: String?
    package let prompt: String
    package let output: String

    /// Reads `TIME,PROMPT,OUTPUT`, where `-` for TIME means that no times are recorded.
    ///
    /// Throws `InputError`, naming `place`, unless these are three different names.
    package init(_ text: String, place: String) throws {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0).trimmedName }
        guard names.count == 3, names.allSatisfy({ !$0.isEmpty }), Set(names).count == 3,
            names[1] != "-", names[2] != "-"
        else {
            throw InputError(
                place, "\"\(text.printableName)\" does not name three columns",
                expected: "TIME,PROMPT,OUTPUT, with - for TIME where no times are recorded")
        }
        time = names[0] == "-" ? nil : names[0]
        prompt = names[1]
        output = names[2]
    }

    /// The text it was read from.
    package var text: String { "\(time ?? "-"),\(prompt),\(output)" }
}

extension String {
    /// A name that a page may show: printable, at most 40 characters.
    var printableName: String {
        let shown = prefix(40).map { character in
            character.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                ? character : "?"
        }
        return String(shown) + (count > 40 ? "..." : "")
    }
}

extension StringProtocol {
    /// A column's name without surrounding spaces and quotes, as spreadsheets write them.
    var trimmedName: String {
        var name = self[...]
        func isBlank(_ character: Character?) -> Bool { character == " " || character == "\t" }
        while isBlank(name.first) { name = name.dropFirst() }
        while isBlank(name.last) { name = name.dropLast() }
        if name.count >= 2, name.first == "\"", name.last == "\"" {
            name = name.dropFirst().dropLast()
        }
        return String(name)
    }
}
