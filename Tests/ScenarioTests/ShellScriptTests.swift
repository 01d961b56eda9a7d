import Basics
import TestSupport
import Testing

@testable import Scenario

@Suite("A script around a server's or a benchmark's line")
struct ShellScriptTests {
    @Test(
        "is parted where a shell ends a command",
        arguments: [
            (
                "a b; c & d && e | f || g\nh",
                [["a", "b"], ["c"], ["d"], ["e"], ["f"], ["g"], ["h"]]
            ),
            ("a 'b; c' \"d & e\" f\\;g", [["a", "b; c", "d & e", "f;g"]]),
            ("a \\\n  b # c; d\n\ne", [["a", "b"], ["e"]]),
            ("a\n\n# b\n  --c 1\n", [["a", "--c", "1"]]),
            ("a;\n--c", [["a"], ["--c"]]), ("", []), (" \n;;&\n", []), ("a ''", [["a", ""]]),
            ("(a b)& c", [["a", "b"], ["c"]]), ("( a; (b c) ) d", [["a"], ["b", "c"], ["d"]]),
            ("a $(b c) d=(e f) g", [["a", "$(b c)", "d=(e", "f)", "g"]]),
            ("d=(e 'f g') ", [["d=(e f g)"]]), ("a \"b\\n\" \"\\$c\"", [["a", "b\\n", "$c"]]),
            ("a <<E b\nc; d\nE\ne", [["a", "b"], ["e"]]),
            ("(a $(b) '(' \\) c) d", [["a", "$(b)", "(", ")", "c"], ["d"]]),
            ("{ a b; }", [["a", "b"]]), ("a {} } b", [["a", "{}", "}", "b"]]),
            ("a x) b", [["a", "x)", "b"]]),
        ])
    func commands(_ text: String, _ words: [[String]]) throws {
        #expect(try ShellScript(text, place: "--serve").commands.map(\.words) == words)
    }

    @Test(
        "leads its output elsewhere",
        arguments: [
            ("a b > log 2>&1 &", ["> log", "2>&1"]), ("a>>log b", [">> log"]),
            ("a &>log b", ["&> log"]), ("a < in b 2> /dev/null", ["< in", "2> /dev/null"]),
            ("a 1>|log b <<< x", ["1>| log", "<<< x"]), ("a b >", [">"]),
        ])
    func redirections(_ text: String, _ found: [String]) throws {
        let commands = try ShellScript(text, place: "--serve").commands
        #expect(commands.count == 1 && commands[0].redirections == found, "\(commands)")
        #expect(commands[0].words == (text.contains("b") ? ["a", "b"] : ["a"]))
    }

    @Test("starts one server, and what else it does is said")
    func one() throws {
        let line = "vllm serve llama-3.1-70b -tp 4 --served-model-name a"
        for (script, note) in [
            (line + " > log 2>&1 &", "stands after the server is not read: > log 2>&1"),
            (line + "& sleep 9; curl x", "stands after the server is not read: sleep 9 curl x"),
            ("set -e\n" + line + " | tee log", "stands after the server is not read: tee log"),
            ("cd /srv && nohup " + line, "stands before the server is not read: cd /srv nohup"),
            (line + "\n  --port 80", "a line begins with --port and is taken with the line above"),
            ("bash -lc 'pip install x; \(line) >log'", "after the server is not read: > log"),
            ("uv run " + line, "stands before the server is not read: uv run"),
            ("(\(line)) > log &", "stands after the server is not read: > log"),
            ("(cd /srv && \(line)); ls", "stands before the server is not read: cd /srv"),
            ("{ \(line); } 2>&1 | tee log", "stands after the server is not read: 2>&1 tee log"),
        ] {
            let server = try ServerLine(script)
            #expect(server.notes.contains { $0.contains(note) }, "\(script): \(server.notes)")
            let read = try Configuration.read(file: nil, serve: server)
            #expect(read.engine.tensorParallelSize == 4, "\(script)")
        }
        for (script, words) in [
            (line + " & vllm serve qwen3-8b", "starts more than one server"),
            (line + "\nvllm serve qwen3-8b", "starts more than one server"),
            ("bash -c '\(line); vllm serve qwen3-8b'", "starts more than one server"),
            ("cat > a.yaml <<EOF\nport: 1\n" + line, "ends inside a here-document"),
            ("vllm serve\n llama-3.1-8b", "ends before the server's model"),
            ("> log", "is not a line of vLLM's server"), ("bash -c", "is not a line"),
            ("(\(line)", "ends inside a subshell"),
            ("(\(line)) & (vllm serve qwen3-8b)", "starts more than one server"),
            ("bash serve.sh", "is not a line"), ("bash -c 'ls", "ends inside a quotation"),
        ] {
            let error = #expect(throws: InputError.self) { try ServerLine(script) }
            #expect("\(error!)".contains(words), "\(script): \(error!)")
        }
    }

