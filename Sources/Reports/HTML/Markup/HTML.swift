import Basics

/// A piece of a page. Values interpolated into a literal are escaped unless they are markup:
///
///     let row: HTML = "<li title=\"\(name)\">\(name) \(bar)</li>"
///
/// So no text of a trace, a path or a configuration becomes markup, in content or in a quoted
/// attribute.
package struct HTML: ExpressibleByStringInterpolation, Sendable {
    package private(set) var text: String

    package init(stringLiteral text: String) { self.text = text }
    package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
    private init(_ text: String) { self.text = text }

    /// An empty piece.
    package static let none: HTML = ""

    /// A text as content or inside a quoted attribute. Control and invisible format characters
    /// become U+FFFD, so that none can hide or reverse what follows.
    package static func escaped(_ text: String) -> String {
        let shown = PathText.shown(text)
        var result = ""
        for scalar in shown.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                let isHidden = [.control, .format, .lineSeparator, .paragraphSeparator]
                    .contains(scalar.properties.generalCategory)
                result.unicodeScalars.append(isHidden ? "\u{FFFD}" : scalar)
            }
        }
        // A number and its percent sign stay on one line.
        return result.replacing(" %", with: "\u{A0}%")
    }

    /// A text as content.
    package static func text(_ text: String) -> HTML { HTML(escaped(text)) }

    /// Markup that is a constant of the program, such as a style sheet.
    static func trusted(_ markup: StaticString) -> HTML { HTML(markup.description) }

    /// JSON inside a script element, which "</" would end.
    static func json(_ json: String) -> HTML { HTML(json.replacing("<", with: "\\u003c")) }

    package static func + (a: HTML, b: HTML) -> HTML { HTML(a.text + b.text) }
    package static func += (a: inout HTML, b: HTML) { a.text += b.text }

    /// Collects the parts of a literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity)
        }

        /// Markup, unchanged.
        package mutating func appendLiteral(_ literal: String) { text += literal }
        /// Text, escaped.
        package mutating func appendInterpolation(_ value: String) {
            text += HTML.escaped(value)
        }
        /// A number.
        package mutating func appendInterpolation(_ value: Int) { text += String(value) }
        /// Markup.
        package mutating func appendInterpolation(_ value: HTML) { text += value.text }
        /// Several pieces of markup, concatenated.
        package mutating func appendInterpolation(_ values: [HTML]) {
            for value in values { text += value.text }
        }
    }
}

extension [HTML] {
    /// All pieces, concatenated.
    var joined: HTML { reduce(.none, +) }
}
