import Foundation

/// The system's zlib, found at run time, so that building needs none of its headers.
///
/// Constants and the layout of `z_stream` are those of zlib.h 1.2 and later (a stable ABI).
struct SystemZlib {
    typealias Init =
        @convention(c) (
            UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32
        ) -> Int32
    typealias DeflateInit =
        @convention(c) (
            UnsafeMutableRawPointer, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Int32
        ) -> Int32
    typealias Step = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    typealias Plain = @convention(c) (UnsafeMutableRawPointer) -> Int32

    let inflateInit: Init
    let inflate: Step
    let inflateReset: Plain
    let inflateEnd: Plain
    let deflateInit: DeflateInit
    let deflate: Step
    let deflateEnd: Plain

    /// Window bits 15, plus 16: the gzip wrapper (zlib.h, inflateInit2).
    static let gzipWindowBits: Int32 = 15 + 16
    static let version = "1.2.11"

    /// Loads the library. Throws `InputError` if it is missing; `place` names the file that needs
    /// it.
    static func load(for place: String) throws -> SystemZlib {
        let names = ["libz.so.1", "libz.so", "libz.1.dylib", "libz.dylib"]
        for name in names {
            guard let library = dlopen(name, RTLD_NOW) else { continue }
            if let zlib = SystemZlib(library) { return zlib }
        }
        // An installed library cannot be loaded once the limit on open files is reached.
        let probe = open("/", O_RDONLY | O_CLOEXEC)
        guard probe >= 0 else {
            throw InputError(
                place, String(cString: strerror(errno)),
                expected: "a higher limit of open files (ulimit -n)")
        }
        close(probe)
        throw InputError(
            place,
            "gzip needs the system's zlib, and none of \(names.joined(separator: ", "))"
                + " could be loaded", expected: "an installed zlib, or an uncompressed file")
    }

    private init?(_ library: UnsafeMutableRawPointer) {
        guard let inflateInit = dlsym(library, "inflateInit2_"),
            let inflate = dlsym(library, "inflate"),
            let inflateReset = dlsym(library, "inflateReset"),
            let inflateEnd = dlsym(library, "inflateEnd"),
            let deflateInit = dlsym(library, "deflateInit2_"),
            let deflate = dlsym(library, "deflate"),
            let deflateEnd = dlsym(library, "deflateEnd")
        else { return nil }
        self.inflateInit = unsafeBitCast(inflateInit, to: Init.self)
        self.inflate = unsafeBitCast(inflate, to: Step.self)
        self.inflateReset = unsafeBitCast(inflateReset, to: Plain.self)
        self.inflateEnd = unsafeBitCast(inflateEnd, to: Plain.self)
        self.deflateInit = unsafeBitCast(deflateInit, to: DeflateInit.self)
        self.deflate = unsafeBitCast(deflate, to: Step.self)
        self.deflateEnd = unsafeBitCast(deflateEnd, to: Plain.self)
    }
}

/// zlib's `z_stream`, field by field (zlib.h); the fields after `state` stay zero.
struct ZlibStream {
    var nextIn: UnsafeRawPointer?
    var availableIn: UInt32 = 0
    var totalIn: UInt = 0
    var nextOut: UnsafeMutableRawPointer?
    var availableOut: UInt32 = 0
    var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: OpaquePointer?
    var allocate: OpaquePointer?
    var free: OpaquePointer?
    var opaque: OpaquePointer?
    var dataType: Int32 = 0
    var checksum: UInt = 0
    var reserved: UInt = 0
}

/// Return codes of zlib.h that matter here.
enum ZlibCode {
    static let ok: Int32 = 0
    static let streamEnd: Int32 = 1
    static let bufferError: Int32 = -5
    static let finish: Int32 = 4
    static let noFlush: Int32 = 0
}

/// Inflates gzip data piece by piece, through all members. Zeros after the last member are padding,
/// as in gzip itself.
///
/// Memory: 256 KiB and zlib's window (about 40 KiB), whatever the file's length.
final class GzipReader {
    private let source: RawInput
    private let zlib: SystemZlib
    private let stream: UnsafeMutablePointer<ZlibStream>
    private let input: UnsafeMutableRawBufferPointer
    private var isExhausted = false
    private var ended = false
    private var betweenMembers = false

    private static let inputSize = 1 << 18

