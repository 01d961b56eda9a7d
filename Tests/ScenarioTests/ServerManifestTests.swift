import Basics
import Foundation
import TestSupport
import Testing

@testable import Scenario

@Suite("A server in a compose file or a manifest")
struct ServerManifestTests {
    private let folder = try! ScratchFolder()

    private func read(_ text: String) throws -> (Configuration, [String]) {
        let line = try ServerLine(text)
        return (try Configuration.read(file: nil, serve: line), line.notes)
    }

    private func refusal(_ text: String) -> String {
        let error = #expect(throws: InputError.self, "\(text)") { try read(text) }
        return error?.description ?? ""
    }

    static let compose = """
        x-base: &base
          restart: always
        services:
          small:
            <<: *base
            image: vllm/vllm-openai:v0.11.0
            ports: ["8000:8000", 22:22]
            environment: [TOKEN=$TOKEN]
            command: >
              --model llama-3.1-8b
              --max-num-seqs ${SEQS:-7}
              --api-key ${KEY}
          web:
            image: nginx
            command: ["nginx", "-g", "daemon off;"]
        """

    static let big = """
          big:
            image: my/image
            entrypoint: [vllm,
              serve]
            command: [llama-3.1-70b, -tp,
              4] # four
        """

    static let deployment = """
        apiVersion: v1
        kind: Service
        metadata: {name: front}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: llama
        spec:
          replicas: 3
          template:
            spec:
              initContainers:
              - name: fetch
                image: busybox
                command: ["sh", "-c", "wget x"]
              containers:
              - name: vllm
                image: vllm/vllm-openai:v0.33.0
                command:
                - sh
                - -c
                - |
                  # the server
                  vllm serve $MODEL \\
                    --max-num-seqs $(SEQS)
                env:
                - {name: MODEL, value: llama-3.1-8b}
                - name: SEQS
                  value: "7"
                - name: TOKEN
                  valueFrom: {secretKeyRef: {name: a, key: b}}
        """

    @Test(
        "is found with its arguments and variables",
        arguments: [
            compose, deployment,
            "kind: Pod\nspec:\n  containers:\n  - image: vllm/vllm-openai\n    args: [\"--model="
                + "$(M)\", --max-num-seqs, 7]\n    env: [{name: M, value: llama-3.1-8b}]",
            "command: [\"vllm\", \"serve\", \"llama-3.1-8b\", \"--max-num-seqs\", \"7\"]",
            "args:\n- --model\n- llama-3.1-8b\n- --max-num-seqs=7",
            "- vllm\n- serve\n- llama-3.1-8b\n- --max-num-seqs=7",
            "{\"spec\": {\"containers\": [{\"image\": \"vllm/vllm-openai\",\n  \"args\": "
                + "[\"--model\", \"llama-3.1-8b\", \"--max-num-seqs\", \"7\"]}]}}",
            "model: llama-3.1-8b\nmax-num-seqs: 7",
            "envs:\n  M: llama-3.1-8b\nrun: |\n  conda activate x\n  vllm serve $M \\\n"
                + "    --max-num-seqs 7\n",
            "servingEngineSpec:\n  modelSpec:\n  - name: a\n    modelURL: llama-3.1-8b\n"
                + "    vllmConfig: {maxNumSeqs: 7, enableChunkedPrefill: true}",
            "applications:\n- args:\n    llm_configs:\n    - model_loading_config:\n"
                + "        model_id: llama-3.1-8b\n      engine_kwargs:\n        max_num_seqs: 7",
            "modelArtifacts:\n  uri: hf://llama-3.1-8b\ndecode:\n  containers:\n  - name: vllm\n"
                + "    modelCommand: vllmServe\n    args: [--max-num-seqs, '7']",
        ])
    func found(_ text: String) throws {
        let (read, _) = try read(text)
        #expect(read.model.name == "llama-3.1-8b" && read.engine.maxNumSeqs == 7, "\(text)")
    }

