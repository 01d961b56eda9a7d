/// The variables of a script as far as its text sets them.
///
/// A branch (of if, case, a loop, or what follows a test and && or ||) and a subshell are scopes. A
/// value counts where the scope it was set in is still open. One set in a branch that has ended may
/// or may not hold, and so none is known.
struct ShellVariables {
    /// What is known of a variable.
    enum Value {
        case words([String])
        /// The text does not set it.
        case unset
        /// It is set in a branch, in a loop or by a command.
        case uncertain
    }

    private struct Setting {
        /// Nil: what it is set to is not known.
        var words: [String]?
        var branches: [Int]
        var subshells: [Int]
    }

    /// By name, in order.
    private var settings: [String: [Setting]] = [:]
    private var exported: Set<String> = []
    /// The open branches and subshells, by number, the outermost first.
    private(set) var branches: [Int] = []
    private(set) var subshells: [Int] = []
    private var opened = 0

    /// Variables that are set from outside, as those of a container.
    init(_ environment: [String: String] = [:]) {
        for name in environment.keys.sorted() {
            set(name, to: [environment[name]!])
            exported.insert(name)
        }
    }

    mutating func openBranch() { branches.append(next()) }
    mutating func closeBranch() { _ = branches.popLast() }
    /// Ends a branch, and begins another in its place: else.
    mutating func changeBranch() {
        if branches.popLast() != nil { openBranch() }
    }
    mutating func openSubshell() { subshells.append(next()) }
    mutating func closeSubshell() { subshells.removeLast() }

    private mutating func next() -> Int {
        opened += 1
        return opened
    }

    mutating func set(_ name: String, to words: [String]?) {
        settings[name, default: []].append(
            Setting(words: words, branches: branches, subshells: subshells))
    }

    /// Adds to an array, or to the end of a text.
    mutating func append(_ words: [String], to name: String, asArray: Bool) {
        switch self[name] {
        case .uncertain: set(name, to: nil)
        case .unset: set(name, to: words)
        case .words(let old) where asArray: set(name, to: old + words)
        case .words(let old):
            let first = (old.first ?? "") + (words.first ?? "")
            set(name, to: [first] + old.dropFirst())
        }
    }

    mutating func export(_ name: String) { exported.insert(name) }

    subscript(name: String) -> Value {
        for setting in (settings[name] ?? []).reversed() {
            guard subshells.starts(with: setting.subshells) else { continue }
            guard branches.starts(with: setting.branches), let words = setting.words else {
                return .uncertain
            }
            return .words(words)
        }
        return .unset
    }

    /// The values that a program gets.
    var environment: [String: String] {
        var values: [String: String] = [:]
        for name in exported {
            if case .words(let words) = self[name] { values[name] = words.first ?? "" }
        }
        return values
    }
}
