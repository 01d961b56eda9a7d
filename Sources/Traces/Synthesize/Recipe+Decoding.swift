extension KeyedDecodingContainer {
    /// Replaces a default by the key's value, if there is one.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        if let given = try decodeIfPresent(Value.self, forKey: key) { value = given }
    }
}

extension Recipe {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        arrivals = try keys.decode(Arrivals.self, forKey: .arrivals)
        classes = try keys.decode([RequestClass].self, forKey: .classes)
        try keys.read(.name, into: &name)
        try keys.read(.description, into: &description)
        try keys.read(.seed, into: &seed)
        try keys.read(.requests, into: &requests)
        try keys.read(.durationS, into: &durationS)
        try keys.read(.warmUpS, into: &warmUpS)
        try keys.read(.maxContext, into: &maxContext)
    }
}

extension Recipe.Arrivals {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        rate = try keys.decode(Double.self, forKey: .rate)
        try keys.read(.process, into: &process)
        try keys.read(.cv, into: &cv)
        try keys.read(.burstSize, into: &burstSize)
        try keys.read(.burstSpreadS, into: &burstSpreadS)
        try keys.read(.daily, into: &daily)
        try keys.read(.weekly, into: &weekly)
        try keys.read(.startHour, into: &startHour)
        try keys.read(.spikes, into: &spikes)
    }
}

extension Recipe.Spike {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        atS = try keys.decode(Double.self, forKey: .atS)
        durationS = try keys.decode(Double.self, forKey: .durationS)
        factor = try keys.decode(Double.self, forKey: .factor)
    }
}

extension RequestClass {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        prompt = try keys.decode(Distribution.self, forKey: .prompt)
        output = try keys.decode(Distribution.self, forKey: .output)
        try keys.read(.name, into: &name)
        try keys.read(.share, into: &share)
        try keys.read(.correlation, into: &correlation)
        try keys.read(.system, into: &system)
        try keys.read(.passages, into: &passages)
        try keys.read(.turns, into: &turns)
        try keys.read(.thinkS, into: &thinkS)
        try keys.read(.agent, into: &agent)
        try keys.read(.priority, into: &priority)
        try keys.read(.aborts, into: &aborts)
    }
}

extension RequestClass.SharedPrompts {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        count = try keys.decode(Int.self, forKey: .count)
        tokens = try keys.decode(Distribution.self, forKey: .tokens)
        try keys.read(.zipf, into: &zipf)
    }
}

extension RequestClass.Passages {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        corpus = try keys.decode(Int.self, forKey: .corpus)
        tokens = try keys.decode(Distribution.self, forKey: .tokens)
        perTurn = try keys.decode(Distribution.self, forKey: .perTurn)
        try keys.read(.zipf, into: &zipf)
    }
}

extension RequestClass.AgentLoop {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        steps = try keys.decode(Distribution.self, forKey: .steps)
        waitS = try keys.decode(Distribution.self, forKey: .waitS)
        result = try keys.decode(Distribution.self, forKey: .result)
    }
}

extension RequestClass.Aborts {
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.known(CodingKeys.self)
        share = try keys.decode(Double.self, forKey: .share)
        afterS = try keys.decode(Distribution.self, forKey: .afterS)
    }
}
