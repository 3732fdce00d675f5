import CSystem

/// Arms the crash handler and captures standard error for as long as a screen is up. `reset` is
/// what gives the terminal back.
@MainActor
func guardTerminal(reset: String) {
    let bytes = Array(reset.utf8).map { CChar(bitPattern: $0) }
    _ = csystem_guard_arm(bytes, bytes.count)
    _ = csystem_stderr_capture()
}
