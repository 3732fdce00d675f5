import Glibc

/// The few functions of the C library that the simulation needs.
enum Curve {
    static func log(_ value: Double) -> Double { Glibc.log(value) }
    static func exp(_ value: Double) -> Double { Glibc.exp(value) }
    static func sine(_ turns: Double) -> Double { Glibc.sin(2 * Double.pi * turns) }
    /// The share of a standard normal distribution below `value`.
    static func normalShare(_ value: Double) -> Double { Glibc.erfc(-value / 2.0.squareRoot()) / 2 }
}
