import Basics
import Experiments

extension ScheduleDifference {
    /// The difference as a page for a terminal.
    public var text: String {
        var parts: [String] = []
        if !configurationChanges.isEmpty {
            parts.append(
                configurationChanges.map { "\($0.key): \($0.before) → \($0.after)" }
                    .joined(separator: "\n"))
        }
        if let clocksPartAtS {
            parts.append(
                "From \(Quantity.duration(seconds: clocksPartAtS)) on the clocks differ while "
                    + "the decisions are still the same: steps are priced differently.")
        }
        if let parting {
            parts.append(headline(parting))
            parts.append(states(parting).text)
        }
        if affectedRequests > 0 { parts.append(requests) }
        let steps = "\(Quantity.count(stepsBefore)) and \(Quantity.counted(stepsAfter, "step"))"
        if !isDifferent {
            parts.append("The schedules are the same in all \(Quantity.count(stepsBefore)) steps.")
        } else if parting == nil {
            parts.append("Every decision is the same, in \(steps).")
        }
        return parts.joined(separator: "\n\n")
    }

    func headline(_ parting: Parting) -> String {
        guard let step = parting.before ?? parting.after else { return "The schedules part." }
        var text = "The schedules part at step \(Quantity.count(step.step)) of replica "
        text += "\(parting.replica), \(Quantity.duration(seconds: Double(step.timeUs) / 1e6)) in"
        if parting.before == nil || parting.after == nil {
            text += ": \(parting.before == nil ? before : after) has ended by then"
        }
        return text + "."
    }

    func states(_ parting: Parting) -> TextTable {
        let (a, b) = (parting.before, parting.after)
        var table = TextTable(
            ["", "last common step", "before", "after"], alignments: [.left])
        func row(_ name: String, _ value: (LoggedStep) -> String) {
            table.add([
                name, parting.lastCommon.map(value) ?? "", a.map(value) ?? "",
                b.map(value) ?? "",
            ])
        }
        row("step") { Quantity.count($0.step) }
        row("clock, µs") { Quantity.count(Int($0.timeUs)) }
        row("requests scheduled") { Quantity.count($0.scheduled.count) }
        row("tokens scheduled") {
            Quantity.count($0.scheduled.reduce(0) { $0 + $1.tokens })
        }
        row("running") { Quantity.count($0.running) }
        row("waiting") { Quantity.count($0.waiting) }
        row("free blocks") { Quantity.count($0.freeBlocks) }
        row("preempted") { Self.list($0.preempted) }
        row("aborted") { Self.list($0.aborted) }
        for id in differing(a, b).prefix(12) {
            func place(_ step: LoggedStep) -> Int? {
                step.scheduled.firstIndex { $0.id == id }
            }
            row("request \(id)") { step in
                place(step).map { "\($0 + 1). \(step.scheduled[$0].kind)" } ?? "not scheduled"
            }
            row("  tokens") { step in
                place(step).map {
                    let entry = step.scheduled[$0]
                    return "\(Quantity.count(entry.tokens)) after "
                        + Quantity.count(entry.computedBefore)
                } ?? ""
            }
        }
        return table
    }

    /// Requests with a different share or place in the step, in order.
    private func differing(_ a: LoggedStep?, _ b: LoggedStep?) -> [Int64] {
        let (left, right) = (a?.scheduled ?? [], b?.scheduled ?? [])
        var ids: [Int64] = []
        for place in 0..<max(left.count, right.count) {
            let one = place < left.count ? left[place] : nil
            let other = place < right.count ? right[place] : nil
            guard one != other else { continue }
            for id in [one?.id, other?.id].compactMap(\.self) where !ids.contains(id) {
                ids.append(id)
            }
        }
        return ids
    }

    private var requests: String {
        var table = TextTable(["", "arrival", "TTFT", "E2E latency", "preemptions"])
        func change(_ value: Double?) -> String {
            guard let value else { return "" }
            return (value > 0 ? "+" : "") + Quantity.duration(seconds: value / 1000)
        }
        for request in affected {
            table.add([
                "request \(request.id)", Quantity.duration(seconds: request.arrivalS),
                change(request.ttftChangeMs), change(request.e2elChangeMs),
                request.preemptionsBefore == request.preemptionsAfter
                    ? String(request.preemptionsBefore)
                    : "\(request.preemptionsBefore) → \(request.preemptionsAfter)",
            ])
        }
        let shown = affected.count < affectedRequests ? ", the first \(affected.count):" : ":"
        return "\(Quantity.counted(affectedRequests, "affected request"))\(shown)\n\(table.text)"
    }

    private static func list(_ ids: [Int64]) -> String {
        let shown = ids.prefix(6).map(String.init).joined(separator: ", ")
        return ids.count > 6 ? "\(shown), … (\(ids.count))" : shown
    }
}
