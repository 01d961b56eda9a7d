import Foundation

/// The package's root folder.
public let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The folder of evidence beside the checkout (captures, real traces, measurements); nil if it does
/// not exist. Tests that need it are then skipped.
public let evidence: URL? = {
    let folder = packageRoot.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()

/// The message of the `InputError` that a call throws.
public func refusal(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch { return "\(error)" }
}
