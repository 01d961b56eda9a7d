/// The values of a chart as a table, one click away. Charts with this table read the values under
/// the pointer from it, so both always agree.
struct DataTable: Sendable {
    /// A row: its position along the x axis, 0 to 1, its name, and one text per column.
    struct Row: Sendable {
        var place: Double?
        var name: String
        var cells: [String]
    }

    /// Its id in the page.
    let id: String
    let title: String
    /// The heading of the rows' names.
    let corner: String
    let columns: [String]
    let rows: [Row]

    /// The table itself.
    var table: HTML {
        let head = columns.map { "<th scope=\"col\">\($0)</th>" as HTML }
        let body = rows.map { row -> HTML in
            let place = row.place.map { " data-x=\"\(Self.place($0))\"" as HTML } ?? .none
            let cells = row.cells.map { "<td>\($0)</td>" as HTML }
            return "<tr\(place)><th scope=\"row\">\(row.name)</th>\(cells)</tr>\n"
        }
        return """
            <table id="\(id)"><thead><tr><th scope="col">\(corner)</th>\(head)</tr></thead><tbody>
            \(body)</tbody></table>
            """
    }

    /// The table, behind a line that opens it.
    var html: HTML {
        """
        <details class="data"><summary>\(title)</summary><div class="scroll" tabindex="0" \
        role="region" aria-label="\(title)">\(table)</div></details>

        """
    }

    /// A position with four decimals.
    private static func place(_ place: Double) -> String {
        let tenThousandths = Int((min(max(place, 0), 1) * 10_000).rounded())
        let digits = String(tenThousandths + 10_000).dropFirst()
        return (tenThousandths == 10_000 ? "1." : "0.") + digits
    }
}
