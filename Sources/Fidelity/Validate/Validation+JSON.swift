/// A reference validation as JSON: `rows`, `groups`, `clocks`, `unmeasured`.
extension ReferenceValidation: Encodable {
    /// What no public measurement covers, shown in every report.
    package static let unmeasured = [
        "chunked prefill over past context with GQA, decode batches of mixed lengths and mixed "
            + "prefill and decode kernels: extrapolated, checked end to end only",
        "norms, rotary embedding and activations: assumed, 10 µs a layer and 2.4 TB/s",
        "host time: fitted on five kinds of vLLM server; it depends on the version",
        "MHA decode (more than 8 KV heads a GPU), recurrent layers, int4 KV, exchange between "
            + "nodes: no kernel measurements",
    ]

    private enum CodingKeys: String, CodingKey {
        case rows, groups, requests, requestsFile, clocks, hostFits, unusedColumns, unmeasured
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(rows, forKey: .rows)
        try keys.encode(groups, forKey: .groups)
        if let requestsFile {
            try keys.encode(requests, forKey: .requests)
            try keys.encode(requestsFile, forKey: .requestsFile)
        }
        try keys.encode(clocks, forKey: .clocks)
        try keys.encode(hostFits, forKey: .hostFits)
        if !unusedColumns.isEmpty { try keys.encode(unusedColumns, forKey: .unusedColumns) }
        try keys.encode(Self.unmeasured, forKey: .unmeasured)
    }
}

extension ReferenceValidation.Row: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, group, load, metric, measured, predicted, errorPercent, errorPercentLeftOut
        case skipped, determined
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        if !isDetermined { try keys.encode(false, forKey: .determined) }
        try keys.encode(id, forKey: .id)
        try keys.encode(group, forKey: .group)
        try keys.encode(load, forKey: .load)
        try keys.encode(metric, forKey: .metric)
        try keys.encode(measured, forKey: .measured)
        try keys.encodeIfPresent(predicted, forKey: .predicted)
        try keys.encodeIfPresent(errorPercent, forKey: .errorPercent)
        try keys.encodeIfPresent(errorPercentLeftOut, forKey: .errorPercentLeftOut)
        try keys.encodeIfPresent(skipped, forKey: .skipped)
    }
}

extension ReferenceValidation.RequestErrors: Encodable {
    private enum CodingKeys: String, CodingKey {
        case run, recorded, sent, ttftMedianPercent, ttftBiasPercent, e2eMedianPercent
        case e2eBiasPercent
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(run, forKey: .run)
        try keys.encode(recorded, forKey: .recorded)
        try keys.encode(sent, forKey: .sent)
        try keys.encode(timeToFirstToken.median, forKey: .ttftMedianPercent)
        try keys.encode(timeToFirstToken.bias, forKey: .ttftBiasPercent)
        try keys.encode(endToEnd.median, forKey: .e2eMedianPercent)
        try keys.encode(endToEnd.bias, forKey: .e2eBiasPercent)
    }
}

/// The keys that every group has: count, median, 90th percentile and bias in percent.
private enum GroupKeys: String, CodingKey {
    case name, count, medianPercent, p90Percent, biasPercent
    case leftOutMedianPercent, leftOutP90Percent, leftOutBiasPercent, skipped, meant
}

extension ReferenceValidation.Group: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: GroupKeys.self)
        try Fidelity.encode("\(server): \(figure)", errors, &keys)
        try keys.encodeIfPresent(errorsLeftOut?.median, forKey: .leftOutMedianPercent)
        try keys.encodeIfPresent(errorsLeftOut?.p90, forKey: .leftOutP90Percent)
        try keys.encodeIfPresent(errorsLeftOut?.bias, forKey: .leftOutBiasPercent)
        try keys.encode(skipped, forKey: .skipped)
    }
}

private func encode(
    _ name: String, _ errors: ErrorSummary?, _ keys: inout KeyedEncodingContainer<GroupKeys>
) throws {
    try keys.encode(name, forKey: .name)
    try keys.encode(errors?.count ?? 0, forKey: .count)
    try keys.encodeIfPresent(errors?.median, forKey: .medianPercent)
    try keys.encodeIfPresent(errors?.p90, forKey: .p90Percent)
    try keys.encodeIfPresent(errors?.bias, forKey: .biasPercent)
}

/// An operator validation as JSON: `groups`, `skipped`, `clock`.
extension OperatorValidation: Encodable {
    private enum CodingKeys: String, CodingKey { case groups, skipped, clock }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(groups, forKey: .groups)
        try keys.encode(skipped, forKey: .skipped)
        try keys.encode(clock, forKey: .clock)
    }
}

extension OperatorValidation.Group: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: GroupKeys.self)
        try Fidelity.encode(name, errors, &keys)
        try keys.encode(isMeant, forKey: .meant)
    }
}
