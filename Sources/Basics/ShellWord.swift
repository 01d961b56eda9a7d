/// Words of a command line that a reader may paste into a shell.
public enum ShellWord {
    /// A word that the shell takes as it is, quoted where it would not. Bytes that are no UTF-8 are
    /// shown and not kept. A path that begins with a dash gets "./".
    public static func quoted(_ word: String) -> String {
        let path = word.hasPrefix("-") ? "./" + word : word
        let plain = path.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || "/._-+=:,@%".utf8.contains(byte)
        }
        if plain, !path.isEmpty { return path }
        return "'" + PathText.shown(path).replacing("'", with: "'\\''") + "'"
    }
}
