#if canImport(Glibc)
    import Glibc
#endif

/// What this machine lets a test do.
package enum Machine {
    /// Whether a program that changes rights or namespaces, with these arguments, may run another
    /// one here; containers often forbid it. Says what is skipped when not.
    package static func allows(_ words: String...) -> Bool { allows(words) }

    package static func allows(_ words: [String]) -> Bool {
        let result = try? ChildProcess.run(words + ["true"])
        if let result, result.status == 0 { return true }
        let why = result?.errors.trimmingNewlines ?? "there is no such program"
        print("skipped: \(words.joined(separator: " ")) is not possible here: \(why)")
        return false
    }

    /// Whether a mount of a test's own, seen by nobody else, can be made.
    package static var allowsMounts: Bool {
        allows(
            "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt && exec \"$0\"")
    }

    /// Tests set emergency stops, and a room sets the machine's own where it can.
    package struct HasAnEmergencyStop: Error, CustomStringConvertible {
        package var description: String {
            "tests would set the EMERGENCY STOP in /etc/incident-response: run them as a user who "
                + "may not write there, or on another machine"
        }
    }

    package static func spareItsEmergencyStop() throws {
        if access("/etc/incident-response", W_OK) == 0 { throw HasAnEmergencyStop() }
    }
}
