import Basics
import Foundation
import StepTime

/// A roofline (Williams, Waterman and Patterson 2009) in characters: FLOP per byte on the x axis,
/// FLOP per second on the y axis, both logarithmic. Letters mark phases; the line is the GPU's
/// limit.
struct Roofline {
    /// Columns beside the border.
    private static var width: Int { PageWidth.fitting(64, beside: 4) }
    private static let height = 14

    private let explanation: Explanation

    init(_ explanation: Explanation) { self.explanation = explanation }

    private struct Point {
        var letter: Character
        var name: String
        /// FLOP per byte of weights and cache.
        var intensity: Double
        /// FLOP per second per GPU.
        var rate: Double
    }

    /// The picture with its legend.
    var text: String {
        let gpu = explanation.gpu
        let peak = gpu.peak(explanation.deployment.weights)
        let points = marks
        let ridge = peak / gpu.memoryBandwidth
        let least = min(0.5, points.map(\.intensity).min() ?? 0.5)
        let most = max(8 * ridge, points.map(\.intensity).max() ?? 1)
        let top = peak * 1.5
        let bottom = min(
            least * gpu.memoryBandwidth, points.map(\.rate).min() ?? peak * 1e-3)
        let width = Self.width
        func column(_ intensity: Double) -> Int {
            place(intensity, least, most, width)
        }
        func row(_ rate: Double) -> Int {
            Self.height - 1 - place(rate, bottom, top, Self.height)
        }
        var grid = Array(
            repeating: Array(repeating: Character(" "), count: width), count: Self.height)
        for x in 0..<width {
            let share = Double(x) / Double(width - 1)
            let intensity = least * pow(most / least, share)
            let roof = min(peak, intensity * gpu.memoryBandwidth)
            grid[row(roof)][x] = roof < peak ? "╱" : "─"
        }
        var moved = false
        for point in points {
            let (y, x) = (row(point.rate), column(point.intensity))
            let free = Self.nearestFree(to: (y, x), in: grid)
            if free != (y, x) { moved = true }
            grid[free.0][free.1] = point.letter
        }
        let names = points.enumerated().map { place, point in
            "\(point.letter) \(point.name)" + (place < points.count - 1 ? "," : "")
        }
        let legend = PageWidth.filled(["  "] + names, PageWidth.prose, start: "   ")
        let lines = grid.map { "  │" + trimmed(String($0)) }
        return """
            Roofline per GPU: \(Quantity.operations(peak))/s, \
            \(Quantity.bytes(gpu.memoryBandwidth))/s, ridge at \(Quantity.significant(ridge)) \
            FLOP per byte
            \(lines.joined(separator: "\n"))
              └\(String(repeating: "─", count: width))
               \(Quantity.significant(least)) to \(Quantity.significant(most)) FLOP per byte
            \(legend)\(moved ? Self.movedNote : "")
            """
    }

    private static let movedNote = "\n   Letters of one place stand side by side."

    /// The cell itself, or the nearest one without a letter: first to the sides, then above or
    /// below.
    private static func nearestFree(
        to place: (Int, Int), in grid: [[Character]]
    ) -> (Int, Int) {
        func isFree(_ y: Int, _ x: Int) -> Bool {
            grid.indices.contains(y) && grid[y].indices.contains(x) && !grid[y][x].isLetter
        }
        for distance in 0...(width + height) {
            for rows in 0...min(distance, height) {
                let columns = distance - rows
                for (y, x) in [
                    (place.0 - rows, place.1 + columns), (place.0 - rows, place.1 - columns),
                    (place.0 + rows, place.1 + columns), (place.0 + rows, place.1 - columns),
                ] where isFree(y, x) {
                    return (y, x)
                }
            }
        }
        return place
    }

    private var marks: [Point] {
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        let gpus = Double(explanation.deployment.gpus)
        let phases = explanation.breakdown.phases.filter {
            $0.flops > 0 && $0.seconds > 0 && $0.weightBytes + $0.kvBytes > 0
        }
        return zip(letters, phases).map { letter, phase in
            Point(
                letter: letter, name: phase.name,
                intensity: phase.flops / (phase.weightBytes + phase.kvBytes),
                rate: phase.flops / phase.seconds / gpus)
        }
    }

    /// The cell of a value between two others on a logarithmic scale.
    private func place(_ value: Double, _ least: Double, _ most: Double, _ cells: Int) -> Int {
        guard value > least, most > least else { return 0 }
        guard value < most else { return cells - 1 }
        return min(cells - 1, Int(log(value / least) / log(most / least) * Double(cells - 1) + 0.5))
    }
}
