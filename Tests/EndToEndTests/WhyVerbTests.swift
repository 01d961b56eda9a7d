import Foundation
import TestSupport
import Testing

@Suite("headway why")
struct WhyVerbTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func call(_ words: [String]) throws -> Executable.Outcome {
        try Executable.run(words, in: scratch.path, seconds: 120)
    }

    private func json(_ outcome: Executable.Outcome) throws -> [String: Any] {
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require(object as? [String: Any])
    }

    /// A run whose pool is so small that requests are preempted, on two replicas, with clients that
    /// give up.
    private func makeRun(_ more: [String] = []) throws {
        let keys = [
            "trace.limit=150", "trace.rate_scale=3", "cluster.replicas=2",
            "engine.num_gpu_blocks=900", "engine.max_model_len=8000",
            "trace.client_timeout_s=12", "trace.client_retries=1",
        ]
        let run = try call(
            ["run", "--quiet", "--out", "out"] + (keys + more).flatMap { ["--set", $0] })
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("its JSON divides every request of a folder, and blames no more than a part")
    func everyRequest() throws {
        try makeRun()
        let answer = try json(try call(["why", "out", "--worst", "100000", "--json"]))
        let requests = try #require(answer["requests"] as? [[String: Any]])
        let rows = try scratch.text("out/requests.csv").split(separator: "\n").dropFirst()
        let ended = rows.filter { !$0.contains(",rejected,") }
        #expect(requests.count == ended.count)
        var latest = Int64.max
        for request in requests {
            #expect(Set(request.keys) == ["id", "latency_ps", "parts", "culprits"])
            let latency = try #require(request["latency_ps"] as? Int64)
            let parts = try #require(request["parts"] as? [String: Int64])
            #expect(parts.values.reduce(0, +) == latency && latency <= latest)
            latest = latency
            var blamed: [String: Int64] = [:]
            for culprit in try #require(request["culprits"] as? [[String: Any]]) {
                #expect(Set(culprit.keys) == ["id", "part", "ps"])
                let part = try #require(culprit["part"] as? String)
                blamed[part, default: 0] += try #require(culprit["ps"] as? Int64)
            }
            for (part, time) in blamed { #expect(time <= parts[part] ?? -1, "\(part)") }
        }
        let causes = requests.reduce(into: Set<String>()) { causes, request in
            let parts = request["parts"] as? [String: Int64] ?? [:]
            causes.formUnion(parts.filter { $0.value > 0 }.keys)
        }
        #expect(causes.isSuperset(of: ["queue", "prefill", "decode", "interference", "preempted"]))
    }

    @Test("the columns of reuse sum to what could be hit, and to the table of why")
    func reuse() throws {
        try makeRun()
        let lines = try scratch.text("out/requests.csv").split(separator: "\n")
        let names = lines[0].split(separator: ",").map(String.init)
        let first = try #require(names.firstIndex(of: "reusable_tokens"))
        let hits = try #require(names.firstIndex(of: "hit_tokens"))
        var (bound, hit) = (0, 0)
        for line in lines.dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let counts = cells[first..<(first + 7)].compactMap { Int($0) }
            let own = try #require(Int(cells[hits]))
            #expect(counts.count == 7 && counts[0] == own + counts.dropFirst().reduce(0, +))
            bound += counts[0]
            hit += own
        }
        let answer = try json(try call(["why", "out", "--json", "--quiet"]))
        let reuse = try #require(answer["reuse"] as? [String: Any])
        #expect(reuse["reusable_tokens"] as? Int == bound && bound > 0)
        #expect(reuse["hit_tokens"] as? Int == hit)
        let lost = try #require(reuse["lost_tokens"] as? [String: Int])
        let evicted = lost["evicted"] ?? 0
        #expect(lost.values.reduce(0, +) == bound - hit && evicted > 0)
        #expect(reuse["endless_pool_tokens"] as? Int == hit + evicted)
        let best = try #require(reuse["best_replacement_tokens"] as? Int)
        #expect(hit <= best && best <= hit + evicted)
        let text = try call(["why", "out"]).output
        #expect(text.contains("in this pool with the best replacement"))
    }

    @Test("answers for an id, for its attempts, and for a moment")
    func questions() throws {
        try makeRun()
        let rows = try scratch.text("out/requests.csv").split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let again = try #require(rows.first { $0[10] == "aborted" })
        let attempts = rows.filter { $0[0] == again[0] }
        let asked = try json(
            try call(["why", "out", "--request", String(again[0]), "--json"]))
        #expect((asked["requests"] as? [Any])?.count == attempts.count)
        let moment = 8.0
        let alive = rows.filter { row in
            Double(row[1]).map { $0 <= moment } == true
                && Double(row[4]).map { $0 > moment } == true
        }
        let there = try json(try call(["why", "out", "--at", "8", "--json"]))
        let ids = (there["requests"] as? [[String: Any]])?.compactMap { $0["id"] as? Int }
        #expect(ids == alive.compactMap { Int($0[0]) } && !alive.isEmpty)
        // A configuration is asked as its folder is.
        let direct = try call(["why", "out/config.resolved.json", "--at", "8", "--json"])
        let folder = try call(["why", "out", "--at", "8", "--json"])
        #expect(direct.output == folder.output)
    }

    @Test("refuses a folder whose run cannot be made again")
    func otherVersion() throws {
        _ = try scratch.write(
            "t.csv",
            Data("arrived_at,num_prefill_tokens,num_decode_tokens\n0,90,30\n1,50,2\n".utf8))
        try makeRun(["trace.file=t.csv"])
        #expect(try call(["why", "out"]).status == 0)
        _ = try scratch.write(
            "t.csv",
            Data("arrived_at,num_prefill_tokens,num_decode_tokens\n0,90,31\n1,50,2\n".utf8))
        let outcome = try call(["why", "out"])
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("its configuration now gives the digest"))
    }

    @Test(
        "says what is wrong with a question",
        arguments: [
            ("out --request 987654", "no request of the run has the id 987654"),
            ("out --request one", "\"one\" is no id"), ("out --worst 0", "0 is below 1"),
            ("out --at nan", "a number"), ("out --at 1e7", "is not in the run"),
            ("out --at 1 --worst 1", "one question at a time"),
            ("out --set seed=2", "a run that is already made"),
            ("out/requests.csv", "is a file of a run"), ("absent", "there is no such file"),
        ])
    func refusals(words: String, problem: String) throws {
        _ = try scratch.write(
            "t.csv",
            Data("arrived_at,num_prefill_tokens,num_decode_tokens\n0,90,30\n1,50,2\n".utf8))
        try makeRun(["trace.file=t.csv"])
        let outcome = try call(["why"] + words.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(problem), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }
}
