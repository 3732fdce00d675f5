#if canImport(Glibc)
    import Glibc
#endif

/// What the process does with the signals that a broken pipe, a full limit or a dead child send.
package enum ProcessSignals {
    /// For commands whose output goes into pipes: whatever the parent left behind, a closed pipe
    /// ends them.
    package static func prepareForPipes() {
        signal(SIGPIPE, SIG_DFL)
        signal(SIGXFSZ, SIG_DFL)
        // Ignored, the kernel would discard how the children of actions end.
        signal(SIGCHLD, SIG_DFL)
    }

    /// For rooms: a write that hits the file-size limit or a closed pipe is an error to report, not
    /// a reason to die with an action running.
    package static func prepareForRoom() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
