import Basics
import StepTime

extension RecurrentCrossover {
    /// A line of the page: the state, and the contexts from which it pays off.
    var line: String {
        "\(layers) x \(kind): \(Quantity.bytes(Double(stateBytes))) of state a layer and "
            + "sequence; a decode moves fewer bytes than \(attention) from a context of "
            + "\(Quantity.count(bytesContext)), takes fewer FLOPs from "
            + "\(Quantity.count(flopsContext)), and is priced lower from "
            + "\(Quantity.count(timeContext))"
    }
}

extension RecurrentCrossover: Encodable {
    private enum CodingKeys: String, CodingKey {
        case kind, layers, stateBytes, attention, bytesContext, flopsContext, timeContext
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(kind, forKey: .kind)
        try keys.encode(layers, forKey: .layers)
        try keys.encode(stateBytes, forKey: .stateBytes)
        try keys.encode(attention, forKey: .attention)
        try keys.encode(bytesContext, forKey: .bytesContext)
        try keys.encode(flopsContext, forKey: .flopsContext)
        try keys.encode(timeContext, forKey: .timeContext)
    }
}
