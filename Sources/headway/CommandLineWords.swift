import Basics

extension CommandLine {
    /// The words after the program's name, byte for byte (`PathText`). `arguments` repairs invalid
    /// UTF-8 and would then name another file.
    static var words: [String] {
        (1..<max(1, Int(argc))).compactMap { place in
            unsafeArgv[place].map { word in
                var bytes: [UInt8] = []
                var next = word
                while next.pointee != 0 {
                    bytes.append(UInt8(bitPattern: next.pointee))
                    next += 1
                }
                return PathText.text(bytes)
            }
        }
    }
}
