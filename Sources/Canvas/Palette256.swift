/// The usual 256-colour palette: 16 ANSI colours, a 6×6×6 cube, 24 greys (source: xterm).
package enum Palette256 {
    private static let steps: [UInt8] = [0, 95, 135, 175, 215, 255]

    /// The shade of entry 16…255; entries below are the terminal's own choice and give the usual
    /// ones.
    package static func rgb(_ index: UInt8) -> (red: UInt8, green: UInt8, blue: UInt8) {
        switch index {
        case 0...15: return ansi[Int(index)]
        case 16...231:
            let cube = Int(index) - 16
            return (steps[cube / 36], steps[cube / 6 % 6], steps[cube % 6])
        default:
            let grey = UInt8(8 + 10 * (Int(index) - 232))
            return (grey, grey, grey)
        }
    }

    /// The entry of the cube or the greys that is nearest to a shade.
    package static func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        closest(to: (red, green, blue), among: 16...255)
    }

    /// The ANSI colour 0…15 that is nearest to a shade.
    package static func nearestANSI(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        closest(to: (red, green, blue), among: 0...15)
    }

    private static func closest(
        to wanted: (red: UInt8, green: UInt8, blue: UInt8), among range: ClosedRange<UInt8>
    ) -> UInt8 {
        var best = (index: range.lowerBound, distance: Int.max)
        for index in range {
            let shade = rgb(index)
            let red = Int(shade.red) - Int(wanted.red)
            let green = Int(shade.green) - Int(wanted.green)
            let blue = Int(shade.blue) - Int(wanted.blue)
            // Weighted as the eye is: green most, blue least.
            let distance = 3 * red * red + 4 * green * green + 2 * blue * blue
            if distance < best.distance { best = (index, distance) }
        }
        return best.index
    }

    private static let ansi: [(red: UInt8, green: UInt8, blue: UInt8)] = [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205),
        (0, 205, 205), (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0),
        (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
    ]
}