    /// Whether bytes begin like a gzip member (RFC 1952: 1f 8b).
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
    }

    /// Throws `InputError` if zlib is missing.
    init(_ source: RawInput) throws {
        self.source = source
        zlib = try SystemZlib.load(for: source.name)
        input = .allocate(byteCount: Self.inputSize, alignment: 16)
        stream = .allocate(capacity: 1)
        stream.initialize(to: ZlibStream())
        let size = Int32(MemoryLayout<ZlibStream>.size)
        let code = zlib.inflateInit(stream, SystemZlib.gzipWindowBits, SystemZlib.version, size)
        precondition(code == ZlibCode.ok, "zlib refuses its own documented arguments")
    }

    deinit {
        _ = zlib.inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Fills `target` as far as the data reaches. Returns the number of bytes; 0 at the end.
    ///
    /// Throws `InputError` for corrupt or truncated data.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < target.count, !ended {
            if stream.pointee.availableIn == 0 { try feed() }
            if betweenMembers, try skipPadding() { break }
            stream.pointee.nextOut = target.baseAddress! + filled
            let room = min(target.count - filled, 1 << 30)
            stream.pointee.availableOut = UInt32(room)
            let code = zlib.inflate(stream, ZlibCode.noFlush)
            filled += room - Int(stream.pointee.availableOut)
            try settle(code)
        }
        return filled
    }

    private func feed() throws {
        let count = isExhausted ? 0 : try source.read(into: input)
        isExhausted = count == 0
        stream.pointee.nextIn = UnsafeRawPointer(input.baseAddress!)
        stream.pointee.availableIn = UInt32(count)
    }

    /// Skips zeros after a member. True at the end of the file.
    private func skipPadding() throws -> Bool {
        while true {
            while stream.pointee.availableIn > 0 {
                guard stream.pointee.nextIn!.load(as: UInt8.self) == 0 else {
                    betweenMembers = false
                    return false
                }
                stream.pointee.nextIn! += 1
                stream.pointee.availableIn -= 1
            }
            if !isExhausted { try feed() }
            if isExhausted {
                ended = true
                return true
            }
        }
    }

    private func settle(_ code: Int32) throws {
        switch code {
        case ZlibCode.ok, ZlibCode.bufferError:
            if isExhausted, stream.pointee.availableIn == 0, stream.pointee.availableOut > 0 {
                throw InputError(
                    source.name, "the gzip data ends in the middle", expected: "a complete file")
            }
        case ZlibCode.streamEnd:
            _ = zlib.inflateReset(stream)
            betweenMembers = true
        default:
            let reason = stream.pointee.message.map { String(cString: $0) } ?? "code \(code)"
            throw InputError(
                source.name, "the gzip data is corrupt (\(reason))",
                expected: "a valid gzip file")
        }
    }
}

/// Deflates bytes into the gzip format piece by piece.
///
/// The compressed bytes depend on the zlib installed; the inflated ones do not.
package final class GzipWriter {
    private let zlib: SystemZlib
    private let stream: UnsafeMutablePointer<ZlibStream>

    /// Throws `InputError` if zlib is missing; `place` names the file that needs it.
    package init(for place: String) throws {
        zlib = try SystemZlib.load(for: place)
        stream = .allocate(capacity: 1)
        stream.initialize(to: ZlibStream())
        let size = Int32(MemoryLayout<ZlibStream>.size)
        // Level 9, method 8 (deflate), memory level 9, default strategy (zlib.h).
        let bits = SystemZlib.gzipWindowBits
        let code = zlib.deflateInit(stream, 9, 8, bits, 9, 0, SystemZlib.version, size)
        precondition(code == ZlibCode.ok, "zlib refuses its own documented arguments")
    }

    deinit {
        _ = zlib.deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses more bytes and returns the output they produce. Set `isLast` in the last call.
    /// O(bytes).
    package func compress(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 1 << 16)
        bytes.withUnsafeBytes { source in
            stream.pointee.nextIn = source.baseAddress
            stream.pointee.availableIn = UInt32(source.count)
            repeat {
                let produced = room.withUnsafeMutableBytes { target in
                    stream.pointee.nextOut = target.baseAddress
                    stream.pointee.availableOut = UInt32(target.count)
                    _ = zlib.deflate(stream, isLast ? ZlibCode.finish : ZlibCode.noFlush)
                    return target.count - Int(stream.pointee.availableOut)
                }
                output += room[..<produced]
            } while stream.pointee.availableOut == 0
        }
        return output
    }
}
