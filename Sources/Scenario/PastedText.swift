import Basics

/// A text that a user gives: itself, `@FILE` or a file's path.
struct PastedText {
    let text: String
    /// The file; nil: the text was given.
    let file: String?
    /// What stands behind the file's name and a #.
    let choice: String?

    /// `like`: what a file of that kind holds. Throws `InputError` for a file that is not there.
    init(_ given: String, place: String, _ like: String) throws {
        let expected = "a file with \"\(like)\" in it"
        func exists(_ path: some StringProtocol) -> Bool {
            !path.isEmpty && !path.contains(where: \.isNewline) && path.utf8.count < 4_096
                && FileSystem.exists(String(path)) && !FileSystem.isFolder(String(path))
        }
        var path = given[...]
        var choice: String?
        let isNamed = given.hasPrefix("@") && !exists(given)
        if isNamed { path = path.dropFirst() }
        if !exists(path), let mark = path.lastIndex(of: "#"), exists(path[..<mark]) {
            choice = String(path[path.index(after: mark)...])
            path = path[..<mark]
        }
        self.choice = choice
        guard isNamed || exists(path) else {
            (text, file) = (ServerText.unwrapped(given), nil)
            return
        }
        text = try ServerText.unwrapped(
            ServerFile.text(String(path), expected, place: place))
        file = String(path)
    }
}
