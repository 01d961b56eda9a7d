import Basics

extension Verb {
    /// `headway completions`: the completion script for a shell.
    static let completions = Verb(
        "completions",
        summary: "Print a shell's completions: bash, zsh or fish.",
        operands: "SHELL", operandCount: 1...1,
        details: """
            Completes verbs, flags, keys after --set and the values of keys that take a word.

            bash: headway completions bash \\
                    > ~/.local/share/bash-completion/completions/headway
            zsh:  headway completions zsh > "${fpath[1]}/_headway"
            fish: headway completions fish > ~/.config/fish/completions/headway.fish
            """
    ) { arguments in
        let shells = Completions.Shell.allCases.map(\.rawValue)
        let word = arguments.operands[0]
        guard let shell = Completions.Shell(rawValue: word) else {
            throw InputError(
                "completions", "\(word.echoed()) is no shell", word: word, among: shells,
                otherwise: shells.joined(separator: ", "))
        }
        try Console.write(Completions(Verb.all).text(for: shell))
        return 0
    }
}
