import Basics
import TestSupport
import Testing

@testable import Scenario

@Suite("Variables in a script around a server")
struct ShellVariableTests {
    private static let model = "meta-llama/Llama-3.1-8B-Instruct"

    private func engine(_ text: String) throws -> Configuration.EngineSection {
        try Configuration.read(file: nil, serve: ServerLine(text)).engine
    }

    private func refusal(_ text: String) -> String {
        let error = #expect(throws: InputError.self, "\(text)") {
            try Configuration.read(file: nil, serve: ServerLine(text))
        }
        return error?.description ?? ""
    }

    @Test(
        "are put in where the text sets them",
        arguments: [
            "N=7\nvllm serve M --max-num-seqs $N", "N=7; vllm serve M --max-num-seqs=${N}",
            "vllm serve M --max-num-seqs ${N:-7}", "vllm serve M --max-num-seqs \"${N-7}\"",
            "A=--max-num-seqs\nvllm serve M $A 7", "A='--max-num-seqs 7'\nvllm serve M $A",
            "A=(\n --max-num-seqs # many\n 7\n)\nvllm serve M \"${A[@]}\"",
            "A=(--port 1)\nA+=(--max-num-seqs 7)\nvllm serve M ${A[*]}",
            "A=(7 9)\nvllm serve M --max-num-seqs ${A[0]}",
            "I=3; O=4\nvllm serve M --max-num-seqs $((I + ${O} * (2 - 1)))",
            "export N=7\nbash -c 'vllm serve M --max-num-seqs $N'",
            "N=7 bash -c 'vllm serve M --max-num-seqs $N'",
            "docker run -e N=7 x/vllm sh -c 'vllm serve M --max-num-seqs $N'",
            "vllm serve M --max-num-seqs 7 \"$@\" ${MORE:-}",
            "A=\nvllm serve M $A --max-num-seqs 7",
            "N=9\n(N=8)\nN=7\nvllm serve M --max-num-seqs $N",
            "if true; then\n N=7\n vllm serve M --max-num-seqs $N\nfi",
            "cd x && N=7\nvllm serve M --max-num-seqs $N",
            "N=${1:-7}\nvllm serve M --max-num-seqs $N",
            "cat > c.yaml <<EOF\nmax-num-seqs: 7\nEOF\nvllm serve M --config c.yaml",
            "vllm serve M \\  \n --max-num-seqs 7", "N=7 vllm serve M --max-num-seqs $N",
        ])
    func substituted(_ text: String) throws {
        let line = text.replacing(" M ", with: " \(Self.model) ")
        #expect(try engine(line).maxNumSeqs == 7, "\(text)")
    }

    @Test("are refused by name where the text does not set them and they count")
    func unset() {
        for (text, words) in [
            (
                "vllm serve M -tp $TP",
                "-tp is $TP, which is not set in the text; expected an assignment"
            ),
            ("vllm serve M -tp ${TP:?}", "-tp is ${TP:?}, which is not set in the text"),
            (
                "TP=$(nvidia-smi -L | wc -l)\nvllm serve M -tp $TP",
                "wc -l), which is what a command prints"
            ),
            ("vllm serve M -tp `nproc`", "`nproc`, which is what a command prints"),
            ("vllm serve M $MORE", "$MORE is not set in the text"),
            (
                "vllm serve $MODEL -tp 2",
                "the model is $MODEL, which is not set in the text; expected an"
            ),
            (
                "if [ $A ]; then TP=2; else TP=4; fi\nvllm serve M -tp $TP",
                "$TP, which is set on a condition"
            ),
            ("for tp in 1 2; do vllm serve M -tp $tp; done", "$tp, which is set on a condition"),
            (
                "A=(--port 1)\n[ $X ] && A+=(-tp 2)\nvllm serve M \"${A[@]}\"",
                "${A[@]} is set on a condition"
            ),
            ("false || TP=2\nvllm serve M -tp $TP", "$TP, which is set on a condition"),
            ("vllm serve M -tp $((2 * X))", "$((2 * X)), which cannot be computed"),
            ("TP=2\nvllm serve M -tp ${TP%x}", "${TP%x}, which is a form of the shell's"),
            ("TP=2\nbash -c 'vllm serve M -tp $TP'", "$TP, which is not set in the text"),
            ("TP=2 docker run x/vllm sh -c 'vllm serve M -tp $TP'", "$TP, which is not set"),
            ("vllm serve M --cpu-offload-gb $GB", "--cpu-offload-gb is $GB, which is not set"),
            ("vllm serve M -tp ${TP", "has a ${ that is not closed"),
            ("A=(1 2\nvllm serve M", "ends inside an array"),
            ("cat <<EOF\nvllm serve M", "ends inside a here-document"),
        ] {
            let said = refusal(text.replacing(" M", with: " \(Self.model)"))
            #expect(said.hasPrefix("--serve: ") && said.contains(words), "\(text): \(said)")
        }
    }

    @Test("do not matter where their flag does not, and what was assumed is said")
    func idle() throws {
        for (text, note) in [
            ("vllm serve M --port $PORT", "not known, and of no effect here: --port $PORT"),
            ("vllm serve M --api-key $(cat key)", "of no effect here: --api-key $(cat key)"),
            ("vllm serve M --revision $R", "not known, and of no effect here: --revision $R"),
            ("vllm serve M -tp ${TP:-2}", "and taken as their defaults: ${TP:-2}"),
            ("N=2 vllm serve M -tp $N", "N stands in front of the command that reads it"),
            ("vllm serve M \"$@\"", "the script's own arguments are taken as none"),
        ] {
            let line = try ServerLine(text.replacing(" M", with: " \(Self.model)"))
            #expect(line.notes.contains { $0.contains(note) }, "\(text): \(line.notes)")
        }
        let used = try ServerLine("N=2\nvllm serve \(Self.model) -tp $N").notes
        #expect(used.isEmpty, "\(used)")
        let literal = try ServerLine("vllm serve \(Self.model) --served-model-name '$N'").notes
        #expect(!literal.contains { $0.contains("not known") }, "\(literal)")
    }

    @Test("a model that is not known gives way to one that is named")
    func model() throws {
        for serve in ["vllm serve $MODEL -tp 2", "vllm serve acme/Own-8B -tp 2"] {
            let line = try ServerLine(serve)
            let read = try Configuration.read(
                file: nil, serve: line, changes: ["model.name=mixtral-8x7b"])
            #expect(read.model.name == "mixtral-8x7b" && read.engine.tensorParallelSize == 2)
            #expect(line.notes.contains { $0.contains("model.name is served in its place") })
        }
        // What flags mean depends on the model that is served.
        let shared = try Configuration.read(
            file: nil, serve: ServerLine("vllm serve acme/Own -tp 2 -ep"),
            changes: ["model.name=mixtral-8x7b"])
        #expect(shared.engine.expertParallelSize == 2)
        #expect(refusal("vllm serve acme/Own-8B").contains("or model.name (--set)"))
    }

    @Test("the nodes of a line agree with its groups")
    func nodes() throws {
        let spread = try Configuration.read(
            file: nil, serve: ServerLine("vllm serve llama-3.1-70b -tp 4 -pp 2 --nnodes 2"))
        #expect(spread.hardware.nodes == 2 && spread.hardware.gpusPerNode == 4)
        for (flags, words) in [
            ("-tp 16 --nnodes 2", "--nnodes 2 cuts a tensor-parallel group of 16 GPUs"),
            ("-tp 4 --nnodes 2", "over nodes of 2"), ("--nnodes 2", "1 GPU of the line"),
            ("-tp 2 -pp 3 -n 4", "-n is 4, over which 6 GPUs"), ("-n 0", "-n is 0"),
        ] {
            let said = refusal("vllm serve llama-3.1-70b \(flags)")
            #expect(said.contains(words), "\(flags): \(said)")
        }
    }

    @Test("the older name of the compilation's mode is taken as it")
    func level() throws {
        let line = try ServerLine("vllm serve llama-3.1-8b -cc.level 0")
        #expect(try Configuration.read(file: nil, serve: line).engine.enforceEager)
        #expect(line.notes.contains { $0.contains("-cc.level is the name of mode in earlier") })
        #expect(try !engine("vllm serve llama-3.1-8b -cc.level 3").enforceEager)
        #expect(refusal("vllm serve llama-3.1-8b -cc.level 0 -cc.mode 0").contains("older name"))
    }

    @Test("a checkpoint in 16 bits beside a format that is only read is said")
    func format() throws {
        func notes(_ flags: String) throws -> [String] {
            try ServerLine("vllm serve " + flags).notes
        }
        let note = "is a checkpoint in 16 bits"
        #expect(try notes("llama-3.1-8b -q awq").contains { $0.contains(note) })
        #expect(try notes("llama-3.1-8b -q gptq_marlin").contains { $0.contains(note) })
        #expect(try !notes("llama-3.1-8b -q fp8").contains { $0.contains(note) })
    }
}
