import Foundation
import TestSupport
import Testing

@Suite("What is delivered")
struct DeliveryTests {
    /// The same as a shell's word.
    private func complete(_ words: [String], with script: String) throws -> Set<String> {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let outcome = try Executable.shell(
            """
            bash -c 'source "\(script)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _headway; printf "%s\\n" "${COMPREPLY[@]}"' - \(quoted)
            """)
        return Set(outcome.output.split(separator: "\n").map(String.init))
    }

    @Test("bash completes verbs, flags, keys and the words of a key")
    func bash() throws {
        let folder = try ScratchFolder()
        let script = folder.path + "/headway.bash"
        let made = try Executable.shell("\"$HEADWAY\" completions bash > \(script)")
        #expect(made.status == 0 && made.errors.isEmpty)
        #expect(try complete(["headway", "ru"], with: script) == ["run"])
        #expect(try complete(["headway", "trace", "sc"], with: script) == ["scale"])
        #expect(
            try complete(["headway", "run", "--se"], with: script) == [
                "--set", "--serve", "--seed",
            ])
        let keys = try complete(["headway", "run", "--set", "engine.block_"], with: script)
        #expect(keys == ["engine.block_size="])
        let words = try complete(
            ["headway", "run", "engine.scheduling_policy", "=", "pri"], with: script)
        #expect(words == ["priority"])
        // A flag's value is the shell's to complete: files.
        #expect(try complete(["headway", "run", "--trace", "x"], with: script) == [])
    }

    @Test("every shell that is here reads its completions", arguments: ["bash", "zsh", "fish"])
    func syntax(_ shell: String) throws {
        let folder = try ScratchFolder()
        let script = folder.path + "/script"
        let made = try Executable.shell("\"$HEADWAY\" completions \(shell) > \(script)")
        #expect(made.status == 0)
        let text = try folder.text("script")
        #expect(text.contains("trace") && text.contains("engine.block_size"))
        guard try Executable.shell("command -v \(shell)").status == 0 else {
            print("skipped: \(shell) is not installed, its completions were not read")
            return
        }
        let read = try Executable.shell("\(shell) -n \(script)")
        #expect(read.status == 0 && read.errors.isEmpty, "\(read.errors)")
    }

    @Test("another shell is refused")
    func otherShell() throws {
        let outcome = try Executable.run(["completions", "bsh"])
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("did you mean bash"))
    }

    @Test("the manual page has every verb, flag and key, and no line that is a macro by mistake")
    func manual() throws {
        let page = try Executable.run(["manual"])
        #expect(page.status == 0)
        let plain = page.output.replacing("\\-", with: "-")
        let help = try Executable.run(["help"]).output
        let verbs = help.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .map { $0.split(separator: "  ")[0].trimmingCharacters(in: .whitespaces) }
        #expect(verbs.count > 15)
        for verb in verbs { #expect(plain.contains(".SS \"headway \(verb)"), "\(verb)") }
        for word in ["\\fB--compare-gpus\\fR", "\\fBengine.block_size\\fR", ".SH EXIT STATUS"] {
            #expect(plain.contains(word), "\(word)")
        }
        let macros = Set([".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".br"])
        for line in page.output.split(separator: "\n") where line.hasPrefix(".") {
            #expect(macros.contains(String(line.prefix { $0 != " " })), "\(line)")
        }
        guard try Executable.shell("command -v mandoc").status == 0 else { return }
        let folder = try ScratchFolder()
        let path = try folder.write("headway.1", Data(page.output.utf8))
        let lint = try Executable.shell("mandoc -Tlint -W error \(path)")
        #expect(lint.status == 0, "\(lint.output)")
    }
}

@Suite("The Python package")
struct PythonTests {
    /// Whether Python is here; a test says what it skips.
    private func hasPython() throws -> Bool {
        let isHere = try Executable.shell("python3 -c 'import venv'").status == 0
        if !isHere { print("skipped: no python3, the Python package was not tried") }
        return isHere
    }

    private static let script = """
        import json, pathlib
        import headway
        result = headway.run(
            {"engine": {"block_size": 32}, "slo": {"ttft_ms": {"p99": 500}}},
            changes={"cluster.replicas": 2}, limit=40, slo={"ttft_p99_ms": 300})
        again = headway.run(limit=40, changes={"engine.block_size": 32, "cluster.replicas": 2})
        assert result.digest == again.digest, (result.digest, again.digest)
        assert result.summary["completed"] == 40 == len(result.requests)
        assert result.summary["slo"]["requirements"][0]["limit"] == 300
        first = result.requests[0] if isinstance(result.requests, list) else result.requests.iloc[0]
        assert int(first["output_tokens"]) > 0
        assert headway.load(result.folder).digest == result.digest
        # A mapping is a file's sections: a server's line goes over them, and changes over that.
        line = "vllm serve llama-3.1-8b --max-num-seqs 256"
        sections = {"engine": {"max_num_seqs": 64}, "trace": {"limit": 20}}
        served = headway.run(sections, serve=line).summary
        assert headway.run(limit=20, serve=line).summary["digest"] == served["digest"]
        resolved = json.load(open(headway.run(sections, serve=line, out="served").folder
                                  / "config.resolved.json"))
        assert resolved["engine"]["max_num_seqs"] == 256, resolved["engine"]
        # Its paths begin at the working folder, and numbers of other libraries are numbers.
        with open("t.csv", "w") as file:
            file.write("arrived_at,num_prefill_tokens,num_decode_tokens\\n0,100,5\\n1,100,5\\n")
        class Number:
            def tolist(self):
                return 32
        one = headway.run({"trace": {"file": pathlib.Path("t.csv")}, "engine": {"block_size": 32}},
                          slo={"ttft_ms": {"p99": 500}})
        two = headway.run(trace="t.csv", changes={"engine.block_size": Number()},
                          slo="ttft_p99_ms=500")
        assert one.digest == two.digest and one.summary["slo"] == two.summary["slo"]
        three = headway.run(changes={"engine.cudagraph_capture_sizes": [1, 2, 4]}, limit=9)
        four = headway.run({"engine": {"cudagraph_capture_sizes": "1,2,4"}}, limit=9)
        assert three.digest == four.digest
        folder = result.folder
        del result
        assert not folder.exists()
        for wrong in (lambda: headway.run(changes={"engine.blok": 3}), lambda: headway.run("none"),
                      lambda: headway.load("/"), lambda: headway.run("--json", limit=3),
                      lambda: headway.run({"engin": {}}), lambda: headway.run({"seed": "a"}),
                      lambda: headway.run({"trace": {"file": "none.csv"}})):
            try:
                wrong()
            except headway.HeadwayError as error:
                assert error.status == 2 and "\\n" not in str(error), error
            else:
                raise AssertionError("was not refused")
        try:
            headway.run(changes={"engine.block_size": {1, 2}})
        except headway.HeadwayError as error:
            assert error.status is None and "a set is no number" in str(error), error
        try:
            headway.run(limit=40, timeout=1e-6)
        except headway.HeadwayError as error:
            assert error.status is None
        print("done", headway.version())
        """

    @Test("runs and reads, and raises what the program says")
    func package() throws {
        guard try hasPython() else { return }
        let folder = try ScratchFolder()
        let script = try folder.write("try.py", Data(Self.script.utf8))
        let path = packageRoot.appendingPathComponent("configs/python").path
        let outcome = try Executable.shell(
            "cd \(folder.path); PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=\(path) python3 \(script)")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("done headway "))
    }

    @Test("a wheel brings the program and the package into a fresh environment, without a network")
    func wheel() throws {
        guard try hasPython() else { return }
        let folder = try ScratchFolder()
        let script = try folder.write("try.py", Data(Self.script.utf8))
        let root = packageRoot.path
        let outcome = try Executable.shell(
            """
            cd \(folder.path)
            build="python3 \(root)/configs/python/build_wheel.py"
            $build --binary try.py --out no 2>&1 | grep -c ELF
            set -e
            $build --binary "$HEADWAY" --local --out wheel
            python3 -m venv fresh
            fresh/bin/python -m pip install -q --no-index --no-deps wheel/*.whl
            unset HEADWAY
            fresh/bin/headway run --limit 30 --quiet | grep -c digest
            fresh/bin/python \(script)
            """)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 4 && lines[0] == "1" && lines[1].contains("-py3-none-linux_"))
        #expect(lines.dropFirst(2).first == "1" && lines.last?.hasPrefix("done") == true)
    }
}
