import Basics
import Foundation
import Traces

/// A page-size study as JSON (snake_case keys).
package struct PageStudyReport: Encodable {
    struct Point: Encodable {
        let capacityTokens, pages: Int
        let lruHitRatio, optimalHitRatio: Double

        init(_ point: PageStudy.Point) {
            capacityTokens = point.capacityTokens
            pages = point.pages
            lruHitRatio = point.lru
            optimalHitRatio = point.optimal
        }
    }

    struct Row: Encodable {
        let pageSize: Int
        let lruHitRatio, optimalHitRatio, infiniteHitRatio: Double
        let lostHits, fragmentation, metadata, loss: Double
        let uniquePages, largestRequestPages: Int
        let runs: Bool
        let curve: [Point]
    }

    let requests, promptTokens, capacityTokens: Int
    let kvBytesPerToken: Double
    let pageSizes: [Row]
    let bestPageSize: Int?
    let notes: [String]

    /// The figures of a study.
    package init(_ study: PageStudy) {
        requests = study.requests
        promptTokens = study.promptTokens
        capacityTokens = study.setting.capacityTokens
        kvBytesPerToken = study.setting.bytesPerToken
        bestPageSize = study.best?.pageTokens
        notes =
            [Self.kernels, AttentionPages.withoutPrice] + study.setting.notes
            + (study.holdsContent ? [] : [Self.noContent])
        pageSizes = study.rows.map { row in
            Row(
                pageSize: row.pageTokens, lruHitRatio: row.atCapacity.lru,
                optimalHitRatio: row.atCapacity.optimal, infiniteHitRatio: row.infinite,
                lostHits: row.lostHits, fragmentation: row.fragmentation, metadata: row.metadata,
                loss: row.loss, uniquePages: row.uniquePages,
                largestRequestPages: row.largestRequestPages, runs: row.runs,
                curve: row.curve.map(Point.init))
        }
    }
}

extension PageStudyReport {
    /// A page for a terminal: losses by page size, hits by capacity, and what to choose.
    package static func text(_ study: PageStudy) -> String {
        [losses(study), chart(study), curves(study), verdict(study)].joined(separator: "\n\n")
            + study.setting.notes.map { "\nNote: \($0)." }.joined()
            + (study.holdsContent ? "" : "\nNote: \(noContent).")
    }

    private static func losses(_ study: PageStudy) -> String {
        let bytes = Double(study.setting.capacityTokens) * study.setting.bytesPerToken
        var table = TextTable([
            "page", "LRU hit", "optimal", "infinite", "lost", "empty room", "metadata", "sum",
            "pages",
        ])
        for row in study.rows {
            table.add([
                Quantity.count(row.pageTokens), percent(row.atCapacity.lru),
                percent(row.atCapacity.optimal), percent(row.infinite), percent(row.lostHits),
                percent(row.fragmentation), Quantity.percent(row.metadata, decimals: 4),
                points(row.loss), Quantity.count(row.atCapacity.pages),
            ])
        }
        return "\(Quantity.count(study.requests)) requests, "
            + "\(Quantity.count(study.promptTokens)) prompt tokens; cache of "
            + "\(Quantity.count(study.setting.capacityTokens)) tokens ("
            + "\(Quantity.binaryBytes(bytes)) at \(Quantity.bytes(study.setting.bytesPerToken))"
            + " a token), one request at a time\n\n" + table.text + "\n\n" + Self.meaning
    }

    private static func chart(_ study: PageStudy) -> String {
        let worst = study.rows.map(\.loss).max() ?? 0
        return "Sum of losses by page size, points\n"
            + Chart.bars(
                study.rows.map { row in
                    (
                        Quantity.count(row.pageTokens), row.loss,
                        points(row.loss) + (row.pageTokens == study.best?.pageTokens ? " ←" : "")
                    )
                }, width: worst > 0 ? 48 : 1)
    }

    /// A table of at most five block sizes, with another one below it for the next.
    private static func curves(_ study: PageStudy) -> String {
        let count = (study.rows.count + 4) / 5
        let tables = (0..<count).map { part in
            let rows = study.rows[
                (part * study.rows.count / count)..<((part + 1) * study.rows.count / count)]
            var table = TextTable(["LRU / optimal hit"] + rows.map { "page \($0.pageTokens)" })
            for index in study.rows[0].curve.indices {
                let capacity = study.rows[0].curve[index].capacityTokens
                table.add(
                    [Quantity.count(capacity) + " tokens"]
                        + rows.map { row in
                            let point = row.curve[index]
                            return Quantity.decimal(point.lru * 100, 1) + "/"
                                + Quantity.decimal(point.optimal * 100, 1)
                        })
            }
            return table.text
        }
        return "Hits by capacity, % of prompt tokens\n" + tables.joined(separator: "\n\n")
    }

    /// What the columns are shares of.
    private static let meaning = """
        lost: share of prompt tokens that the best size hits and this one does not.
        empty room: share of the pages' room that holds no token. metadata: bytes of bookkeeping \
        per byte of keys and values. sum: the three in points; shares of unlike things, it only \
        ranks and may exceed 100.
        """

    private static let kernels =
        "attention kernels run multiples of \(AttentionPages.multiple) tokens, so only those are "
        + "recommended"

    private static func verdict(_ study: PageStudy) -> String {
        guard let best = study.best else {
            let server = study.setting.serverPage.map { "; the model's server has pages of \($0)" }
            return "None of these page sizes can be chosen: \(kernels)\(server ?? "")."
        }
        let others = study.rows.filter { $0.runs && $0.pageTokens != best.pageTokens }.map { row in
            "\(row.pageTokens) \(signedPoints(row.loss - best.loss))"
        }
        var lines = [
            "Pages of \(best.pageTokens) tokens lose least: hits \(percent(best.lostHits)), room "
                + "\(percent(best.fragmentation)), metadata "
                + "\(Quantity.percent(best.metadata, decimals: 4))."
        ]
        if !others.isEmpty {
            lines.append("Others lose more, in points: \(others.joined(separator: ", ")).")
        }
        lines.append("Note: \(kernels).")
        let finest = study.rows.min { $0.loss < $1.loss }
        if let finest, !AttentionPages.run(finest.pageTokens) {
            lines[lines.count - 1] +=
                " A kernel for pages of \(finest.pageTokens) would gain "
                + "\(points(best.loss - finest.loss)) points."
        }
        lines.append("Note: \(AttentionPages.withoutPrice)")
        return lines.joined(separator: "\n")
    }

    /// Why nothing is hit.
    private static let noContent =
        "the trace holds lengths and no content, so that nothing can be hit: sizes are ranked by "
        + "room and metadata alone"

    /// A sum of shares with different bases, which is not a percentage of anything.
    private static func points(_ sum: Double) -> String { Quantity.decimal(sum * 100, 2) }

    private static func signedPoints(_ sum: Double) -> String {
        (sum < 0 ? "" : "+") + points(sum)
    }

    private static func percent(_ share: Double) -> String { Quantity.percent(share, decimals: 2) }

    /// One line per page size and capacity, for spreadsheets.
    package static func csv(_ study: PageStudy) -> String {
        var lines = [
            "page_size,capacity_tokens,pages,lru_hit_ratio,optimal_hit_ratio,fragmentation,metadata"
        ]
        for row in study.rows {
            for point in row.curve + [row.atCapacity] {
                lines.append(
                    "\(row.pageTokens),\(point.capacityTokens),\(point.pages),\(point.lru),"
                        + "\(point.optimal),\(row.fragmentation),\(row.metadata)")
            }
        }
        return lines.joined(separator: "\n")
    }
}
