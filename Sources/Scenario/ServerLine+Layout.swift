import Basics
import Models

/// What a line says of the nodes that it runs on, and of its checkpoint's format.
extension ServerLine {
    /// `--nnodes`: the server deals its GPUs evenly over the nodes (`local_world_size` of
    /// `vllm/config/parallel.py`), neighbouring ranks together.
    mutating func take(nodes value: String, _ entry: Given) throws {
        func size(_ flag: String) -> Int { given[flag].flatMap { Int($0.values[0]) } ?? 1 }
        let group = size("tensor-parallel-size")
        let sizes = [group, size("pipeline-parallel-size"), size("data-parallel-size")]
        let all = sizes.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard let nodes = Int(value), nodes > 0, all > 0, all % nodes == 0 else {
            throw Self.error(
                entry,
                "is \(value), over which \(Quantity.counted(all, "GPU")) of the line (TP, "
                    + "PP and DP) cannot be dealt evenly", "a divisor of their number")
        }
        let share = all / nodes
        guard group <= share else {
            throw Self.error(
                entry,
                "\(value) cuts a tensor-parallel group of \(group) GPUs over nodes of "
                    + "\(share), whose exchange over the network is not modelled",
                "-tp of at most \(share) and -pp for the rest")
        }
        set("hardware.nodes", value, from: entry)
        set("hardware.gpus_per_node", String(share), from: entry)
        notes.append(
            "--serve: \(entry.shown): each of the nodes has \(Quantity.counted(share, "GPU"))")
    }

    /// Says that a checkpoint in 16 bits is named beside a method that reads quantised ones alone.
    /// (`get_config_filenames`: these methods require a file that such checkpoints have not.)
    mutating func noteFormat(of method: String, _ entry: Given) {
        let readOnly: Set = [
            "awq", "awq_marlin", "gptq", "gptq_marlin", "modelopt", "modelopt_fp4",
        ]
        guard readOnly.contains(method.lowercased()),
            let name = origins["model.name"]?.values.first,
            let model = try? Catalogue.model(named: name), model.quantization == nil
        else { return }
        notes.append(
            "--serve: \(entry.shown): \(name.echoed()) is a checkpoint in 16 bits, with which the "
                + "server does not start: one quantised so is simulated in its place")
    }
}
