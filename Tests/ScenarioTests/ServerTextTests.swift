import Basics
import TestSupport
import Testing

@testable import Scenario

@Suite("A text that starts a server")
struct ServerTextTests {
    @Test(
        "is a unit, a Makefile, a Dockerfile, a page's line or a runner's",
        arguments: [
            "[Service]\nEnvironment=\"M=llama-3.1-8b\" B=c\nExecStart=-/x/vllm serve ${M} \\\n"
                + "  --max-num-seqs 7 \\\n  # a comment\n  --port $PORT\n",
            "M ?= llama-3.1-8b\n.PHONY: serve\nserve: x\n\t@vllm serve $(M) \\\n\t  "
                + "--max-num-seqs 7 --served-model-name $$(date)\n",
            ".PHONY: serve\nserve:\n\tvllm serve llama-3.1-8b --max-num-seqs 7",
            "ARG T=v1\nFROM vllm/vllm-openai:${T}\nENV A b\nCMD [\"--model\", \"llama-3.1-8b\", "
                + "\"--max-num-seqs\", \"7\"]",
            "FROM x\nENV M=llama-3.1-8b\nRUN a && \\\n b\nENTRYPOINT vllm serve $M "
                + "--max-num-seqs 7",
            "```bash\nvllm serve llama-3.1-8b --max-num-seqs 7\n```",
            "$ cd /srv\n$ vllm serve llama-3.1-8b \\\n>   --max-num-seqs 7\n",
            "(v) me@host:~$ vllm serve llama-3.1-8b --max-num-seqs 7",
            "ssh gpu \"cd x && vllm serve llama-3.1-8b --max-num-seqs 7\"",
            "C=(vllm serve llama-3.1-8b)\nexec \"${C[@]}\" --max-num-seqs 7",
            "kubectl apply -f - <<EOF\ncontainers:\n- image: vllm/vllm-openai\n  args: [--model, "
                + "llama-3.1-8b, --max-num-seqs, 7]\nEOF\n",
            "[{\"Config\": {\"Cmd\": [\"--model\", \"llama-3.1-8b\", \"--max-num-seqs\", \"7\"],\n"
                + "\"Image\": \"vllm/vllm-openai\"}}]",
        ])
    func read(_ text: String) throws {
        let read = try Configuration.read(file: nil, serve: ServerLine(text))
        #expect(read.model.name == "llama-3.1-8b" && read.engine.maxNumSeqs == 7, "\(text)")
    }

    @Test(
        "of another engine, or of a benchmark, is refused by its name",
        arguments: [
            ("python -m sglang.launch_server --model-path m --tp 2", "a line of SGLang's server"),
            ("docker run lmsysorg/sglang python3 -m sglang.launch_server", "SGLang's server"),
            ("trtllm-serve m --tp_size 2", "a line of TensorRT-LLM's server"),
            ("vllm bench serve --request-rate 3", "is the line of a benchmark"),
            ("FROM python:3.12\nCMD python app.py", "is not a line of vLLM's server"),
        ])
    func refused(_ text: String, _ words: String) {
        let error = #expect(throws: InputError.self) { try ServerLine(text) }
        #expect("\(error!)".contains(words), "\(error!)")
    }
}
