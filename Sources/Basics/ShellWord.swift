/// Words that a reader may paste into a shell.
package enum ShellWord {
    /// A word quoted for a shell: in single quotes if it holds anything unusual. Bytes that are not
    /// UTF-8 are shown, not preserved.
    package static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || "/._-+=:,@%".utf8.contains(byte)
            }
        let shown = PathText.shown(word)
        return isPlain ? word : "'" + shown.replacing("'", with: "'\\''") + "'"
    }

    /// A path quoted for a shell; one that begins with a dash gets "./".
    package static func path(_ path: String) -> String {
        quoted(path.hasPrefix("-") ? "./" + path : path)
    }
}
