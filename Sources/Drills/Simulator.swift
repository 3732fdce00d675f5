import Basics

/// Writes the files of a small fleet that breaks, and reacts to what the actuator did.
///
/// Used from one queue at a time.
package final class Simulator {
    package let scenario: Scenario
    package let paths: SimulatorPaths
    /// The simulated time of the fault.
    package let faultAt: Timestamp

    package init(
        scenario: Scenario, seed: UInt64, directory: String, start: Timestamp, actuator: [String]
    ) throws(Failure) {
        self.scenario = scenario
        paths = SimulatorPaths(directory: directory)
        faultAt = start + scenario.fault.at
    }

    /// Writes everything that existed before the room opened.
    package func prepare() throws(Failure) {}

    /// Writes everything that is due up to `now`.
    package func advance(to now: Timestamp) throws(Failure) {}
}
