import Foundation
import Traces

/// A page-size study as JSON (snake_case keys).
public struct PageStudyReport: Encodable {
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
        let curve: [Point]
    }

    let requests, promptTokens, capacityTokens: Int
    let kvBytesPerToken: Double
    let pageSizes: [Row]
    let bestPageSize: Int

    /// The figures of a study.
    public init(_ study: PageStudy) {
        requests = study.requests
        promptTokens = study.promptTokens
        capacityTokens = study.setting.capacityTokens
        kvBytesPerToken = study.setting.bytesPerToken
        bestPageSize = study.best.pageTokens
        pageSizes = study.rows.map { row in
            Row(
                pageSize: row.pageTokens, lruHitRatio: row.atCapacity.lru,
                optimalHitRatio: row.atCapacity.optimal, infiniteHitRatio: row.infinite,
                lostHits: row.lostHits, fragmentation: row.fragmentation, metadata: row.metadata,
                loss: row.loss, uniquePages: row.uniquePages,
                largestRequestPages: row.largestRequestPages, curve: row.curve.map(Point.init))
        }
    }
}

extension PageStudyReport {
    /// A page for a terminal: losses by page size, hits by capacity, and what to choose.
    public static func text(_ study: PageStudy) -> String {
        [losses(study), chart(study), curves(study), verdict(study)].joined(separator: "\n\n")
    }

    private static func losses(_ study: PageStudy) -> String {
        let bytes = Double(study.setting.capacityTokens) * study.setting.bytesPerToken
        var table = TextTable([
            "page", "LRU hit", "optimal", "infinite", "hits lost", "empty room", "metadata",
            "loss", "pages",
        ])
        for row in study.rows {
            table.add([
                Quantity.count(row.pageTokens), percent(row.atCapacity.lru),
                percent(row.atCapacity.optimal), percent(row.infinite), percent(row.lostHits),
                percent(row.fragmentation), Quantity.percent(row.metadata, decimals: 4),
                percent(row.loss), Quantity.count(row.atCapacity.pages),
            ])
        }
        return "\(Quantity.count(study.requests)) requests, "
            + "\(Quantity.count(study.promptTokens)) prompt tokens; cache of "
            + "\(Quantity.count(study.setting.capacityTokens)) tokens ("
            + "\(Quantity.binaryBytes(bytes)) at \(Quantity.bytes(study.setting.bytesPerToken))"
            + " a token), one request at a time\n\n" + table.text
    }

    private static func chart(_ study: PageStudy) -> String {
        let worst = study.rows.map(\.loss).max() ?? 0
        return "Loss by page size\n"
            + Chart.bars(
                study.rows.map { row in
                    (
                        Quantity.count(row.pageTokens), row.loss,
                        percent(row.loss) + (row.pageTokens == study.best.pageTokens ? " ←" : "")
                    )
                }, width: worst > 0 ? 48 : 1)
    }

    private static func curves(_ study: PageStudy) -> String {
        var table = TextTable(
            ["LRU / optimal hit"] + study.rows.map { "page \($0.pageTokens)" })
        for index in study.rows[0].curve.indices {
            let capacity = study.rows[0].curve[index].capacityTokens
            table.add(
                [Quantity.count(capacity) + " tokens"]
                    + study.rows.map { row in
                        let point = row.curve[index]
                        return Quantity.decimal(point.lru * 100, 1) + "/"
                            + Quantity.decimal(point.optimal * 100, 1)
                    })
        }
        return "Hits by capacity, % of prompt tokens\n" + table.text
    }

    private static func verdict(_ study: PageStudy) -> String {
        let best = study.best
        let others = study.rows.filter { $0.pageTokens != best.pageTokens }.map { row in
            "\(row.pageTokens) +\(Quantity.decimal((row.loss - best.loss) * 100, 2))"
        }
        var text =
            "Pages of \(best.pageTokens) tokens lose least: \(percent(best.loss)). Worse by points:"
            + " " + others.joined(separator: ", ") + "."
        let kernel = study.rows.filter { $0.pageTokens % 16 == 0 }.min { $0.loss < $1.loss }
        if let kernel, best.pageTokens % 16 != 0 {
            text +=
                "\nAmong multiples of 16, which attention kernels want, pages of"
                + " \(kernel.pageTokens) lose least: \(percent(kernel.loss))."
        }
        return text
    }

    private static func percent(_ share: Double) -> String { Quantity.percent(share, decimals: 2) }

    /// One line per page size and capacity, for spreadsheets.
    public static func csv(_ study: PageStudy) -> String {
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
