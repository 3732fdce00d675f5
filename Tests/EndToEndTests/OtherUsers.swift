import Basics
import Support

#if canImport(Glibc)
    import Glibc
#endif

/// Users of this machine made for one test and removed with it. Only root can make them.
final class OtherUsers: Sendable {
    struct User: Sendable {
        var name: String
        var uid: UInt32
        /// Starts a program as this user, with nothing of root's left.
        var prefix: [String] {
            ["setpriv", "--reuid=\(uid)", "--regid=\(uid)", "--clear-groups", "--no-new-privs"]
        }
    }

    let users: [User]

    /// nil, and a message, where none can be made.
    init?(_ count: Int) throws {
        guard getuid() == 0 else {
            print("skipped: making other users needs root")
            return nil
        }
        guard Machine.allows("setpriv", "--reuid=65534", "--clear-groups", "--no-new-privs")
        else { return nil }
        var users: [User] = []
        for number in 0..<count {
            let name = "wrt\(Int.random(in: 100_000..<999_999))\(number)"
            let made = try? ChildProcess.run(
                ["useradd", "--no-create-home", "--user-group", "--shell", "/bin/sh", name])
            guard let made, made.status == 0, let entry = getpwnam(name) else {
                for user in users { Self.remove(user) }
                print("skipped: useradd makes no users here: \(made?.errors ?? "it is missing")")
                return nil
            }
            users.append(User(name: name, uid: entry.pointee.pw_uid))
        }
        self.users = users
    }

    /// `--force`: what the test started may not have ended yet.
    private static func remove(_ user: User) {
        _ = try? ChildProcess.run(["rm", "-rf", "/tmp/warroom-\(user.uid)"])
        _ = try? ChildProcess.run(["userdel", "--force", user.name])
    }

    deinit { for user in users { Self.remove(user) } }
}