    @Test(
        "starts it as a module, or in a container",
        arguments: [
            "python3 -u -m vllm.entrypoints.openai.api_server --model llama-3.1-70b -tp 4",
            "python -um vllm.entrypoints.openai.api_server --model llama-3.1-70b -tp 4",
            "python -X dev -m vllm.entrypoints.cli.main serve llama-3.1-70b -tp 4",
            "python3 /opt/vllm/entrypoints/openai/api_server.py --model llama-3.1-70b -tp 4",
            "docker run -it --rm --gpus all -p8000:8000 -v /srv/vllm-openai:/data "
                + "vllm/vllm-openai:latest llama-3.1-70b -tp 4",
            "sudo docker container run --gpus=all --entrypoint vllm vllm/vllm-openai@sha256:1 "
                + "serve llama-3.1-70b -tp 4",
            "podman run --entrypoint= registry/vllm-openai vllm serve llama-3.1-70b -tp 4",
            "docker run --entrypoint bash vllm/vllm-openai -c 'vllm serve llama-3.1-70b -tp 4'",
            "docker run -e A=1 my/image:2 vllm serve llama-3.1-70b -tp 4",
            "docker run -dp 8000:8000 -itv /a:/b vllm/vllm-openai --model llama-3.1-70b -tp 4",
            "docker run --entrypoint bash my/image -euxo pipefail -c "
                + "'vllm serve llama-3.1-70b -tp 4'",
        ])
    func programs(_ line: String) throws {
        let server = try ServerLine(line)
        let read = try Configuration.read(file: nil, serve: server)
        #expect(read.model.name == "llama-3.1-70b" && read.engine.tensorParallelSize == 4)
        #expect(server.notes.contains { $0.contains("container") } == !line.hasPrefix("python"))
    }

    @Test("ends soon on scripts without end")
    func endless() throws {
        for line in ["docker run x ", "docker run --entrypoint docker run ", "bash -c ", "(a "] {
            for count in [300, 1_700] {
                let text = String(repeating: line, count: count)
                #expect(throws: InputError.self) { try ServerLine(text) }
            }
        }
    }

    @Test("takes a container's variables, not the shell's, inside of it")
    func variables() throws {
        let name = "VLLM_PP_LAYER_PARTITION"
        func layers(_ line: String) throws -> String {
            try Configuration.read(file: nil, serve: ServerLine(line)).engine.ppLayerPartition
                ?? ""
        }
        let model = "llama-3.1-8b -pp 2"
        #expect(try layers("export \(name)=14,18\nvllm serve \(model)") == "14,18")
        #expect(try layers("bash -c '\(name)=14,18 vllm serve \(model)'") == "14,18")
        #expect(try layers("(export \(name)=14,18; vllm serve \(model))") == "14,18")
        #expect(try layers("(export \(name)=14,18); vllm serve \(model)") == "")
        let inside = "docker run -e \(name)=14,18 vllm/vllm-openai \(model)"
        #expect(try layers("\(name)=10,22 " + inside) == "14,18")
        #expect(try layers("\(name)=10,22 docker run vllm/vllm-openai \(model)") == "")
        #expect(
            try layers("\(name)=10,22 docker run -e\(name)=14,18 my/vllm vllm serve \(model)")
                == "14,18")
        #expect(try layers("\(name)=10,22 true\nvllm serve \(model)") == "")
        let empty = try ServerLine("\(name)= vllm serve \(model)")
        let error = #expect(throws: InputError.self) {
            try Configuration.read(file: nil, serve: empty).resolved(serve: empty, changes: [])
        }
        #expect("\(error!)".hasPrefix("--serve: \(name) is"), "\(error!)")
    }

    @Test("names the program that the image starts already")
    func doubled() {
        for words in ["vllm serve", "python3 -m vllm.entrypoints.openai.api_server --model"] {
            let error = #expect(throws: InputError.self) {
                try ServerLine("docker run vllm/vllm-openai:v0.33.0 \(words) llama-3.1-8b")
            }
            #expect("\(error!)".contains("vllm/vllm-openai:v0.33.0 starts with"), "\(error!)")
        }
        #expect(throws: InputError.self) { try ServerLine("docker run --gpus") }
        #expect(throws: InputError.self) { try ServerLine("docker run vllm/other llama-3.1-8b") }
    }

    @Test("runs one benchmark")
    func benchmark() throws {
        let line = "vllm bench serve --request-rate 2 --goodput ttft:100"
        let read = try BenchmarkLine(line + " > out.txt 2>&1 && echo done")
        #expect(
            read.notes == [
                "--bench: what stands after the benchmark is not read: "
                    + "> out.txt 2>&1 echo done"
            ])
        #expect(read.changes.contains("slo.ttft_ms=100"))
        let error = #expect(throws: InputError.self) {
            try BenchmarkLine(line + "; vllm bench serve --request-rate 4")
        }
        #expect("\(error!)".contains("starts more than one benchmark"))
    }

    @Test("of any characters is read, or refused with a line", .timeLimit(.minutes(1)))
    func anything() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededRandom(seed: seed)
        let parts = [
            "vllm serve a", "docker run", "-e", "bash -c", "'", "\"", "\\", "\n", ">", "<", "<<<",
            "&", "|", ";", "#", "2", " ", "--a", "python -m", "vllm/vllm-openai", "=", "\r\n",
            "$", "${", "}", "$(", ")", "A=", "A=(", "$A", "${A[@]}", "$((", "))", "<<E", "E", "if",
            "fi", "for", "done", ":-", "`", "a:", "- ", "[", "{",
        ]
        for _ in 0..<5000 {
            let line = (0..<8).map { _ in parts[Int(generator.next() % UInt64(parts.count))] }
            do { _ = try ServerLine(line.joined(separator: " ")) } catch {
                #expect(error is InputError, "seed \(seed): \(line)")
            }
        }
        for part in [
            ">", "&", "bash -c ", "docker run -e ", "vllm serve ", "\n--a", "$((", "${A:-", "A=$A ",
            "A=(", "<<E\n", "if ", "[", "{a: ", "- ",
        ] {
            let long = String(repeating: part, count: 100_000 / part.count)
            #expect(throws: InputError.self) { try ServerLine(long) }
        }
    }
}
