import Basics
import Experiments

extension GateCostChange {
    /// Two tables, by prompt length and by part of the latency; then which requests pay most.
    var text: String {
        var table = TextTable([
            "prompt tokens", "requests", "TTFT was", "now", "change", "E2E was", "now",
            "change",
        ])
        for (old, new) in groups {
            table.add(
                [Self.name(new), Quantity.count(new.requests)]
                    + Self.cells(old.ttft, new.ttft) + Self.cells(old.e2el, new.e2el))
        }
        let parts = PartChanges(before: before.parts, after: after.parts).table
        let title = "\(after.name.echoed()), by the length of the prompt\n"
        let groups =
            groups.isEmpty
            ? title + "The baseline has no groups with these bounds: bless it anew."
            : title + table.text
        return ([groups] + [parts?.text, sentence].compactMap(\.self))
            .joined(separator: "\n\n")
    }

    /// Which requests pay most, and where the time goes.
    private var sentence: String? {
        let losses = groups.map { (group: $0.after, share: $0.after.e2el / $0.before.e2el - 1) }
        guard let worst = losses.max(by: { $0.share < $1.share }), worst.share > 0 else {
            return nil
        }
        let prompts = GateCost.prompts(Self.name(worst.group))
        return "\(after.name.echoed()): requests with \(prompts) lose most, E2E "
            + "\(Comparison.percent(worst.share))."
    }

    private static func cells(_ before: Double, _ after: Double) -> [String] {
        [
            Quantity.duration(seconds: before / 1000), Quantity.duration(seconds: after / 1000),
            before > 0 ? Comparison.percent(after / before - 1) : "",
        ]
    }

    private static func name(_ group: GateCost.Group) -> String {
        group.name ?? ""
    }
}
