import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// The sentences about files that cannot be followed, and about what happened to those that are.
enum FollowText {
    static func problem(_ error: SystemError, path: String) -> FollowProblem {
        switch error.code {
        case ENOENT, ENOTDIR: return .absent
        case EACCES, EPERM:
            return .refused(
                Failure(
                    "log.unreadable", "Log not readable", subject: path, why: "\(error)",
                    next: "Give this user read permission; it is tried again every second"
                ).description)
        case EMFILE, ENFILE:
            return .refused(
                Failure(
                    "log.descriptors", "Log not opened", subject: path, why: "\(error)",
                    next: "Raise the limit of open files (ulimit -n) or name fewer logs"
                ).description)
        default:
            return .refused(
                Failure(
                    "log.failed", "Log not opened", subject: path, why: "\(error)",
                    next: "It is tried again every second"
                ).description)
        }
    }

    /// A file that is open and not delivered.
    static func unread(_ error: SystemError, path: String, offset: Int64) -> FollowProblem {
        .refused(
            Failure(
                "log.unread", "Log not read", subject: path,
                why: "\(error) at byte \(offset)",
                next: "It is tried again every second; look at the disk or the mount"
            ).description)
    }

    static func passedOver(_ count: Int64, at offset: Int64, _ error: SystemError) -> String {
        "\(count) bytes at byte \(offset) passed over: \(error)"
    }

    static func readElsewhere(path: String, by other: String) -> String {
        Failure(
            "log.twice", "Log read once only", subject: path,
            why: "it is the same file as \(other)",
            next: "Name one of them; its lines are shown there"
        ).description
    }

    static func notRegular(_ kind: mode_t, path: String) -> String {
        let (what, next): (String, String) =
            switch kind {
            case S_IFDIR: ("a directory", "Name a file in it, or a glob such as \(path)/*.log")
            case S_IFIFO: ("a FIFO", "Write to a regular file and name that")
            case S_IFSOCK: ("a socket", "Name a regular file")
            default: ("a device", "Name a regular file")
            }
        return Failure(
            "log.kind", "Not a log file", subject: path, why: "it is \(what)", next: next
        ).description
    }

    static func notALog(path: String, what: String) -> String {
        Failure(
            "log.content", "Not a text log", subject: path, why: "it holds \(what)",
            next: "Name a text file"
        ).description
    }

    static func absent(path: String) -> String {
        Failure(
            "log.absent", "File not there", subject: path, why: "no such file yet",
            next: "It is read from its start as soon as it appears"
        ).description
    }

    static func goneBeforeCounted(path: String, from: Int64) -> String {
        "what followed byte \(from) of a file of \(path) is not there any more: its lines are not "
            + "counted"
    }

    static func rotated(_ count: Int) -> String {
        count == 1 ? "rotated once" : "rotated \(count) times"
    }

    static func cutShort(from: Int64, to: Int64) -> String {
        "truncated from byte \(from) to \(to); lines may be missing"
    }

    static func unseen(_ count: Int) -> String {
        let files = count == 1 ? "a file" : "\(count) files"
        return "\(files) of this name came and went before being opened: not read"
    }

    static func released(unread: Int64) -> String {
        "more old files than can be open at once: one was let go with \(unread) bytes unread"
    }

    static func goneUnread(_ bytes: Int64) -> String {
        "\(bytes) bytes that were passed over were gone before they could be counted"
    }

    static func rewritten(at offset: Int64, unread: Int64) -> String {
        let known = unread > 0 ? " with \(unread) bytes unread" : ""
        return "truncated or rewritten at byte \(offset)\(known): read again from its start; "
            + "lines written just before may be missing"
    }
}

extension FollowProblem {
    /// The sentence for the source's health.
    package func sentence(path: String) -> String {
        switch self {
        case .absent: FollowText.absent(path: path)
        case .packed: FollowText.notALog(path: path, what: "a gzip archive")
        case .refused(let sentence): sentence
        case .readElsewhere(let other): FollowText.readElsewhere(path: path, by: other)
        }
    }
}
