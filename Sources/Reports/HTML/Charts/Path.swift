/// The `d` attribute of an SVG path in a box 1000 units wide, with the origin at the upper left.
struct Path: Sendable {
    private(set) var data = ""
    private var last = ""

    mutating func move(_ x: Double, _ y: Double) { append("M", x, y) }
    mutating func line(_ x: Double, _ y: Double) { append("L", x, y) }

    private mutating func append(_ command: String, _ x: Double, _ y: Double) {
        let point = "\(Drawn.number(x)) \(Drawn.number(y))"
        // Points that coincide are drawn once.
        guard command != "L" || point != last else { return }
        data += command + point
        last = point
    }

    /// A line of zero length.
    mutating func dot(_ x: Double, _ y: Double) {
        data += "M\(Drawn.number(x)) \(Drawn.number(y))h0"
        last = ""
    }

    /// A closed rectangle.
    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
        data +=
            "M\(Drawn.number(x)) \(Drawn.number(y))h\(Drawn.number(width))"
            + "v\(Drawn.number(height))h\(Drawn.number(-width))z"
        last = ""
    }
}

/// Values along an x axis, joined by a line; a nil value breaks it.
struct Curve: Sendable {
    let points: [(x: Double, y: Double?)]

    /// A line through points, broken at nil values.
    init(_ points: [(Double, Double?)]) { self.points = points.map { (x: $0.0, y: $0.1) } }

    /// The line in a box of the given width and height.
    func line(_ x: Axis, _ y: Axis, width: Double, height: Double) -> Path {
        var path = Path()
        var isDown = false
        for point in points {
            guard let value = point.y else {
                isDown = false
                continue
            }
            let place = (x.place(point.x) * width, (1 - y.place(value)) * height)
            if isDown { path.line(place.0, place.1) } else { path.move(place.0, place.1) }
            isDown = true
        }
        return path
    }

    /// A dot at each point: a line of zero length with round ends.
    func dots(_ x: Axis, _ y: Axis, width: Double, height: Double) -> Path {
        var path = Path()
        for point in points {
            guard let value = point.y else { continue }
            path.dot(x.place(point.x) * width, (1 - y.place(value)) * height)
        }
        return path
    }

    /// The area between the line and the bottom of the box.
    func area(_ x: Axis, _ y: Axis, width: Double, height: Double) -> Path {
        var path = Path()
        var run: [(Double, Double)] = []
        func close(_ path: inout Path) {
            guard let first = run.first, let last = run.last else { return }
            path.move(first.0, height)
            for point in run { path.line(point.0, point.1) }
            path.line(last.0, height)
            run = []
        }
        for point in points {
            if let value = point.y {
                run.append((x.place(point.x) * width, (1 - y.place(value)) * height))
            } else {
                close(&path)
            }
        }
        close(&path)
        return path
    }
}
