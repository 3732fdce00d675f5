import Basics

/// The program that the drill's actions run: it changes nothing but one file of the drill.
package enum Actuator {
    /// Runs one action and returns the exit code.
    package static func run(arguments: [String]) -> Int32 { ExitStatus.usage.rawValue }
}
