import Foundation

/// The package's root folder.
public let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The folder of evidence beside the checkout (captures, real traces, measurements), or nil where
/// it is not there; tests that need it are skipped then.
public let evidence: URL? = {
    let folder = packageRoot.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()
