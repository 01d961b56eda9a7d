import Foundation
import TestSupport
import Testing

/// What the executable does to files: its own, its inputs', and those of others.
@Suite("Outputs, end to end")
struct OutputTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        let rows = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,5\n1,100,5\n"
        _ = try scratch.write("keep.csv", Array(rows.utf8))
        let suite = """
            {seeds: 2, config: {trace: {limit: 10}, cluster: {replicas: 1}},
             cases: [{name: "a", metrics: {mean_ttft_ms: {relative: 0.02}}}]}
            """
        _ = try scratch.write("keep.json5", Array(suite.utf8))
        let recipe = """
            {name: "x", requests: 5, arrivals: {rate: 1},
             classes: [{name: "a", share: 1, prompt: 200, output: 20}]}
            """
        _ = try scratch.write("recipe.json5", Array(recipe.utf8))
        let steps = [1, 8, 64].map { "\($0),\($0),\($0 * 512),\(8000 + 3 * $0)\n" }.joined()
        _ = try scratch.write(
            "steps.csv", Array(("tokens,decodes,context,microseconds\n" + steps).utf8))
    }

    private func shell(_ line: String) throws -> Executable.Outcome {
        try Executable.shell(line, in: scratch.path, seconds: 120)
    }

    /// What makes the input, its name, and the call that would destroy it.
    private static let destroying: [(setUp: String, input: String, call: String)] = [
        (
            "mkdir d; cp keep.csv d/requests.csv", "d/requests.csv",
            "run --trace d/requests.csv --out d"
        ),
        ("cp keep.csv requests.csv", "requests.csv", "run --trace requests.csv --out ."),
        (
            "\"$HEADWAY\" run --limit 5 --out d", "d/config.resolved.json",
            "run d/config.resolved.json --out d"
        ),
        (
            "mkdir d; cp steps.csv d/latency.csv", "d/latency.csv",
            "run --limit 5 --set step_time.kind=table --set step_time.file=d/latency.csv"
                + " --set output.latency_breakdown=true --out d"
        ),
        ("cp keep.csv t.csv", "t.csv", "trace cache t.csv --csv t.csv"),
        ("cp keep.csv t.csv", "t.csv", "trace convert t.csv --out t.csv --to azure"),
        ("cp keep.csv t.csv; ln t.csv hard", "t.csv", "trace convert hard --out t.csv --to azure"),
        (
            "cp keep.csv t.csv; ln -s t.csv soft", "t.csv",
            "trace convert soft --out t.csv --to azure"
        ),
        ("cp keep.csv t.csv; ln -s t.csv soft", "t.csv", "trace convert t.csv --out soft"),
        ("cp keep.csv t.csv", "t.csv", "trace sample t.csv --share 0.9 --out t.csv --to lengths"),
        ("cp keep.csv t.csv", "t.csv", "trace scale t.csv --factor 2 --out ./t.csv --to azure"),
        ("cp keep.csv t.csv", "t.csv", "trace merge keep.csv t.csv --out t.csv --to azure"),
        ("cp keep.csv t.csv", "t.csv", "trace cache t.csv >> t.csv"),
        ("cp keep.csv t.csv", "t.csv", "trace info t.csv >> t.csv"),
        ("cp recipe.json5 r.json5", "r.json5", "trace synth r.json5 --out r.json5"),
        ("cp keep.json5 S.json5", "S.json5", "gate S.json5 --junit S.json5"),
        (
            "cp keep.json5 S.json5; \"$HEADWAY\" gate S.json5 --bless", "baselines/S.json",
            "gate S.json5 --junit baselines/S.json"
        ),
        (
            "sed 's/seeds: 2/seeds: 2, baseline: \"S.json5\"/' keep.json5 > S.json5", "S.json5",
            "gate S.json5 --bless"
        ),
    ]

    @Test("an output that is an input is refused, and the input stays as it was")
    func outputIsInput() throws {
        for (setUp, input, call) in Self.destroying {
            let made = try shell("rm -rf d t.csv hard soft S.json5 baselines; \(setUp)")
            #expect(made.status == 0, "\(made.errors)")
            let before = try scratch.text(input)
            let outcome = try shell("\"$HEADWAY\" \(call)")
            #expect(outcome.status == 2, "\(call)")
            // A file that lies where a run would write is refused before any trace is opened.
            let isRefused = ["input of this command", "no run of this version"]
                .contains { outcome.errors.contains($0) }
            #expect(isRefused, "\(call): \(outcome.errors)")
            #expect(try scratch.text(input) == before, "\(call)")
        }
        #expect(scratch.names.allSatisfy { !$0.contains("headway-partial") })
    }

    @Test("a path that is not UTF-8 names the bytes given, and is shown escaped")
    func pathBytes() throws {
        let outcome = try shell(
            """
            set -e; e=$(printf 'x\\351')
            "$HEADWAY" run --limit 5 --quiet --out "r$e" > /dev/null; test -s "r$e/summary.json"
            cp keep.csv "t$e.csv"
            "$HEADWAY" trace convert "t$e.csv" "--out=c$e.jsonl"; test -s "c$e.jsonl"
            "$HEADWAY" trace cache "t$e.csv" --csv "p$e.csv" > /dev/null; test -s "p$e.csv"
            echo "{trace: {file: 't.csv'}}" > "d$e.json5"; cp keep.csv t.csv
            "$HEADWAY" run "d$e.json5" --trace "t$e.csv" --quiet --out "o$e" > /dev/null
            "$HEADWAY" run "o$e/config.resolved.json" --quiet --out again > /dev/null
            cmp "o$e/requests.csv" again/requests.csv
            "$HEADWAY" compare "o$e" again > /dev/null
            ls | LC_ALL=C grep -c x; "$HEADWAY" trace info "no$e"
            """)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(#"headway: nox\xE9: No such file"#), "\(outcome.errors)")
        #expect(outcome.output.contains(#"cx\xE9.jsonl: 2 requests"#), "\(outcome.output)")
        #expect(outcome.output.hasSuffix("\n6\n"), "\(outcome.output)")
    }

    @Test("messages keep a relative path relative")
    func relativePaths() throws {
        for (call, words) in [
            ("run --trace no.csv", "headway: no.csv: "),
            ("run configs/a.json5", "headway: configs/no.csv: "),
            ("trace info ./no.csv", "headway: ./no.csv: "),
            ("run --limit 5 --out keep.csv/in", "headway: keep.csv/in: "),
            ("compare a b", "headway: a: "), ("gate keep.json5", "headway: baselines/keep.json: "),
        ] {
            let outcome = try shell(
                "mkdir -p configs; echo '{trace: {file: \"no.csv\"}}' > configs/a.json5;"
                    + "\"$HEADWAY\" \(call)")
            #expect(outcome.status == 2 && outcome.errors.hasPrefix(words), "\(outcome.errors)")
        }
    }

    @Test("a working folder that is gone, few descriptors and a limit on files are one line")
    func limits() throws {
        let gone = try shell(
            """
            mkdir gone; cd gone; rmdir ../gone
            "$HEADWAY" run --limit 5 --quiet --out "$OLDPWD/there" > /dev/null || exit 9
            "$HEADWAY" run --limit 5 --quiet --out here/too
            """)
        #expect(gone.status == 2 && gone.errors.contains("No such file"), "\(gone.errors)")
        for (count, call) in [
            (6, "run --limit 5 --out o"), (6, "trace synth --limit 5 --out o.jsonl"),
            (6, "trace info t"),
        ] {
            let few = try shell("ulimit -n \(count); \"$HEADWAY\" \(call)")
            let isLimit = few.errors.contains("ulimit -n") || few.errors.contains("No such file")
            #expect(few.status == 0 || (few.status == 2 && isLimit), "\(few)")
        }
        let large = try shell(
            "mkdir out; ulimit -f 8; \"$HEADWAY\" run --limit 2000 --quiet --out out > page; r=$?;"
                + " ls -A out; exit $r")
        #expect(large.status == 2 && large.output.isEmpty)
        #expect(
            large.errors == "headway: out/requests.csv: cannot be written (File too large); "
                + "expected a place that can be written, with room\n")
    }

    @Test("compare and diff refuse an altered folder, and a new run replaces its own files only")
    func altered() throws {
        let outcome = try shell(
            """
            "$HEADWAY" run --limit 40 --quiet --out a --set output.decisions=true > page
            cp -r a b; "$HEADWAY" compare a b | grep identical
            sed -i '2s/,0,/,1,/' b/requests.csv
            "$HEADWAY" compare a b; test $? = 2 || echo accepted
            cp -r a c; head -20 a/steps.jsonl > c/steps.jsonl
            "$HEADWAY" diff a c; test $? = 2 || echo accepted
            "$HEADWAY" run --limit 40 --quiet --out b > page; test $? = 2 || echo replaced
            echo note > a/notes; "$HEADWAY" run --limit 40 --quiet --out a > page; ls a
            """)
        let files = "config.resolved.json\nnotes\nreport.json\nrequests.csv\nsummary.json\n"
        #expect(outcome.output == "b is identical: every request has the same times.\n" + files)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].contains("b/requests.csv: is not as the run wrote it"))
        #expect(lines[1].contains("c/steps.jsonl: is not as the run wrote it"))
        #expect(lines[2].contains("was changed since"), "\(outcome.errors)")
    }

    /// Sends a signal at the nth rename, in the place of luck.
    private static let shim = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <signal.h>
        #include <stdlib.h>
        #include <unistd.h>
        static int n;
        int rename(const char *a, const char *b) {
            int (*f)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
            if (++n == atoi(getenv("HIT"))) {
                kill(getpid(), atoi(getenv("SIGNAL")));
                usleep(300000);
            }
            return f(a, b);
        }
        """

    #if os(Linux)
        @Test("a signal at any rename of a commit leaves the old run, the new one, or none")
        func signalInCommit() throws {
            _ = try scratch.write("shim.c", Array(Self.shim.utf8))
            let compiled = try shell("cc -shared -fPIC -o shim.so shim.c -ldl 2>&1")
            // Without a C compiler nothing can be put between program and system.
            guard compiled.status == 0 else { return }
            let run = "\"$HEADWAY\" run --limit 40 --quiet"
            let other = "--set engine.max_num_batched_tokens=512"
            let prepared = try shell("\(run) --out old && \(run) --out new \(other)")
            #expect(prepared.status == 0)
            let old = try scratch.text("old/summary.json")
            let new = try scratch.text("new/summary.json")
            for (signal, hit) in [(15, 1), (2, 3), (15, 4), (1, 8), (9, 1), (9, 3), (9, 6), (9, 8)]
            {
                let place = "signal \(signal) at rename \(hit)"
                let outcome = try shell(
                    """
                    rm -rf out; cp -r old out
                    HIT=\(hit) SIGNAL=\(signal) LD_PRELOAD=$PWD/shim.so \(run) --out out \(other) \
                    > page
                    """)
                let state = (try? scratch.text("out/summary.json")) ?? "none"
                if signal == 9 {
                    // Before the first rename the old run is whole.
                    #expect(state == (hit == 1 ? old : "none"), "\(place)")
                    let next = try shell("\"$HEADWAY\" compare old out")
                    #expect(next.status == (hit == 1 ? 0 : 2), "\(place)")
                    #expect(hit == 1 || next.errors.contains("interrupted run"), "\(place)")
                    // The next run into the folder finds the old one again, even if it fails.
                    _ = try shell("\"$HEADWAY\" run --trace none.csv --out out")
                    #expect(try scratch.text("out/summary.json") == old, "\(place)")
                } else {
                    #expect(outcome.status == 130 && state == new, "\(place): \(outcome.errors)")
                    #expect(outcome.errors.contains("interrupted after out was written whole"))
                }
                let whole = try shell("\"$HEADWAY\" compare out out && ls -A out | wc -l")
                #expect(whole.status == 0 && whole.output.hasSuffix("4\n"), "\(place)")
            }
        }
    #endif
}