    @Test("what it says besides is noted")
    func notes() throws {
        for (text, note) in [
            (Self.compose, "of no effect here: --api-key ${KEY}"),
            (Self.compose, "taken as their defaults: ${SEQS:-7}"),
            (Self.deployment, "replicas: 3 (line 10) is not read: --set cluster.replicas=3"),
            (Self.deployment, "engine.version is the release (here 0.33.0)"),
            ("args: [--model, llama-3.1-8b]", "it is taken to start with \"vllm serve\""),
        ] {
            let (_, notes) = try read(text)
            #expect(notes.contains { $0.contains(note) }, "\(note): \(notes)")
        }
    }

    @Test("is chosen by its name where several stand in a file")
    func several() throws {
        let text = Self.compose + "\n" + Self.big
        let file = try folder.write("compose.yaml", Array(text.utf8))
        let said = refusal(file)
        #expect(said.contains("compose.yaml: has 2 servers: small (line 4), big (line 16)"))
        #expect(said.hasSuffix("compose.yaml#small"), "\(said)")
        let (read, notes) = try read(file + "#big")
        #expect(read.model.name == "llama-3.1-70b" && read.engine.tensorParallelSize == 4)
        #expect(notes.contains { $0.contains("other servers are not read: small") })
        #expect(refusal(file + "#web").contains("has no server web, but small"))
        #expect(refusal(text).contains("--serve FILE#small"))
    }

    @Test(
        "is refused with the line where it is something else",
        arguments: [
            ("services:\n  a:\n    image: x\n    command: !reset [a]", ":4: \"!\" begins"),
            ("spec:\n  replicas: {{ .Values.n }}", ":2: is a template of Helm"),
            ("services:\n  a:\n    image: nginx", ": no command in it starts vLLM's server"),
            ("services:\n  a: *b", ":2: *b is not set above"),
            (
                "services:\n  a:\n    image: vllm/vllm-openai\n    command: --model x -tp $TP",
                "-tp is $TP, which is not set in the text"
            ),
            (
                "services:\n  a:\n    image: vllm/vllm-openai\n    command: vllm serve x",
                ":2: repeats \"vllm serve\""
            ),
            ("modelSpec:\n- vllmConfig:\n    maxSeqs: 3", ":3: maxSeqs is no setting"),
            (
                "modelSpec:\n- modelURL: a\n  lmcacheConfig: {enabled: true}\n"
                    + "  vllmConfig: {dtype: "
                    + "auto}", ":3: lmcacheConfig moves cache"
            ),
            ("services:\n  a:\n    command: [a\n  b: 1", ":3: \"[\" is not closed"),
            ("services:\n a:\n   x: 1\n  b: 2", ":4: is indented"),
        ])
    func refused(_ text: String, _ words: String) throws {
        let said = refusal(text)
        #expect(said.hasPrefix("--serve") && said.contains(words), "\(said)")
    }

    @Test("stands any bytes")
    func mutations() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededRandom(seed: seed)
        let marks = Array("[]{}:,-#'\"\\ \n\t&*|>0$()<".utf8)
        for text in [Self.compose, Self.deployment] {
            let bytes = Array(text.utf8)
            for _ in 0..<150 {
                var changed = bytes
                for _ in 0..<4 {
                    let place = Int(generator.next() % UInt64(changed.count))
                    changed[place] = marks[Int(generator.next() % UInt64(marks.count))]
                }
                let one = String(decoding: changed, as: UTF8.self)
                do { _ = try ServerLine(one) } catch is InputError {} catch {
                    Issue.record("seed \(seed): \(error)")
                }
            }
        }
        let lines = (0..<12).map { "a\($0 + 1): [*a\($0), *a\($0), *a\($0), *a\($0)]" }
        let bomb = "a0: &a0 [x]\nservices: {}\n" + lines.joined(separator: "\n")
        #expect(throws: InputError.self) { try ServerLine(bomb) }
    }
}
