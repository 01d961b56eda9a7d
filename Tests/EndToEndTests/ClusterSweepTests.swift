import Foundation
import TestSupport
import Testing

/// The ways to spread a sweep that the article "Sweeps" shows, done as it shows them.
@Suite("Shards of a sweep on many machines merge to one machine's table", .serialized)
struct ClusterSweepTests {
    private let scratch: ScratchFolder

    /// A folder in which the package's files lie, `headway` is on the path (`bin`), and
    /// `whole.csv` is one machine's table.
    init() throws {
        scratch = try ScratchFolder()
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: scratch.path + "/bin", withIntermediateDirectories: true)
        try manager.createSymbolicLink(
            atPath: scratch.path + "/bin/headway", withDestinationPath: Executable.path)
        try manager.createDirectory(
            atPath: scratch.path + "/configs/sweeps", withIntermediateDirectories: true)
        for name in ["batch.json5", "slurm.sh", "kubernetes.yaml"] {
            try manager.copyItem(
                atPath: packageRoot.path + "/configs/sweeps/" + name,
                toPath: scratch.path + "/configs/sweeps/" + name)
        }
        // Fewer requests: tests run unoptimised.
        let space = try scratch.text("configs/sweeps/batch.json5")
        #expect(space.contains("limit: 300"))
        _ = try scratch.write(
            "configs/sweeps/batch.json5",
            Array(space.replacing("limit: 300", with: "limit: 30").utf8))
        let whole = try shell("headway sweep configs/sweeps/batch.json5 --out whole.csv")
        #expect(whole.status == 0, "\(whole.errors)")
    }

    private func shell(_ line: String, seconds: Double = 60) throws -> Executable.Outcome {
        try Executable.shell(
            "PATH=\"$PWD/bin:$PATH\"; export PATH HOME=\"$PWD\"\n" + line, in: scratch.path,
            seconds: seconds)
    }

    /// The lines of the article's blocks of commands that begin with some words.
    private func article(_ words: String) throws -> [String] {
        let file = packageRoot.path + "/Sources/Experiments/Experiments.docc/Sweeps.md"
        return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            .map(String.init).filter { $0.hasPrefix(words + " ") }
    }

    private func expectMerged() throws {
        let merge = try #require(try article("headway merge").first)
        let outcome = try shell(merge)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try scratch.text("points.csv") == scratch.text("whole.csv"))
    }

    /// Whether programs are there; else the test says what it leaves out.
    private func has(_ programs: [String], of package: String) throws -> Bool {
        let missing = try programs.filter { try shell("command -v \($0)").status != 0 }
        if !missing.isEmpty { print("skipped: there is no \(missing[0]) (Debian's \(package))") }
        return missing.isEmpty
    }

    @Test("with GNU parallel")
    func parallel() throws {
        guard try has(["parallel"], of: "parallel"),
            try shell("parallel --version").output.hasPrefix("GNU")
        else { return }
        let line = try #require(try article("parallel").first)
        let outcome = try shell(line)
        #expect(outcome.status == 0, "\(outcome.errors)")
        try expectMerged()
    }

    /// A cluster of one node, its daemons bound to loopback, ended when the script does; each ends
    /// by itself after 50 s, whatever becomes of the script.
    private static let cluster = """
        dir=$PWD/slurm; host=$(hostname -s 2>/dev/null || hostname); port=$((20000 + $$ % 20000))
        mkdir "$dir" "$dir/state" "$dir/spool"; mkdir -m 711 "$dir/munge"; chmod 755 "$PWD" "$dir"
        head -c 64 /dev/urandom >"$dir/munge/key"; chmod 400 "$dir/munge/key"
        cat >"$dir/slurm.conf" <<END
        ClusterName=sweep
        SlurmctldHost=$host(127.0.0.1)
        SlurmUser=$(id -un)
        SlurmdUser=$(id -un)
        AuthType=auth/munge
        AuthInfo=socket=$dir/munge/socket
        SlurmctldPort=$port
        SlurmdPort=$((port + 1))
        StateSaveLocation=$dir/state
        SlurmdSpoolDir=$dir/spool
        SlurmctldPidFile=$dir/slurmctld.pid
        SlurmdPidFile=$dir/slurmd.pid
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        MpiDefault=none
        SchedulerType=sched/builtin
        SelectType=select/cons_tres
        SelectTypeParameters=CR_Core
        ReturnToService=2
        MailProg=/bin/true
        SlurmdParameters=config_overrides
        NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
        PartitionName=main Nodes=$host Default=YES State=UP
        END
        printf '%s\\n' CgroupPlugin=cgroup/v1 CgroupAutomount=no IgnoreSystemd=yes \\
            >"$dir/cgroup.conf"
        export SLURM_CONF="$dir/slurm.conf"
        children=
        # A timeout that is ended ends its command, and kills it after 2 s.
        stop() {
            timeout 3 scancel --name=headway-sweep 2>/dev/null
            kill $children 2>/dev/null
            wait $children
        }
        trap stop EXIT
        start() { timeout -k 2 50 "$@" >>"$dir/log" 2>&1 & children="$children $!"; }
        start munged --foreground --key-file="$dir/munge/key" --socket="$dir/munge/socket" \\
            --pid-file="$dir/munge/pid" --seed-file="$dir/munge/seed" --num-threads=2
        for i in $(seq 50); do [ -S "$dir/munge/socket" ] && break; sleep 0.1; done
        start slurmctld -D -f "$SLURM_CONF"
        start slurmd -D -f "$SLURM_CONF" -N "$host"
        for i in $(seq 60); do
            timeout 2 sinfo -h -o %T 2>/dev/null | grep -q idle && break
            sleep 0.2
        done

        """

    @Test("with a Slurm array")
    func slurm() throws {
        guard try has(["sbatch", "slurmctld", "slurmd"], of: "slurm-wlm"),
            try has(["munged"], of: "munge")
        else { return }
        guard getuid() == 0 else {
            print("skipped: slurmd starts as root only")
            return
        }
        let line = try #require(try article("sbatch").first)
        let outcome = try shell(Self.cluster + "timeout 40 " + line, seconds: 75)
        let log = (try? scratch.text("slurm/log")) ?? ""
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)\(log.suffix(2000))")
        try expectMerged()
        let left = try shell("ps -eo args").output.split(separator: "\n").filter {
            $0.contains(scratch.path + "/slurm/")
        }
        #expect(left.isEmpty, "left running: \(left)")
    }

    @Test("with the pods of a Kubernetes job, each run with its index")
    func kubernetes() throws {
        let text = try scratch.text("configs/sweeps/kubernetes.yaml")
        let job = try Manifest(text)
        #expect(job["apiVersion"] == "batch/v1" && job["kind"] == "Job")
        #expect(job["spec.completionMode"] == "Indexed")
        let pods = try #require(job["spec.completions"].flatMap(Int.init))
        #expect(job["spec.parallelism"] == job["spec.completions"])
        let pod = "spec.template.spec."
        #expect(job[pod + "containers.0.command.0"] == "/bin/sh")
        #expect(job[pod + "containers.0.command.1"] == "-c")
        let mount = try #require(job[pod + "containers.0.volumeMounts.0.mountPath"])
        #expect(
            job[pod + "containers.0.volumeMounts.0.name"] == job[pod + "volumes.0.name"])
        let command = try #require(job[pod + "containers.0.command.2"])
        #expect(command.contains("/\(pods)\""), "shards are as many as pods")
        _ = try shell("cp configs/sweeps/batch.json5 space.json5")
        for index in 0..<pods {
            let line = command.replacing(mount + "/", with: scratch.path + "/")
            let outcome = try shell("JOB_COMPLETION_INDEX=\(index); \(line)")
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        try expectMerged()
    }

    @Test("the Kubernetes manifest holds to the schema")
    func schema() throws {
        let job = try Manifest(scratch.text("configs/sweeps/kubernetes.yaml"))
        for (path, value) in job.leaves {
            #expect(JobSchema.allows(path, value), "\(path): \(value)")
        }
        for path in JobSchema.required { #expect(job[path] != nil, "\(path) is missing") }
        guard try shell("python3 -c 'import kubernetes_validate'").status == 0 else {
            print("skipped: there is no kubernetes-validate (PyPI) to check the whole schema with")
            return
        }
        let outcome = try shell(
            "python3 -m kubernetes_validate --strict configs/sweeps/kubernetes.yaml")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}

/// What the Kubernetes API (batch/v1, v1.31 on) says of the fields that the manifest has: a pattern
/// of the path, and what a value may be.
private enum JobSchema {
    static let required = [
        "apiVersion", "kind", "metadata.name", "spec.template.spec.containers.0.name",
        "spec.template.spec.containers.0.image", "spec.template.spec.restartPolicy",
        "spec.podFailurePolicy.rules.0.action",
        "spec.podFailurePolicy.rules.0.onExitCodes.operator",
    ]

    static func allows(_ path: String, _ value: String) -> Bool {
        let kind = path.replacing(/\.\d+/, with: ".#")
        let name = /[a-z0-9]([a-z0-9-]*[a-z0-9])?/
        switch kind.replacing("spec.template.spec.", with: "pod.") {
        case "apiVersion": return value == "batch/v1"
        case "kind": return value == "Job"
        case "metadata.name", "pod.containers.#.name", "pod.volumes.#.name",
            "pod.containers.#.volumeMounts.#.name", "pod.volumes.#.persistentVolumeClaim.claimName",
            "spec.podFailurePolicy.rules.#.onExitCodes.containerName":
            return value.wholeMatch(of: name) != nil && value.count <= 63
        case "spec.completionMode": return ["Indexed", "NonIndexed"].contains(value)
        case "spec.completions", "spec.parallelism", "spec.backoffLimit":
            return Int32(value).map { $0 >= 0 } ?? false
        case "spec.podFailurePolicy.rules.#.action":
            return ["FailJob", "FailIndex", "Ignore", "Count"].contains(value)
        case "spec.podFailurePolicy.rules.#.onExitCodes.operator":
            return ["In", "NotIn"].contains(value)
        case "spec.podFailurePolicy.rules.#.onExitCodes.values.#": return Int32(value) != nil
        // A policy for failed pods needs pods that are not restarted.
        case "pod.restartPolicy": return value == "Never"
        case "pod.containers.#.image", "pod.containers.#.command.#": return !value.isEmpty
        case "pod.containers.#.resources.requests.cpu",
            "pod.containers.#.resources.requests.memory":
            return value.wholeMatch(of: /\d+(m|Mi|Gi)?/) != nil
        case "pod.containers.#.volumeMounts.#.mountPath": return value.hasPrefix("/")
        default: return false
        }
    }
}
