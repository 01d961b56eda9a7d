import Scenario

/// What a shell completes after `headway`, from the verbs and configuration keys.
struct Completions {
    /// A shell.
    enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    private let verbs: [Verb]

    init(_ verbs: [Verb]) { self.verbs = verbs }

    /// The script for a shell.
    func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    /// The first words of all verbs, each once: "run", "trace".
    private var firstWords: [String] {
        verbs.reduce(into: []) { words, verb in
            let first = String(verb.name.prefix { $0 != " " })
            if !words.contains(first) { words.append(first) }
        }
    }

    /// The second words of two-word verbs, by the first.
    private var families: [(first: String, seconds: [String])] {
        firstWords.compactMap { first in
            let seconds = verbs.filter { $0.name.hasPrefix(first + " ") }
                .map { String($0.name.dropFirst(first.count + 1)) }
            return seconds.isEmpty ? nil : (first, seconds)
        }
    }

    private func flags(_ verb: Verb) -> [Flag] { verb.flags + [Flag("--help", "Show this text.")] }

    /// Keys that take one of a few words.
    private var choices: [(key: String, words: [String])] {
        ConfigurationKey.all.filter { !$0.words.isEmpty }.map { ($0.path, $0.words) }
    }

    private var keys: [String] { ConfigurationKey.all.map(\.path) }

    // MARK: bash and zsh

    /// The part that bash and zsh share: functions that print words, one per line.
    private var lists: String {
        let verbCases = verbs.map { verb in
            "    '\(verb.name)') echo '\(flags(verb).map(\.name).joined(separator: " "))';;"
        }
        let valued = verbs.map { verb in
            let names = flags(verb).filter { $0.value != nil }.map(\.name)
            return "    '\(verb.name)') echo '\(names.joined(separator: " "))';;"
        }
        let familyCases = families.map {
            "    \($0.first)) echo '\($0.seconds.joined(separator: " "))';;"
        }
        let changing = verbs.filter(\.takesChanges).map { "'\($0.name)'" }
        let choiceCases = choices.map {
            "    \($0.key)) echo '\($0.words.joined(separator: " "))';;"
        }
        return """
            _headway_verbs='\(firstWords.joined(separator: " "))'
            _headway_keys='\(keys.joined(separator: " "))'
            _headway_family() {
              case "$1" in
            \(familyCases.joined(separator: "\n"))
              esac
            }
            _headway_flags() {
              case "$1" in
            \(verbCases.joined(separator: "\n"))
              esac
            }
            _headway_valued() {
              case "$1" in
            \(valued.joined(separator: "\n"))
              esac
            }
            _headway_takes_keys() {
              case "$1" in
                \(changing.joined(separator: "|"))) return 0;;
              esac
              return 1
            }
            _headway_choices() {
              case "$1" in
            \(choiceCases.joined(separator: "\n"))
              esac
            }
            """
    }

    private var bash: String {
        """
        # bash completion of headway; written by: headway completions bash
        \(lists)
        _headway() {
          local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
          local verb=${COMP_WORDS[1]} depth=1 words
          COMPREPLY=()
          if [ "$COMP_CWORD" -eq 1 ]; then
            COMPREPLY=($(compgen -W "$_headway_verbs --help --version" -- "$current"))
            return
          fi
          words=$(_headway_family "$verb")
          if [ -n "$words" ]; then
            if [ "$COMP_CWORD" -eq 2 ]; then
              COMPREPLY=($(compgen -W "$words" -- "$current"))
              return
            fi
            verb="$verb ${COMP_WORDS[2]}"
          fi
          # The shell takes KEY=VALUE apart at the equals sign.
          if [ "$current" = '=' ] || [ "$previous" = '=' ]; then
            local key=$previous
            if [ "$previous" = '=' ]; then key=${COMP_WORDS[COMP_CWORD-2]}; else current=''; fi
            COMPREPLY=($(compgen -W "$(_headway_choices "$key")" -- "$current"))
            return
          fi
          if _headway_takes_keys "$verb" && { [ "$previous" = '--set' ] || [[ $current == *.* ]]; }
          then
            COMPREPLY=($(compgen -W "$_headway_keys" -S = -- "$current"))
            if [ "${#COMPREPLY[@]}" -gt 0 ]; then
              compopt -o nospace 2>/dev/null
              return
            fi
          fi
          case " $(_headway_valued "$verb") " in
            *" $previous "*) return;;
          esac
          if [[ $current == -* ]]; then
            COMPREPLY=($(compgen -W "$(_headway_flags "$verb")" -- "$current"))
          fi
        }
        complete -o default -F _headway headway
        """
    }

    private var zsh: String {
        """
        #compdef headway
        # zsh completion of headway; written by: headway completions zsh
        \(lists)
        _headway() {
          local current=$words[CURRENT] previous=$words[CURRENT-1] verb=$words[2] seconds
          if (( CURRENT == 2 )); then
            compadd -- ${=_headway_verbs} --help --version
            return
          fi
          seconds=$(_headway_family "$verb")
          if [[ -n $seconds ]]; then
            if (( CURRENT == 3 )); then
              compadd -- ${=seconds}
              return
            fi
            verb="$verb $words[3]"
          fi
          if _headway_takes_keys "$verb" && [[ $previous == --set || $current == *.* ]]; then
            if [[ $current == *=* ]]; then
              compadd -P "${current%%=*}=" -- $(_headway_choices "${current%%=*}")
            else
              compadd -S = -- ${=_headway_keys}
            fi
            return
          fi
          case " $(_headway_valued "$verb") " in
            *" $previous "*) _files; return;;
          esac
          if [[ $current == -* ]]; then
            compadd -- $(_headway_flags "$verb")
          else
            _files
          fi
        }
        if [[ $funcstack[1] == _headway ]]; then _headway "$@"; else compdef _headway headway; fi
        """
    }

    // MARK: fish

    private var fish: String {
        var lines = ["# fish completion of headway; written by: headway completions fish"]
        for first in firstWords {
            let summary =
                verbs.first { $0.name == first }?.summary ?? "Work on \(first) files."
            lines.append(
                "complete -c headway -n __fish_use_subcommand -a \(first) -d \(quoted(summary))")
        }
        for family in families {
            for second in family.seconds {
                let name = family.first + " " + second
                let summary = verbs.first { $0.name == name }!.summary
                let seconds = family.seconds.joined(separator: " ")
                lines.append(
                    "complete -c headway -n '__fish_seen_subcommand_from \(family.first); "
                        + "and not __fish_seen_subcommand_from \(seconds)' -a \(second) "
                        + "-d \(quoted(summary))")
            }
        }
        for verb in verbs {
            let condition = verb.name.split(separator: " ")
                .map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
            for flag in flags(verb) {
                let meaning = String(flag.meaning.prefix { $0 != "\n" })
                var line =
                    "complete -c headway -n '\(condition)' -l \(flag.name.dropFirst(2)) "
                    + "-d \(quoted(meaning))"
                if flag.name == Flag.set.name {
                    line += " -x -a '" + keys.map { $0 + "=" }.joined(separator: " ") + "'"
                } else if flag.value != nil {
                    line += " -r"
                }
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }

    private func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
