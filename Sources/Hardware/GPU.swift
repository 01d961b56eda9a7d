/// An accelerator's datasheet figures.
public struct GPU: Sendable, Equatable {
    /// Name as configurations write it.
    public var name: String
    /// Memory in bytes as the driver reports it.
    public var memoryBytes: Int64
}
